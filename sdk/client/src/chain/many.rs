//! Many transactions at once, none of which is waited for.

use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_message::Message;
use solana_rpc_client_api::config::RpcSendTransactionConfig;
use solana_signer::Signer;
use solana_transaction::Transaction;
use tokio::task::JoinSet;

use super::{Chain, ChainError};

impl Chain {
    /// Signs a transaction for each list of instructions. All of them expire together, about a minute from now; until
    /// then, a transaction that is submitted several times is executed once. `signers[0]` pays the fees.
    pub async fn sign_many(
        &self,
        lists: impl IntoIterator<Item = Vec<Instruction>>,
        signers: &[&Keypair],
    ) -> Result<Vec<Transaction>, ChainError> {
        let payer = signers.first().ok_or_else(|| ChainError::Signing("no fee payer".to_owned()))?.pubkey();
        let (blockhash, _) = self.latest_blockhash().await?;
        let sign = |instructions: Vec<Instruction>| {
            let message = Message::new_with_blockhash(&instructions, Some(&payer), &blockhash);
            let mut transaction = Transaction::new_unsigned(message);
            transaction.try_sign(signers, blockhash).map_err(|error| ChainError::Signing(error.to_string()))?;
            Ok(transaction)
        };
        lists.into_iter().map(sign).collect()
    }

    /// Submits transactions, at most `parallel` at a time, without simulating them and without waiting for them. Gives
    /// the errors of those that the node did not take.
    pub async fn submit_many(&self, transactions: &[Transaction], parallel: usize) -> Vec<ChainError> {
        let config = RpcSendTransactionConfig {
            skip_preflight: true,
            preflight_commitment: Some(self.commitment.commitment),
            ..Default::default()
        };
        let (mut running, mut errors) = (JoinSet::new(), Vec::new());
        for transaction in transactions {
            if running.len() >= parallel.max(1) {
                errors.extend(running.join_next().await.and_then(Result::ok).flatten());
            }
            let (chain, transaction) = (self.clone(), transaction.clone());
            running.spawn(async move {
                let transaction = &transaction;
                let sent =
                    chain.pool.ask(|rpc| async move { rpc.send_transaction_with_config(transaction, config).await });
                sent.await.err()
            });
        }
        while let Some(ended) = running.join_next().await {
            errors.extend(ended.ok().flatten());
        }
        errors
    }
}
