//! Transactions that were sent before, as far back as the server remembers.

use solana_address::Address;
use solana_rpc_client::{nonblocking::rpc_client::RpcClient, rpc_client::GetConfirmedSignaturesForAddress2Config};
use solana_rpc_client_api::{client_error::Error as RpcError, config::RpcTransactionConfig};
use solana_signature::Signature;
use solana_transaction_status_client_types::UiTransactionEncoding;

use super::{Chain, ChainError};

/// What a transaction asked one program for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastInstruction {
    pub program: Address,
    pub data: Vec<u8>,
}

impl Chain {
    /// The transactions that name `address` and did not fail, newest first, at most `limit` (up to 1,000).
    pub async fn signatures_of(&self, address: &Address, limit: usize) -> Result<Vec<Signature>, ChainError> {
        let commitment = Some(self.commitment);
        let found = self.pool.ask(|rpc| async move {
            let config =
                GetConfirmedSignaturesForAddress2Config { limit: Some(limit), commitment, ..Default::default() };
            rpc.get_signatures_for_address_with_config(address, config).await
        });
        let succeeded = found.await?.into_iter().filter(|past| past.err.is_none());
        Ok(succeeded.filter_map(|past| past.signature.parse().ok()).collect())
    }

    /// The instructions of a transaction, in order.
    pub async fn instructions_of(&self, signature: &Signature) -> Result<Vec<PastInstruction>, ChainError> {
        let commitment = Some(self.commitment);
        self.pool.ask(|rpc| async move { read_instructions(&rpc, signature, commitment).await }).await
    }
}

async fn read_instructions(
    rpc: &RpcClient,
    signature: &Signature,
    commitment: Option<solana_commitment_config::CommitmentConfig>,
) -> Result<Vec<PastInstruction>, RpcError> {
    let config = RpcTransactionConfig {
        encoding: Some(UiTransactionEncoding::Base64),
        commitment,
        // Anyone may send what is looked for here, in whatever version there is.
        max_supported_transaction_version: Some(1),
    };
    let past = rpc.get_transaction_with_config(signature, config).await?;
    let Some(transaction) = past.transaction.transaction.decode() else { return Ok(Vec::new()) };
    let keys = transaction.message.static_account_keys();
    let instructions = transaction.message.instructions().iter().filter_map(|instruction| {
        // A program is never named by a lookup table.
        let program = *keys.get(usize::from(instruction.program_id_index))?;
        Some(PastInstruction { program, data: instruction.data.clone() })
    });
    Ok(instructions.collect())
}
