//! A fleet's lookup tables.
//!
//! They are found on the chain by their authority, the payer, and told from its other tables by their first address, the
//! vault. Each begins with what all claims share; the rest are payout accounts.

use std::collections::BTreeSet;

use solana_address::Address;
use solana_address_lookup_table_interface::instruction::{
    close_lookup_table, create_lookup_table, deactivate_lookup_table, extend_lookup_table,
};
use solana_instruction::{AccountMeta, Instruction};
use solana_keypair::Keypair;
use solana_message::Message;
use solana_signer::Signer;
use solana_transaction::{Transaction, versioned::VersionedTransaction};
use trellis_core::pda::claim_slot;

use super::{Fleet, FleetError, WAVE};
use crate::{
    accounts::Vault,
    addresses,
    chain::{Chain, ChainError, LookupTable, Settled},
};

/// Addresses in a full table.
const MOST_ADDRESSES: usize = 256;
const EMPTY_TABLE_BYTES: usize = 56;
/// Addresses that fit a transaction which extends a table.
const EXTENDED_AT_ONCE: usize = 31;
/// Tables that fit a transaction which makes them.
const MADE_AT_ONCE: usize = 5;
/// With fewer receivers than this, tables take more transactions than they save.
const FEWEST_RECEIVERS: usize = 64;
/// A table can be closed this many slots after it was deactivated, and can be made at the address of a slot no older.
const COOLDOWN_SLOTS: u64 = 513;
const MOST_NEW_TABLES: usize = 400;

/// The payer's tables for claims from `vault` that are in use.
pub async fn of_vault(chain: &Chain, payer: &Address, vault: &Address) -> Result<Vec<LookupTable>, ChainError> {
    let mut tables = all_of_vault(chain, payer, vault).await?;
    tables.retain(|table| table.deactivated_slot.is_none());
    Ok(tables)
}

async fn all_of_vault(chain: &Chain, payer: &Address, vault: &Address) -> Result<Vec<LookupTable>, ChainError> {
    let mut tables = chain.lookup_tables(payer).await?;
    tables.retain(|table| table.addresses.first() == Some(vault));
    Ok(tables)
}

/// Addresses that are to be added to a table.
struct Addition {
    table: Address,
    addresses: Vec<Address>,
}

/// Puts those receivers (operator, payout account) that are in no table into tables, new ones if the old are full.
/// Returns how many transactions that took; each is told to `told`, with how many there are.
pub(super) async fn fill(
    fleet: &Fleet<'_>,
    vault: &Vault,
    receivers: &[(u32, Address)],
    mut tables: Vec<LookupTable>,
    mut told: impl FnMut(usize, usize),
) -> Result<usize, FleetError> {
    let known: BTreeSet<Address> = tables.iter().flat_map(|table| &table.addresses).copied().collect();
    let mut seen = BTreeSet::new();
    let mut missing: Vec<(u32, Address)> = receivers.to_vec();
    missing.retain(|(_, account)| !known.contains(account) && seen.insert(*account));
    if missing.is_empty() || (known.is_empty() && missing.len() < FEWEST_RECEIVERS) {
        return Ok(0);
    }
    let mut transactions = 0;
    let room: usize = tables.iter().map(|table| MOST_ADDRESSES.saturating_sub(table.addresses.len())).sum();
    let wanted = tables_for(fleet, missing.len().saturating_sub(room));
    if wanted > 0 {
        transactions += make(fleet, vault, wanted).await?;
        tables = of_vault(fleet.chain, &fleet.payer.pubkey(), &fleet.tree.vault()).await?;
    }
    let additions = spread(&fleet.tree.vault(), &tables, &missing);
    let lists: Vec<Vec<Instruction>> = additions
        .iter()
        .flat_map(|Addition { table, addresses }| {
            addresses
                .chunks(EXTENDED_AT_ONCE)
                .map(|part| vec![extend_lookup_table(*table, fleet.payer.pubkey(), None, part.to_vec())])
        })
        .collect();
    let of = lists.len();
    transactions += send_all(fleet.chain, fleet.payer, lists, |done| told(done, of)).await?;
    until_next_slot(fleet.chain).await?;
    Ok(transactions)
}

