//! What this program needs of SPL Token and Token-2022: reading mints and token accounts, opening one, transfers. By
//! hand, at an eighth of the compute that the wrapped types cost, and without a reference into what is passed on.

use anchor_lang::prelude::*;
use pinocchio::{
    cpi::{CpiAccount, Seed, Signer as CpiSigner, invoke_signed_unchecked},
    instruction::{InstructionAccount, InstructionView},
};
use trellis_core::{Amount, pda};

use crate::{error::StakingError, state::StakePool};

/// Layout of a mint. Source: `spl_token_interface::state::Mint`.
const MINT_BYTES: usize = 82;
const MINT_INITIALIZED: usize = 45;
const FREEZE_AUTHORITY: usize = 46;
/// Layout of a token account: mint, owner, amount, …, state. Source: `spl_token_interface::state::Account`.
const ACCOUNT_BYTES: usize = 165;
const OWNER: usize = 32;
const AMOUNT: usize = 64;
const STATE: usize = 108;
const INITIALIZED: u8 = 1;
/// Token-2022 writes what an account is behind the layout of a token account, and extensions behind that.
const TYPE: usize = ACCOUNT_BYTES;
const TYPE_MINT: u8 = 1;
const TYPE_ACCOUNT: u8 = 2;
const EXTENSIONS: usize = TYPE + 1;
/// Extensions of a mint that only describe it: pointers to and contents of metadata, group and group member. All others
/// could change balances behind the pool's back or stop its transfers, or are not known yet.
/// Source: `spl_token_2022_interface::extension::ExtensionType`.
const DESCRIBING_EXTENSIONS: core::ops::RangeInclusive<u16> = 18..=23;

const TRANSFER: u8 = 3;
const INITIALIZE_ACCOUNT_3: u8 = 18;

/// Errors unless `mint` is a mint of `token_program` that a pool can rely on.
#[inline(never)]
pub fn require_sound_mint(mint: &AccountView, token_program: &Address) -> Result<()> {
    let is_2022 = *token_program == Token2022::id();
    require!(is_2022 || *token_program == Token::id(), StakingError::WrongTokenProgram);
    require!(mint.owned_by(token_program), StakingError::InvalidMint);
    let data = mint.try_borrow()?;
    let is_mint = match data.len() {
        MINT_BYTES => true,
        _ => is_2022 && data.get(TYPE) == Some(&TYPE_MINT),
    };
    require!(is_mint && data[MINT_INITIALIZED] == 1, StakingError::InvalidMint);
    require!(data[FREEZE_AUTHORITY..FREEZE_AUTHORITY + 4] == [0; 4], StakingError::MintCanFreeze);
    let mut rest = data.get(EXTENSIONS..).unwrap_or_default();
    // Each: type u16 LE, length u16 LE, value. Type 0 ends them.
    while let [kind_low, kind_high, length_low, length_high, values @ ..] = rest {
        let kind = u16::from_le_bytes([*kind_low, *kind_high]);
        if kind == 0 {
            break;
        }
        require!(DESCRIBING_EXTENSIONS.contains(&kind), StakingError::MintExtensionRefused);
        let length = usize::from(u16::from_le_bytes([*length_low, *length_high]));
        rest = values.get(length..).ok_or(StakingError::InvalidMint)?;
    }
    Ok(())
}

/// The owner of `account`, which must be an open, unfrozen token account of the pool's mint, but none of the pool's own.
#[inline(never)]
pub fn outside_account_owner(pool: &StakePool, account: &AccountView) -> Result<Address> {
    // A payment of the pool to itself would be booked without leaving it.
    let own = *account.address() == pool.stake_tokens || *account.address() == pool.reward_tokens;
    require!(!own, StakingError::InvalidTokenAccount);
    require!(account.owned_by(&pool.token_program), StakingError::InvalidTokenAccount);
    let data = account.try_borrow()?;
    let is_account = data.len() == ACCOUNT_BYTES || data.get(TYPE) == Some(&TYPE_ACCOUNT);
    require!(is_account && data[STATE] == INITIALIZED, StakingError::InvalidTokenAccount);
    require!(data[..OWNER] == *pool.mint.as_ref(), StakingError::WrongMint);
    let mut owner = [0; 32];
    owner.copy_from_slice(&data[OWNER..AMOUNT]);
    Ok(Address::new_from_array(owner))
}

