//! Accounts of a kind, found by what their bytes say.

use solana_account::Account;
use solana_address::Address;
use solana_rpc_client_api::{
    config::{RpcAccountInfoConfig, RpcProgramAccountsConfig, UiAccountEncoding},
    filter::{Memcmp, RpcFilterType},
};

use super::{Chain, ChainError};
use crate::accounts::{Device, ProgramAccount, account_bytes, decode};

/// Where an account of a network names it: behind the discriminator.
const NETWORK_OFFSET: usize = 8;
/// Where a device names its operator's account.
const DEVICE_OPERATOR_OFFSET: usize = NETWORK_OFFSET + 32;

impl Chain {
    /// All accounts of type `T` whose first field, the network, is `network`; in order of their addresses.
    pub async fn of_network<T: ProgramAccount>(&self, network: &Address) -> Result<Vec<(Address, T)>, ChainError> {
        self.with_fields(&[(NETWORK_OFFSET, network.to_bytes().to_vec())]).await
    }

    /// The devices of the operator whose account in the registry is `operator`; in order of their addresses.
    pub async fn devices_of(
        &self,
        network: &Address,
        operator: &Address,
    ) -> Result<Vec<(Address, Device)>, ChainError> {
        let fields =
            [(NETWORK_OFFSET, network.to_bytes().to_vec()), (DEVICE_OPERATOR_OFFSET, operator.to_bytes().to_vec())];
        self.with_fields(&fields).await
    }

    /// All accounts of type `T` that hold these bytes at these offsets, counted with the discriminator; in order of their
    /// addresses. A server takes at most two.
    pub async fn with_fields<T: ProgramAccount>(
        &self,
        fields: &[(usize, Vec<u8>)],
    ) -> Result<Vec<(Address, T)>, ChainError> {
        let kind = [
            RpcFilterType::DataSize(account_bytes::<T>() as u64),
            RpcFilterType::Memcmp(Memcmp::new_raw_bytes(0, T::DISCRIMINATOR.to_vec())),
        ];
        let wanted = fields.iter().map(|(at, bytes)| RpcFilterType::Memcmp(Memcmp::new_raw_bytes(*at, bytes.clone())));
        let config = RpcProgramAccountsConfig {
            filters: Some(kind.into_iter().chain(wanted).collect()),
            account_config: RpcAccountInfoConfig {
                encoding: Some(UiAccountEncoding::Base64),
                commitment: Some(self.commitment),
                ..Default::default()
            },
            ..Default::default()
        };
        let found = self.pool.ask(|rpc| {
            let config = config.clone();
            async move { rpc.get_program_ui_accounts_with_config(&T::OWNER, config).await }
        });
        let mut accounts = Vec::new();
        for (address, account) in found.await? {
            let account: Account = account.to_account().ok_or(ChainError::NoAccount { address })?;
            accounts.push((address, decode(&address, &account)?));
        }
        accounts.sort_by_key(|(address, _)| address.to_bytes());
        Ok(accounts)
    }
}