/// New tables that are needed for so many receivers.
fn tables_for(fleet: &Fleet<'_>, receivers: usize) -> usize {
    // Three addresses are shared, and each claim page stands in the tables whose receivers it counts.
    let pages = fleet.operators.iter().map(|index| claim_slot(*index).0).collect::<BTreeSet<_>>().len();
    let heads = 3 + pages.min(8);
    receivers.div_ceil(MOST_ADDRESSES - heads).min(MOST_NEW_TABLES)
}

/// Makes so many tables, which hold what all claims share. Each is given the rent of a full one at once, so that
/// extending it names no more accounts than it must.
async fn make(fleet: &Fleet<'_>, vault: &Vault, count: usize) -> Result<usize, FleetError> {
    let (chain, payer) = (fleet.chain, fleet.payer.pubkey());
    let rent = chain.rent_lamports(EMPTY_TABLE_BYTES + 32 * MOST_ADDRESSES).await?;
    // A table's address comes from a recent slot: one for each.
    let slot = chain.slot().await?.saturating_sub(1);
    let head = vec![fleet.tree.vault(), vault.token_account, vault.token_program];
    let tables = (0..count as u64).map(|back| create_lookup_table(payer, payer, slot.saturating_sub(back)));
    let made: Vec<Vec<Instruction>> = tables
        .map(|(create, table)| {
            vec![create, transfer(&payer, &table, rent), extend_lookup_table(table, payer, None, head.clone())]
        })
        .collect();
    let lists = made.chunks(MADE_AT_ONCE).map(<[_]>::concat).collect();
    let transactions = send_all(chain, fleet.payer, lists, |_| ()).await?;
    Ok(transactions)
}

/// The system program's transfer.
fn transfer(from: &Address, to: &Address, lamports: u64) -> Instruction {
    Instruction {
        program_id: solana_sdk_ids::system_program::ID,
        accounts: vec![AccountMeta::new(*from, true), AccountMeta::new(*to, false)],
        data: [&2u32.to_le_bytes()[..], &lamports.to_le_bytes()].concat(),
    }
}

/// Which table each missing receiver goes to: neighbours together, each with its claim page.
fn spread(vault: &Address, tables: &[LookupTable], missing: &[(u32, Address)]) -> Vec<Addition> {
    let mut missing = missing.iter().peekable();
    let mut additions = Vec::new();
    for table in tables {
        let mut held: BTreeSet<Address> = table.addresses.iter().copied().collect();
        let mut addresses = Vec::new();
        while let Some((index, account)) = missing.peek() {
            let page = addresses::claim_page(vault, claim_slot(*index).0);
            let new = [page, *account].into_iter().filter(|address| !held.contains(address)).collect::<Vec<_>>();
            if held.len() + new.len() > MOST_ADDRESSES {
                break;
            }
            held.extend(&new);
            addresses.extend(new);
            missing.next();
        }
        if !addresses.is_empty() {
            additions.push(Addition { table: table.address, addresses });
        }
    }
    additions
}