/// What the token account holds, which must be known to be one.
#[inline(never)]
pub fn balance(account: &AccountView) -> Result<Amount> {
    let data = account.try_borrow()?;
    let bytes = data.get(AMOUNT..AMOUNT + 8).ok_or(StakingError::InvalidTokenAccount)?;
    let mut amount = [0; 8];
    amount.copy_from_slice(bytes);
    Ok(Amount(u64::from_le_bytes(amount)))
}

/// Creates `account` at the address that `seeds` sign for, as a token account of `owner` for `mint`.
#[inline(never)]
#[allow(unsafe_code)]
pub fn open_account(
    payer: &AccountView,
    account: &AccountView,
    mint: &AccountView,
    owner: &Address,
    token_program: &Address,
    seeds: &[&[u8]],
) -> Result<()> {
    anchor_lang::create_account_with_signers(payer, account, ACCOUNT_BYTES, token_program, Some(seeds), None)?;
    let mut data = [INITIALIZE_ACCOUNT_3; 33];
    data[1..].copy_from_slice(owner.as_ref());
    let accounts = [InstructionAccount::writable(account.address()), InstructionAccount::readonly(mint.address())];
    let instruction = InstructionView { program_id: token_program, accounts: &accounts, data: &data };
    // SAFETY: both are unloaded accounts: callers hold no reference into their data.
    unsafe { invoke_signed_unchecked(&instruction, &[CpiAccount::from(account), CpiAccount::from(mint)], &[]) };
    Ok(())
}

/// Transfers `amount` from `from` to `to`, as `wallet` has signed for.
#[inline(never)]
pub fn transfer_in(pool: &StakePool, from: &AccountView, to: &AccountView, wallet: &AccountView, amount: Amount) {
    transfer(&pool.token_program, from, to, wallet, amount, &[]);
}

/// Transfers `amount` from `from`, one of the pool's token accounts, to `to`. `authority` is the pool's account.
#[inline(never)]
pub fn transfer_out(pool: &StakePool, from: &AccountView, to: &AccountView, authority: &AccountView, amount: Amount) {
    let bump = [pool.bump];
    let seeds = [Seed::from(pda::STAKE_POOL), Seed::from(pool.network.as_ref()), Seed::from(bump.as_ref())];
    transfer(&pool.token_program, from, to, authority, amount, &[CpiSigner::from(&seeds)]);
}

#[allow(unsafe_code)]
#[inline(never)]
fn transfer(
    token_program: &Address,
    from: &AccountView,
    to: &AccountView,
    authority: &AccountView,
    amount: Amount,
    signers: &[CpiSigner],
) {
    let mut data = [TRANSFER; 9];
    data[1..].copy_from_slice(&amount.get().to_le_bytes());
    let accounts = [
        InstructionAccount::writable(from.address()),
        InstructionAccount::writable(to.address()),
        InstructionAccount::readonly_signer(authority.address()),
    ];
    let instruction = InstructionView { program_id: token_program, accounts: &accounts, data: &data };
    let views = [CpiAccount::from(from), CpiAccount::from(to), CpiAccount::from(authority)];
    // SAFETY: the token program writes to `from` and `to` only, and callers hold no reference into their data: both are
    // unloaded accounts. `authority` is passed read-only, so a loaded (borrowed) one cannot change under its reference.
    // A failing transfer ends the transaction.
    unsafe { invoke_signed_unchecked(&instruction, &views, signers) }
}
