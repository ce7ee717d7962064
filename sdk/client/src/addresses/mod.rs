//! Program-derived addresses. Seeds come from [`trellis_core::pda`].

mod registry;
mod rewards;
mod staking;
mod token;

use solana_address::Address;

pub use registry::*;
pub use rewards::*;
pub use staking::*;
pub use token::*;

use crate::SPL_TOKEN_ID;

/// The program that makes wallets' associated token accounts.
pub const ASSOCIATED_TOKEN_ID: Address = spl_associated_token_account_interface::program::ID;

fn derive(seeds: &[&[u8]], program: &Address) -> Address {
    Address::find_program_address(seeds, program).0
}

/// The wallet's associated token account for `mint` (SPL Token program): where wallets look for tokens.
pub fn associated_token_account(wallet: &Address, mint: &Address) -> Address {
    associated_token_account_of(wallet, mint, &SPL_TOKEN_ID)
}

/// The same for a mint of `token_program`: SPL Token or Token-2022.
pub fn associated_token_account_of(wallet: &Address, mint: &Address, token_program: &Address) -> Address {
    spl_associated_token_account_interface::address::get_associated_token_address_with_program_id(
        wallet,
        mint,
        token_program,
    )
}