/// Sends a transaction for each list, and waits until all are confirmed. What has expired, or failed, is an error: run
/// it again, and it goes on from what is on the chain.
async fn send_all(
    chain: &Chain,
    payer: &Keypair,
    lists: Vec<Vec<Instruction>>,
    mut told: impl FnMut(usize),
) -> Result<usize, FleetError> {
    let mut done = 0;
    for wave in lists.chunks(WAVE) {
        let (blockhash, valid_until) = chain.latest_blockhash().await?;
        let sign = |instructions: &Vec<Instruction>| -> Result<VersionedTransaction, ChainError> {
            let message = Message::new_with_blockhash(instructions, Some(&payer.pubkey()), &blockhash);
            let mut transaction = Transaction::new_unsigned(message);
            transaction.try_sign(&[payer], blockhash).map_err(|error| ChainError::Signing(error.to_string()))?;
            Ok(transaction.into())
        };
        let transactions = wave.iter().map(sign).collect::<Result<Vec<_>, _>>()?;
        if let Some(first) = transactions.first() {
            chain.simulate_as_signed(first).await?;
        }
        let settled = chain.settle(&transactions, valid_until, |_, settled| {
            if matches!(settled, Settled::Confirmed) {
                done += 1;
                told(done);
            }
        });
        for outcome in settled.await? {
            match outcome {
                Settled::Confirmed => {}
                Settled::Failed(error) => return Err(error.into()),
                Settled::Expired => return Err(FleetError::Expired),
            }
        }
    }
    Ok(done)
}

/// What was added to a table can be used from the next slot on.
async fn until_next_slot(chain: &Chain) -> Result<(), ChainError> {
    let added = chain.slot().await?;
    while chain.slot().await? <= added {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    Ok(())
}

/// What became of the payer's tables.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Closed {
    /// Their rent is back.
    pub closed: usize,
    /// Out of use, and to be closed some minutes from now: run this again then.
    pub cooling: usize,
    pub transactions: usize,
}

/// Gets the rent of the payer's tables for `vault` back. A table is taken out of use first, and can be closed about four
/// minutes later.
pub async fn close(chain: &Chain, payer: &Keypair, vault: &Address) -> Result<Closed, FleetError> {
    let (owner, slot) = (payer.pubkey(), chain.slot().await?);
    let (mut lists, mut outcome) = (Vec::new(), Closed::default());
    for table in all_of_vault(chain, &owner, vault).await? {
        match table.deactivated_slot {
            None => lists.push(vec![deactivate_lookup_table(table.address, owner)]),
            Some(since) if slot > since.saturating_add(COOLDOWN_SLOTS) => {
                lists.push(vec![close_lookup_table(table.address, owner, owner)]);
                outcome.closed += 1;
                continue;
            }
            Some(_) => {}
        }
        outcome.cooling += 1;
    }
    let lists = lists.chunks(MADE_AT_ONCE).map(<[_]>::concat).collect();
    outcome.transactions = send_all(chain, payer, lists, |_| ()).await?;
    Ok(outcome)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(number: u32) -> Address {
        let mut bytes = [9; 32];
        bytes[..4].copy_from_slice(&number.to_le_bytes());
        Address::new_from_array(bytes)
    }

    fn table(number: u32, held: u32) -> LookupTable {
        let addresses = (0..held).map(|place| address(1_000_000 * number + place)).collect();
        LookupTable { address: address(u32::MAX - number), deactivated_slot: None, last_extended_slot: 0, addresses }
    }

    #[test]
    fn receivers_are_spread_over_tables_in_order_with_their_pages_and_no_table_overflows() {
        let vault = address(7);
        let missing: Vec<(u32, Address)> = (900..1_400).map(|index| (index, address(index))).collect();
        let tables = [table(1, 250), table(2, 256), table(3, 3), table(4, 3)];
        let additions = spread(&vault, &tables, &missing);
        let sizes: Vec<usize> = additions.iter().map(|addition| addition.addresses.len()).collect();
        // Five and their page; then one table up to its end, with two pages; then the rest.
        assert_eq!(sizes, [6, 253, 245]);
        let pages = [0, 1].map(|page| addresses::claim_page(&vault, page));
        let added: Vec<Address> = additions.iter().flat_map(|addition| addition.addresses.clone()).collect();
        let accounts: Vec<Address> = added.iter().filter(|address| !pages.contains(address)).copied().collect();
        assert_eq!(accounts, missing.iter().map(|(_, account)| *account).collect::<Vec<_>>());
        assert_eq!(additions[1].table, tables[2].address);
        assert!(additions[1].addresses.contains(&pages[0]) && additions[1].addresses.contains(&pages[1]));
    }
}
