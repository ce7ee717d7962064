//! Sends the oracle's transactions: what they pay, who signs them, what became of them.

use std::collections::BTreeSet;

use solana_address::Address;
use solana_compute_budget_interface::ComputeBudgetInstruction;
use solana_instruction::Instruction;
use solana_message::Message;
use solana_signature::Signature;
use solana_transaction::Transaction;
use trellis_client::{Chain, ChainError};
use trellis_fail_point::reached;

use super::Poster;
use crate::key::SignError;

/// Most accounts that an RPC server takes when asked for fees.
const MAX_FEE_ACCOUNTS: usize = 128;
/// Most compute units that a transaction may take.
const MAX_UNITS: u64 = 1_400_000;
/// What each signature of a transaction costs.
const LAMPORTS_PER_SIGNATURE: u64 = 5_000;
/// A program may take a little more than it did in the simulation: another account's bump, a longer log.
const SPARE_UNITS: u64 = 2_000;

/// What is paid for a place in a block.
#[derive(Clone, Copy, Debug)]
pub struct Fees {
    /// Percentile of the recent fees on the accounts that a transaction writes to.
    pub percentile: u8,
    /// Most for a compute unit, in micro-lamports; 0: nothing.
    pub max_micro_lamports: u64,
}

impl Fees {
    /// The price for a compute unit after `recent` ones. Each signing after the first, when a transaction expired,
    /// doubles it.
    fn price(&self, mut recent: Vec<u64>, signing: u32) -> u64 {
        recent.sort_unstable();
        let last = recent.len().saturating_sub(1);
        let usual = recent.get(last * usize::from(self.percentile.min(100)) / 100).copied().unwrap_or(0);
        let price = match signing {
            0 => usual,
            again => usual.max(1).saturating_mul(1 << again.min(20)),
        };
        price.min(self.max_micro_lamports)
    }
}

impl Poster {
    /// Simulates, signs, sends and waits until the transaction is confirmed. Doing it twice must do no harm.
    #[tracing::instrument(level = "debug", name = "transaction", skip_all)]
    pub(super) async fn send(&self, instructions: &[Instruction]) -> Result<Signature, ChainError> {
        let sent = self.send_simulated(instructions).await;
        reached("transaction.confirmed");
        self.metrics.transaction(match &sent {
            Ok(_) => "confirmed",
            Err(error) if error.is_transient() => "unconfirmed",
            Err(_) => "refused",
        });
        sent
    }

    async fn send_simulated(&self, instructions: &[Instruction]) -> Result<Signature, ChainError> {
        let simulated = Simulated::new(&self.chain, &self.key.address(), instructions).await?;
        reached("transaction.simulated");
        let sign = |message: &Message| self.key.sign_transaction(message);
        let told = |price| self.metrics.priority_fee(price);
        simulated.send(&self.chain, &self.key.address(), &sign, &self.fees, told).await
    }
}

/// Instructions whose cost is known, because they were simulated: what would fail is not sent, since it would cost a fee.
pub(crate) struct Simulated<'a> {
    instructions: &'a [Instruction],
    units: u64,
}

impl<'a> Simulated<'a> {
    pub(crate) async fn new(
        chain: &Chain,
        payer: &Address,
        instructions: &'a [Instruction],
    ) -> Result<Self, ChainError> {
        let units = chain.simulate_units(&Message::new(instructions, Some(payer))).await?;
        Ok(Self { instructions, units })
    }

    /// What a transaction pays at this price for a compute unit, with one signature.
    pub(crate) fn fee_lamports(&self, price_micro_lamports: u64) -> u64 {
        let limit = if self.units > 0 { u64::from(unit_limit(self.units)) } else { MAX_UNITS };
        fee_lamports(1, limit, price_micro_lamports)
    }

