//! Sends the oracle's transactions: who signs them, what became of them.

use solana_instruction::Instruction;
use solana_signature::Signature;
use trellis_client::{ChainError, chain::Simulated};
use trellis_fail_point::reached;

use super::Poster;

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
        let sign = |message| self.key.signed(message);
        let told = |price| self.metrics.priority_fee(price);
        simulated.send(&self.chain, &self.key.address(), &sign, told).await
    }
}
