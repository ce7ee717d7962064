//! What fits a transaction.

use std::collections::{BTreeMap, BTreeSet};

use solana_address::Address;
use solana_instruction::Instruction;
use solana_message::{AddressLookupTableAccount, Hash, VersionedMessage, v0};
use solana_signer::Signer;

use super::{Fleet, FleetError};
use crate::{
    SPL_TOKEN_ID,
    accounts::Vault,
    chain::LookupTable,
    claims::{Operators, RangeClaim, Run, payout_account},
};

/// A packet of the network: no transaction is larger.
const TRANSACTION_BYTES: usize = 1_232;
/// Most accounts that a transaction may name on every cluster.
const MOST_ACCOUNTS: usize = 64;
/// A receiver takes ten bytes at least, and the token program's batch names three accounts for each, 255 at most.
pub(super) const MOST_RECEIVERS: u32 = 80;
/// Compute units of a claim, and of each payment in it, at most; measured: a third of it with SPL Token.
const UNITS: u32 = 40_000;
const UNITS_EACH: u32 = 10_000;
const MOST_UNITS: u32 = 1_400_000;
/// A signature, header, payer, program, blockhash, and the claim without receivers and proof.
const LEAST_BYTES: usize = 65 + 4 + 64 + 32 + 32;
/// Tags of the compute budget program's instructions.
const SET_UNIT_LIMIT: u8 = 2;
const SET_UNIT_PRICE: u8 = 3;

/// Makes messages of runs.
pub(super) struct Packing<'a> {
    fleet: &'a Fleet<'a>,
    vault: &'a Vault,
    tables: Vec<AddressLookupTableAccount>,
    /// Which table an address stands in; `None` for what stands in several: what all claims share.
    places: BTreeMap<Address, Option<usize>>,
    /// The operators' payout accounts.
    receivers: BTreeMap<u32, Address>,
}

impl<'a> Packing<'a> {
    pub fn new(fleet: &'a Fleet<'a>, vault: &'a Vault, tables: &[LookupTable], operators: &Operators) -> Self {
        let tables: Vec<AddressLookupTableAccount> = tables.iter().map(LookupTable::compiled).collect();
        let mut places = BTreeMap::new();
        for (place, table) in tables.iter().enumerate() {
            for address in &table.addresses {
                places.entry(*address).and_modify(|place| *place = None).or_insert(Some(place));
            }
        }
        let receiver = |index: &u32| Some((*index, payout_account(vault, &fleet.tree.payee(*index)?.payout_wallet)));
        let receivers = operators.keys().filter_map(receiver).collect();
        Self { fleet, vault, tables, places, receivers }
    }

    pub fn fits(&self, run: Run) -> bool {
        // Most of what does not fit need not be made to see it.
        let Some((claim, receivers)) = self.claim(run) else { return false };
        let distinct = receivers.iter().collect::<BTreeSet<_>>().len();
        let least_bytes = LEAST_BYTES + 9 * receivers.len() + distinct + 32 * claim.proof.len();
        if least_bytes > TRANSACTION_BYTES || distinct > MOST_ACCOUNTS {
            return false;
        }
        let Ok(message) = self.message(run, Hash::default()) else { return false };
        let looked_up = message.address_table_lookups().unwrap_or_default();
        let looked_up: usize =
            looked_up.iter().map(|table| table.writable_indexes.len() + table.readonly_indexes.len()).sum();
        // One signature with its count, then the message.
        let bytes = 1 + 64 + message.serialize().len();
        bytes <= TRANSACTION_BYTES && message.static_account_keys().len() + looked_up <= MOST_ACCOUNTS
    }

    /// The claim of a run.
    pub fn message(&self, run: Run, blockhash: Hash) -> Result<VersionedMessage, FleetError> {
        let claim = self.claim(run).ok_or_else(|| {
            FleetError::Unpackable(format!("{} operators from {} on are no run", run.count, run.first_index))
        });
        let (claim, receivers) = claim?;
        let mut instructions = self.budget(run.count);
        instructions.push(claim.instruction_into(self.vault, &receivers));
        self.compile(&instructions, blockhash)
    }

    fn claim(&self, run: Run) -> Option<(RangeClaim, Vec<Address>)> {
        let receivers = run.indices().map(|index| self.receivers.get(&index).copied()).collect::<Option<_>>()?;
        Some((self.fleet.tree.range(run.first_index, run.count)?, receivers))
    }

    /// Nothing where the default will do: what it takes is room for receivers.
    fn budget(&self, receivers: u32) -> Vec<Instruction> {
        let price = self.fleet.options.compute_unit_price;
        if price == 0 && self.vault.token_program == SPL_TOKEN_ID {
            return Vec::new();
        }
        let limit = UNITS.saturating_add(UNITS_EACH.saturating_mul(receivers)).min(MOST_UNITS);
        let instruction = |tag: u8, value: &[u8]| Instruction {
            program_id: solana_sdk_ids::compute_budget::ID,
            accounts: Vec::new(),
            data: [&[tag], value].concat(),
        };
        let mut budget = vec![instruction(SET_UNIT_LIMIT, &limit.to_le_bytes())];
        if price > 0 {
            budget.push(instruction(SET_UNIT_PRICE, &price.to_le_bytes()));
        }
        budget
    }

    fn compile(&self, instructions: &[Instruction], blockhash: Hash) -> Result<VersionedMessage, FleetError> {
        let named = instructions.iter().flat_map(|instruction| &instruction.accounts);
        let mut wanted: BTreeSet<usize> =
            named.filter_map(|meta| self.places.get(&meta.pubkey).copied().flatten()).collect();
        // What all claims share stands in every table.
        if wanted.is_empty() {
            wanted.insert(0);
        }
        let tables: Vec<AddressLookupTableAccount> =
            wanted.iter().filter_map(|place| self.tables.get(*place)).cloned().collect();
        let message = v0::Message::try_compile(&self.fleet.payer.pubkey(), instructions, &tables, blockhash);
        Ok(VersionedMessage::V0(message.map_err(|error| FleetError::Unpackable(error.to_string()))?))
    }
}
