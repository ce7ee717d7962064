//! Nonce accounts: transactions that name one live until it is advanced.

use solana_account::ReadableAccount;
use solana_address::Address;
use solana_message::Hash;
use solana_system_interface::program::ID as SYSTEM_PROGRAM;
use trellis_client::Chain;

use crate::commands::CheckFailed;

/// An account's bytes: version and state (u32 each, both 1), authority, the nonce, fee (u64).
const BYTES: usize = 80;
const CURRENT_AND_SET: [u8; 8] = [1, 0, 0, 0, 1, 0, 0, 0];

/// What a nonce account holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nonce {
    /// Who alone can advance it.
    pub authority: Address,
    pub value: Hash,
}

impl Nonce {
    /// # Errors
    /// There is no nonce account there.
    pub async fn read(chain: &Chain, address: &Address) -> anyhow::Result<Self> {
        let account = chain.account(address).await?;
        let of_system = account.filter(|account| *account.owner() == SYSTEM_PROGRAM);
        let nonce = of_system.as_ref().and_then(|account| Self::parse(account.data()));
        Ok(nonce.ok_or_else(|| {
            CheckFailed(format!("{address} is no nonce account: `solana create-nonce-account` makes one"))
        })?)
    }

    fn parse(data: &[u8]) -> Option<Self> {
        let at = |start: usize| data.get(start..start + 32)?.try_into().ok();
        let is_set = data.len() == BYTES && data.starts_with(&CURRENT_AND_SET);
        let (authority, value): ([u8; 32], [u8; 32]) = (at(8)?, at(40)?);
        is_set.then_some(Self { authority: authority.into(), value: Hash::new_from_array(value) })
    }
}
