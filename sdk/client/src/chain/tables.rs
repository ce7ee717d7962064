//! Address lookup tables, which let a transaction name an account with one byte.

use solana_account::Account;
use solana_address::Address;
use solana_message::AddressLookupTableAccount;
use solana_rpc_client_api::{
    config::{RpcAccountInfoConfig, RpcProgramAccountsConfig, UiAccountEncoding},
    filter::{Memcmp, RpcFilterType},
};

use super::{Chain, ChainError};

/// Layout of a table, as `solana_address_lookup_table_interface::state` has it: kind u32, slot of deactivation u64, slot
/// of the last extension u64, its place u8, authority (tag, address), padding u16; then the addresses.
const KIND_TABLE: [u8; 4] = [1, 0, 0, 0];
const DEACTIVATION_SLOT: usize = 4;
const LAST_EXTENDED_SLOT: usize = 12;
const AUTHORITY: usize = 22;
const ADDRESSES: usize = 56;

/// A lookup table on the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LookupTable {
    pub address: Address,
    /// When it was deactivated; `None` if it is in use.
    pub deactivated_slot: Option<u64>,
    /// What was added in this slot can be used from the next one on.
    pub last_extended_slot: u64,
    pub addresses: Vec<Address>,
}

impl LookupTable {
    fn read(address: Address, data: &[u8]) -> Option<Self> {
        let slot = |at: usize| Some(u64::from_le_bytes(data.get(at..at + 8)?.try_into().ok()?));
        let deactivated = slot(DEACTIVATION_SLOT)?;
        let (addresses, rest) = data.get(ADDRESSES..)?.as_chunks::<32>();
        (data.starts_with(&KIND_TABLE) && rest.is_empty()).then_some(())?;
        Some(Self {
            address,
            deactivated_slot: (deactivated != u64::MAX).then_some(deactivated),
            last_extended_slot: slot(LAST_EXTENDED_SLOT)?,
            addresses: addresses.iter().map(|bytes| Address::new_from_array(*bytes)).collect(),
        })
    }

    /// For compiling messages.
    pub fn compiled(&self) -> AddressLookupTableAccount {
        AddressLookupTableAccount { key: self.address, addresses: self.addresses.clone() }
    }
}

impl Chain {
    /// All lookup tables that `authority` may extend and close, in the order of their addresses.
    pub async fn lookup_tables(&self, authority: &Address) -> Result<Vec<LookupTable>, ChainError> {
        let config = RpcProgramAccountsConfig {
            filters: Some(vec![
                RpcFilterType::Memcmp(Memcmp::new_raw_bytes(0, KIND_TABLE.to_vec())),
                RpcFilterType::Memcmp(Memcmp::new_raw_bytes(AUTHORITY, authority.to_bytes().to_vec())),
            ]),
            account_config: RpcAccountInfoConfig {
                encoding: Some(UiAccountEncoding::Base64),
                commitment: Some(self.commitment),
                ..Default::default()
            },
            ..Default::default()
        };
        let program = solana_sdk_ids::address_lookup_table::ID;
        let found = self.pool.ask(|rpc| {
            let config = config.clone();
            async move { rpc.get_program_ui_accounts_with_config(&program, config).await }
        });
        let mut tables = Vec::new();
        for (address, account) in found.await? {
            let account: Account = account.to_account().ok_or(ChainError::NoAccount { address })?;
            tables.extend(LookupTable::read(address, &account.data));
        }
        tables.sort_by_key(|table| table.address.to_bytes());
        Ok(tables)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use solana_address_lookup_table_interface::state::{AddressLookupTable, LookupTableMeta};

    use super::*;

    #[test]
    fn table_is_read_as_the_program_writes_it() {
        let [address, authority, first] = [1, 2, 3].map(|byte| Address::new_from_array([byte; 32]));
        let meta = LookupTableMeta { last_extended_slot: 77, ..LookupTableMeta::new(authority) };
        let table = AddressLookupTable { meta: meta.clone(), addresses: vec![first, address].into() };
        let data = table.serialize_for_tests().unwrap();
        assert_eq!(data[AUTHORITY..AUTHORITY + 32], authority.to_bytes());
        let read = LookupTable::read(address, &data).unwrap();
        assert_eq!((read.deactivated_slot, read.last_extended_slot), (None, 77));
        assert_eq!((read.address, read.addresses), (address, vec![first, address]));
        let ended =
            AddressLookupTable { meta: LookupTableMeta { deactivation_slot: 5, ..meta }, addresses: vec![].into() };
        assert_eq!(
            LookupTable::read(address, &ended.serialize_for_tests().unwrap()).unwrap().deactivated_slot,
            Some(5)
        );
        for broken in [&data[..data.len() - 1], &data[..40], &[0; 88]] {
            assert_eq!(LookupTable::read(address, broken), None);
        }
    }
}
