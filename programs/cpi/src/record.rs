//! New accounts of a program, at addresses derived from seeds.

use anchor_lang::{Discriminator, Owner, prelude::*};
use bytemuck::Pod;

use crate::creation::Place;

const DISCRIMINATOR_BYTES: usize = 8;

/// Creates `account` for a `T` of zeros and gives it with its bump. Errors unless `account` stands at the address that
/// `seeds` derive under the program that owns `T`s, with the first bump that fits, and is no account yet.
pub fn create<T>(payer: &Signer, account: &UncheckedAccount, seeds: &[&[u8]]) -> Result<(Account<T>, u8)>
where
    T: Pod + Owner + Discriminator,
    Account<T>: AnchorAccount,
{
    let view = account.account();
    let place = Place { payer: payer.account(), account: view, program: &T::OWNER, seeds };
    let bump = create_at(&place, size_of::<T>(), T::DISCRIMINATOR)?;
    // SAFETY: the account was made just now, so nobody holds a reference into its data.
    #[allow(unsafe_code)]
    let record = unsafe { Account::<T>::load_mut_after_init(*view) }?;
    Ok((record, bump))
}

#[inline(never)]
fn create_at(place: &Place, size: usize, discriminator: &[u8]) -> Result<u8> {
    let bump = place.create(DISCRIMINATOR_BYTES + size, place.program)?;
    let mut account = *place.account;
    let mut data = account.try_borrow_mut()?;
    let (start, _) = data.split_at_mut_checked(DISCRIMINATOR_BYTES).ok_or(ProgramError::AccountDataTooSmall)?;
    start.copy_from_slice(discriminator);
    Ok(bump)
}