    /// Signs, sends and waits until the transaction is confirmed. `told` hears the price of each signing.
    pub(crate) async fn send(
        &self,
        chain: &Chain,
        payer: &Address,
        sign: &impl Fn(&Message) -> Result<[u8; 64], SignError>,
        fees: &Fees,
        told: impl Fn(u64),
    ) -> Result<Signature, ChainError> {
        let limit = ComputeBudgetInstruction::set_compute_unit_limit(unit_limit(self.units));
        let (accounts, told) = (writable(self.instructions, payer), &told);
        chain
            .send_signed(|blockhash, signing| {
                let (limit, accounts) = (limit.clone(), &accounts);
                async move {
                    // A server that cannot tell keeps nothing from being sent.
                    let recent = chain.recent_priority_fees(accounts).await.unwrap_or_default();
                    let price = fees.price(recent, signing);
                    told(price);
                    let mut all = Vec::with_capacity(self.instructions.len() + 2);
                    if self.units > 0 {
                        all.push(limit);
                    }
                    if price > 0 {
                        all.push(ComputeBudgetInstruction::set_compute_unit_price(price));
                    }
                    all.extend_from_slice(self.instructions);
                    let message = Message::new_with_blockhash(&all, Some(payer), &blockhash);
                    let signature = sign(&message).map_err(|error| ChainError::Signing(error.to_string()))?;
                    let mut transaction = Transaction::new_unsigned(message);
                    transaction.signatures = vec![Signature::from(signature)];
                    reached("transaction.signed");
                    Ok(transaction)
                }
            })
            .await
    }
}

/// What a transaction costs with so many signatures, a limit of compute units, and a price for each.
pub(crate) fn fee_lamports(signatures: u64, unit_limit: u64, price_micro_lamports: u64) -> u64 {
    let priority = (u128::from(unit_limit) * u128::from(price_micro_lamports)).div_ceil(1_000_000);
    let priority = u64::try_from(priority).unwrap_or(u64::MAX);
    signatures.saturating_mul(LAMPORTS_PER_SIGNATURE).saturating_add(priority)
}

/// What the simulation took and a tenth, and what the compute budget's own two instructions take.
fn unit_limit(units: u64) -> u32 {
    let limit = units.saturating_add(units / 10).saturating_add(SPARE_UNITS).min(MAX_UNITS);
    u32::try_from(limit).unwrap_or(u32::MAX)
}

fn writable(instructions: &[Instruction], payer: &Address) -> Vec<Address> {
    let metas = instructions.iter().flat_map(|instruction| &instruction.accounts);
    let written = metas.filter(|meta| meta.is_writable).map(|meta| meta.pubkey).chain([*payer]);
    written.collect::<BTreeSet<_>>().into_iter().take(MAX_FEE_ACCOUNTS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn price_is_the_percentile_within_the_limit_and_doubles_when_it_was_too_little() {
        let fees = Fees { percentile: 75, max_micro_lamports: 1_000 };
        let recent = || vec![400, 100, 0, 300, 200];
        assert_eq!(fees.price(vec![], 0), 0);
        assert_eq!(fees.price(recent(), 0), 300);
        assert_eq!(fees.price(recent(), 1), 600);
        assert_eq!(fees.price(recent(), 2), 1_000);
        assert_eq!(fees.price(vec![u64::MAX], 31), 1_000);
        assert_eq!(fees.price(vec![], 1), 2);
        assert_eq!(Fees { percentile: 100, ..fees }.price(recent(), 0), 400);
        assert_eq!(Fees { percentile: 0, ..fees }.price(recent(), 0), 0);
        assert_eq!(Fees { max_micro_lamports: 0, ..fees }.price(recent(), 2), 0);
    }

    #[test]
    fn fee_is_that_of_the_signatures_and_the_priority_rounded_up() {
        assert_eq!(fee_lamports(1, 200_000, 0), 5_000);
        assert_eq!(fee_lamports(2, 100_000, 15), 10_002);
        assert_eq!(fee_lamports(u64::MAX, u64::MAX, u64::MAX), u64::MAX);
    }

    #[test]
    fn unit_limit_leaves_room_and_stays_within_what_a_transaction_may_take() {
        assert_eq!(unit_limit(0), 2_000);
        assert_eq!(unit_limit(100_000), 112_000);
        assert_eq!(unit_limit(u64::MAX), 1_400_000);
    }
}
