//! Transactions that are simulated first: they ask for as much compute as they take, and offer what others pay for it.

use std::collections::BTreeSet;

use solana_address::Address;
use solana_compute_budget_interface::ComputeBudgetInstruction;
use solana_instruction::Instruction;
use solana_message::Message;
use solana_signature::Signature;
use solana_signer::Signer;
use solana_transaction::Transaction;
use trellis_fail_point::reached;

use super::{
    Chain, ChainError,
    fees::{MOST_UNITS, fee_lamports},
};

/// Most accounts that an RPC server takes when asked for fees.
const MOST_FEE_ACCOUNTS: usize = 128;
/// A program may take a little more than it did in the simulation: another account's bump, a longer log.
const SPARE_UNITS: u64 = 2_000;

/// Instructions whose cost is known, because they were simulated: what would fail is not sent, since it would cost a fee.
pub struct Simulated<'a> {
    instructions: &'a [Instruction],
    /// As the node said; 0 if it cannot tell.
    units: u64,
}

impl<'a> Simulated<'a> {
    /// # Errors
    /// What the instructions would fail with now, paid for by `payer`.
    pub async fn new(chain: &Chain, payer: &Address, instructions: &'a [Instruction]) -> Result<Self, ChainError> {
        let units = chain.simulate_units(&Message::new(instructions, Some(payer))).await?;
        Ok(Self { instructions, units })
    }

    /// What a transaction pays at this price for a compute unit, with one signature.
    pub fn fee_lamports(&self, price_micro_lamports: u64) -> u64 {
        let limit = if self.units > 0 { unit_limit(self.units) } else { MOST_UNITS };
        fee_lamports(1, limit, price_micro_lamports)
    }

    /// Has `sign` sign, sends, and waits until the transaction is confirmed. `told` hears the price of each signing.
    pub async fn send(
        &self,
        chain: &Chain,
        payer: &Address,
        sign: &impl Fn(Message) -> Result<Transaction, ChainError>,
        told: impl Fn(u64),
    ) -> Result<Signature, ChainError> {
        let (accounts, told) = (&writable(self.instructions, payer), &told);
        chain
            .send_signed(|blockhash, signing| async move {
                // A server that cannot tell keeps nothing from being sent.
                let recent = chain.recent_priority_fees(accounts).await.unwrap_or_default();
                let price = chain.fees.price(recent, signing);
                told(price);
                let mut all = Vec::with_capacity(self.instructions.len() + 2);
                if self.units > 0 {
                    all.push(ComputeBudgetInstruction::set_compute_unit_limit(unit_limit(self.units)));
                }
                if price > 0 {
                    all.push(ComputeBudgetInstruction::set_compute_unit_price(price));
                }
                all.extend_from_slice(self.instructions);
                let transaction = sign(Message::new_with_blockhash(&all, Some(payer), &blockhash))?;
                reached("transaction.signed");
                Ok(transaction)
            })
            .await
    }
}

impl Chain {
    /// Simulates, then signs and sends with as much compute as that took and the price of the connection's [fees], and waits
    /// until the transaction is confirmed. `signers[0]` pays the fee; they may be of different kinds: `&[&dyn Signer]`.
    ///
    /// [fees]: super::Fees
    ///
    /// # Errors
    /// What the instructions would fail with, at no cost; or it was not confirmed.
    pub async fn send_simulated<S: Signer>(
        &self,
        instructions: &[Instruction],
        signers: &[S],
    ) -> Result<Signature, ChainError> {
        let payer = signers.first().ok_or_else(|| ChainError::Signing("no fee payer".to_owned()))?.pubkey();
        let simulated = Simulated::new(self, &payer, instructions).await?;
        let sign = |message: Message| {
            let (blockhash, mut transaction) = (message.recent_blockhash, Transaction::new_unsigned(message));
            transaction.try_sign(signers, blockhash).map_err(|error| ChainError::Signing(error.to_string()))?;
            Ok(transaction)
        };
        simulated.send(self, &payer, &sign, |_| ()).await
    }
}

/// What the simulation took and a tenth, and what the compute budget's own two instructions take.
fn unit_limit(units: u64) -> u32 {
    let limit = units.saturating_add(units / 10).saturating_add(SPARE_UNITS);
    u32::try_from(limit).unwrap_or(u32::MAX).min(MOST_UNITS)
}

fn writable(instructions: &[Instruction], payer: &Address) -> Vec<Address> {
    let metas = instructions.iter().flat_map(|instruction| &instruction.accounts);
    let written = metas.filter(|meta| meta.is_writable).map(|meta| meta.pubkey).chain([*payer]);
    written.collect::<BTreeSet<_>>().into_iter().take(MOST_FEE_ACCOUNTS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unit_limit_leaves_room_and_stays_within_what_a_transaction_may_take() {
        assert_eq!(unit_limit(0), 2_000);
        assert_eq!(unit_limit(100_000), 112_000);
        assert_eq!(unit_limit(u64::MAX), 1_400_000);
    }
}
