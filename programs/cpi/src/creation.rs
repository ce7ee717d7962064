use anchor_lang::{find_and_verify_program_address, prelude::*};
use pinocchio::cpi::{Seed, Signer as CpiSigner};
use pinocchio_system::create_account_with_minimum_balance_signed;

/// Most seeds of an address, its bump included.
const MAX_SEEDS: usize = 6;

/// An account that is to be made, at the address that `seeds` derive under `program`.
pub struct Place<'a> {
    pub payer: &'a AccountView,
    pub account: &'a AccountView,
    pub program: &'a Address,
    pub seeds: &'a [&'a [u8]],
}

impl Place<'_> {
    /// Makes the account, of `space` bytes and for `owner`, and gives its bump: the first that fits. Lamports that lie
    /// there already count towards the rent, so that nobody can block an address by sending some.
    #[inline(never)]
    pub fn create(&self, space: usize, owner: &Address) -> Result<u8> {
        let bump = [find_and_verify_program_address(self.seeds, self.program, self.account.address())?];
        let mut signing = [(); MAX_SEEDS].map(|()| Seed::from(&[]));
        let signing = signing.get_mut(..=self.seeds.len()).ok_or(ProgramError::MaxSeedLengthExceeded)?;
        for (place, seed) in signing.iter_mut().zip(self.seeds.iter().copied().chain([&bump[..]])) {
            *place = Seed::from(seed);
        }
        let signers = [CpiSigner::from(&*signing)];
        let mut account = *self.account;
        create_account_with_minimum_balance_signed(&mut account, space, owner, self.payer, None, &signers)?;
        Ok(bump[0])
    }
}
