//! What an operator can claim now, as the chain shows it.

use std::collections::BTreeMap;

use solana_account::ReadableAccount;
use solana_address::Address;
use trellis_core::{Amount, pda::claim_slot, spl};

use super::{Payee, payout_account};
use crate::{
    TOKEN_2022_ID,
    accounts::{ClaimPage, Vault, decode},
    addresses,
    chain::{Chain, ChainError},
};

/// Most accounts that an RPC server is asked for at a time.
const MOST_ACCOUNTS: usize = 100;

/// How an operator's claim stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// So much would be paid.
    Due(Amount),
    /// All of it was claimed, or nothing was ever earned. `has_account`: the payout wallet's token account could take more.
    NothingDue { has_account: bool },
    /// So much would be paid if the payout wallet had its associated token account.
    NoAccount(Amount),
    /// So much would be paid, but the payout wallet's associated token account is frozen or belongs to another wallet.
    UnusableAccount(Amount),
    /// So much would be paid if the operator's claim page were open.
    NoPage(Amount),
}

impl Standing {
    fn of(vault: &Vault, payee: &Payee, claimed: Option<u64>, account: Option<&impl ReadableAccount>) -> Self {
        let due = Amount(payee.cumulative.get().saturating_sub(claimed.unwrap_or(0)));
        let is_token_2022 = || vault.token_program == TOKEN_2022_ID;
        let usable = account.map(|account| {
            let owner = spl::account_owner(account.data(), is_token_2022, vault.mint.as_array());
            *account.owner() == vault.token_program && owner == Ok(payee.payout_wallet.to_bytes())
        });
        match (due.get(), claimed, usable) {
            (0, _, _) => Self::NothingDue { has_account: usable == Some(true) },
            (_, None, _) => Self::NoPage(due),
            (_, _, None) => Self::NoAccount(due),
            (_, _, Some(false)) => Self::UnusableAccount(due),
            (_, _, Some(true)) => Self::Due(due),
        }
    }
}

/// How the claims of these operators of the vault at `address` stand, in their order.
pub async fn standings(
    chain: &Chain,
    address: &Address,
    vault: &Vault,
    operators: &[(u32, Payee)],
) -> Result<Vec<Standing>, ChainError> {
    let pages = read_pages(chain, address, operators).await?;
    let mut standings = Vec::with_capacity(operators.len());
    for part in operators.chunks(MOST_ACCOUNTS) {
        let wanted: Vec<Address> = part.iter().map(|(_, payee)| payout_account(vault, &payee.payout_wallet)).collect();
        let accounts = chain.accounts(&wanted).await?;
        for ((index, payee), account) in part.iter().zip(&accounts) {
            let (page, place) = claim_slot(*index);
            let claimed = pages.get(&page).and_then(|page| page.claimed.get(place)).copied();
            standings.push(Standing::of(vault, payee, claimed, account.as_ref()));
        }
    }
    Ok(standings)
}

/// The open ones of these operators' claim pages.
async fn read_pages(
    chain: &Chain,
    vault: &Address,
    operators: &[(u32, Payee)],
) -> Result<BTreeMap<u32, ClaimPage>, ChainError> {
    let wanted: std::collections::BTreeSet<u32> = operators.iter().map(|(index, _)| claim_slot(*index).0).collect();
    let wanted: Vec<(u32, Address)> =
        wanted.into_iter().map(|page| (page, addresses::claim_page(vault, page))).collect();
    let mut pages = BTreeMap::new();
    for part in wanted.chunks(MOST_ACCOUNTS) {
        let addresses: Vec<Address> = part.iter().map(|(_, address)| *address).collect();
        for ((page, address), account) in part.iter().zip(chain.accounts(&addresses).await?) {
            if let Some(account) = account {
                pages.insert(*page, decode(address, &account)?);
            }
        }
    }
    Ok(pages)
}
