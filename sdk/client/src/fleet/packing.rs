//! What fits a transaction.

use std::collections::{BTreeMap, BTreeSet};

use solana_address::Address;
use solana_compute_budget_interface::ComputeBudgetInstruction;
use solana_instruction::Instruction;
use solana_message::{Hash, VersionedMessage, v0, v1};
use solana_signer::Signer;

use super::{Fleet, FleetError};
use crate::{
    accounts::Vault,
    chain::{MOST_UNITS, PACKET_BYTES, priority_lamports},
    claims::{Operators, RangeClaim, Run, payout_account},
};

/// Most accounts that a transaction may name on every cluster.
const MOST_ACCOUNTS: usize = v1::MAX_ADDRESSES as usize;
/// The token program's batch names three accounts for each receiver, 255 at most.
pub(super) const MOST_RECEIVERS: u32 = 80;
/// Compute units of a run, and of each payment in it, at most; measured: a third of it with SPL Token.
const UNITS: u32 = 40_000;
const UNITS_EACH: u32 = 10_000;
/// Most bytes of accounts and programs that a claim loads; a transaction of version 1 that does not say gets none.
const LOADED_BYTES: u32 = 8 << 20;
/// A signature, header, payer, program, blockhash.
const LEAST_BYTES: usize = 65 + 4 + 64 + 32;
/// An address, a figure, a place among the accounts.
const RECEIVER_BYTES: usize = 8 + 1;

/// Makes messages of runs.
pub(super) struct Packing<'a> {
    fleet: &'a Fleet<'a>,
    vault: &'a Vault,
    /// Does the cluster take transactions of version 1?
    is_version_1: bool,
    /// The operators' payout accounts.
    receivers: BTreeMap<u32, Address>,
}

impl<'a> Packing<'a> {
    pub fn new(fleet: &'a Fleet<'a>, vault: &'a Vault, is_version_1: bool, operators: &Operators) -> Self {
        let receiver = |index: &u32| Some((*index, payout_account(vault, &fleet.tree.payee(*index)?.payout_wallet)));
        let receivers = operators.keys().filter_map(receiver).collect();
        Self { fleet, vault, is_version_1, receivers }
    }

    /// Puts runs together, in their order, as many as fit a transaction.
    pub fn transactions(&self, runs: Vec<Run>) -> Vec<Vec<Run>> {
        let mut transactions: Vec<Vec<Run>> = Vec::new();
        for run in runs {
            if let Some(last) = transactions.last_mut() {
                last.push(run);
                if self.fits(last) {
                    continue;
                }
                last.pop();
            }
            transactions.push(vec![run]);
        }
        transactions
    }

    pub fn fits(&self, runs: &[Run]) -> bool {
        // Most of what does not fit need not be made to see it.
        let Some(claims) = self.claims(runs) else { return false };
        let distinct = claims.iter().flat_map(|(_, receivers)| receivers).collect::<BTreeSet<_>>().len();
        let bytes = claims.iter().map(|(claim, to)| RECEIVER_BYTES * to.len() + 32 * claim.proof.len()).sum::<usize>();
        if LEAST_BYTES + 32 * distinct + bytes > self.most_bytes() || distinct > MOST_ACCOUNTS {
            return false;
        }
        let Ok(message) = self.message(runs, Hash::default()) else { return false };
        // One signature, with its count in version 0, then the message.
        let bytes = 1 + 64 + message.serialize().len();
        bytes <= self.most_bytes() && message.static_account_keys().len() <= MOST_ACCOUNTS
    }

    fn most_bytes(&self) -> usize {
        if self.is_version_1 { v1::MAX_TRANSACTION_SIZE } else { PACKET_BYTES }
    }

    /// The claims of some runs, in one transaction.
    pub fn message(&self, runs: &[Run], blockhash: Hash) -> Result<VersionedMessage, FleetError> {
        let claims = self.claims(runs);
        let claims = claims.ok_or_else(|| FleetError::Unpackable(format!("{runs:?} are not runs of the tree")))?;
        let instruction = |(claim, to): &(RangeClaim, Vec<Address>)| claim.instruction_into(self.vault, to);
        let instructions: Vec<Instruction> = claims.iter().map(instruction).collect();
        let (payer, units) = (self.fleet.payer.pubkey(), units(runs));
        let message = if self.is_version_1 {
            let config = self.config(units);
            v1::Message::try_compile_with_config(&payer, &instructions, blockhash, config).map(VersionedMessage::V1)
        } else {
            let instructions = [self.budget(units), instructions].concat();
            v0::Message::try_compile(&payer, &instructions, &[], blockhash).map(VersionedMessage::V0)
        };
        message.map_err(|error| FleetError::Unpackable(error.to_string()))
    }

    fn claims(&self, runs: &[Run]) -> Option<Vec<(RangeClaim, Vec<Address>)>> {
        let claim = |run: &Run| {
            let receivers = run.indices().map(|index| self.receivers.get(&index).copied()).collect::<Option<_>>()?;
            Some((self.fleet.tree.range(run.first_index, run.count)?, receivers))
        };
        runs.iter().map(claim).collect()
    }

    fn config(&self, units: u32) -> v1::TransactionConfig {
        let config = v1::TransactionConfig::empty()
            .with_compute_unit_limit(units)
            .with_loaded_accounts_data_size_limit(LOADED_BYTES);
        match self.fleet.options.compute_unit_price {
            0 => config,
            price => config.with_priority_fee(priority_lamports(units, price)),
        }
    }

    /// The same for version 0, where instructions say it.
    fn budget(&self, units: u32) -> Vec<Instruction> {
        let mut budget = vec![ComputeBudgetInstruction::set_compute_unit_limit(units)];
        if self.fleet.options.compute_unit_price > 0 {
            budget.push(ComputeBudgetInstruction::set_compute_unit_price(self.fleet.options.compute_unit_price));
        }
        budget
    }
}

/// Compute units to ask for.
fn units(runs: &[Run]) -> u32 {
    let of_run = |run: &Run| UNITS.saturating_add(UNITS_EACH.saturating_mul(run.count));
    runs.iter().map(of_run).fold(0, u32::saturating_add).min(MOST_UNITS)
}
