//! Transactions: signed, sent until they are confirmed or have expired, then signed anew.

use std::{
    future::Future,
    time::{Duration, Instant},
};

use solana_address::Address;
use solana_instruction::Instruction;
use solana_message::{Hash, Message, VersionedMessage};
use solana_rpc_client_api::config::{RpcSendTransactionConfig, RpcSimulateTransactionConfig};
use solana_signature::Signature;
use solana_signer::Signer;
use solana_transaction::{Transaction, versioned::VersionedTransaction};
use solana_transaction_error::TransactionError;
use trellis_fail_point::reached;

use super::{Chain, ChainError};

/// Most bytes of a legacy transaction, and of one of version 0: a packet of the network.
pub const PACKET_BYTES: usize = 1_232;
/// How often a transaction is signed, the first time included. Each lives about a minute.
const MAX_SIGNINGS: u32 = 3;
/// Longest wait for one signed transaction where the chain's height cannot be read, which tells that it has expired.
const CONFIRM_TIMEOUT: Duration = Duration::from_secs(90);
/// How often it is asked after; and the longest pause while the servers fail.
const CONFIRM_POLL: Duration = Duration::from_millis(25);
const MAX_PAUSE: Duration = Duration::from_secs(1);
/// How often it is looked for after a server refused it in words of its own.
const KNOWN_LOOKS: u32 = 80;
/// How often it is sent again meanwhile: leaders drop transactions.
const RESEND_EVERY: Duration = Duration::from_secs(2);

/// What became of one signed transaction.
enum Fate {
    Confirmed,
    /// No block can hold it any more.
    Expired,
    /// Neither is known.
    Unknown,
}

impl Chain {
    /// Signs, sends and waits until the transaction is confirmed. `signers[0]` pays the fee; they may be of different
    /// kinds: `&[&dyn Signer]`.
    pub async fn send<S: Signer>(&self, instructions: &[Instruction], signers: &[S]) -> Result<Signature, ChainError> {
        let payer = signers.first().ok_or_else(|| ChainError::Signing("no fee payer".to_owned()))?.pubkey();
        self.send_signed(|blockhash, _| async move {
            let mut transaction =
                Transaction::new_unsigned(Message::new_with_blockhash(instructions, Some(&payer), &blockhash));
            transaction.try_sign(signers, blockhash).map_err(|error| ChainError::Signing(error.to_string()))?;
            Ok(transaction)
        })
        .await
    }

    /// Sends what `sign` makes of a blockhash, and waits until it is confirmed. The same bytes are sent again and again,
    /// to every server, until they are confirmed or have expired; then `sign` is asked for others, with the count of
    /// those before. What was signed before can never land beside them.
    pub async fn send_signed<F, Fut, T>(&self, sign: F) -> Result<Signature, ChainError>
    where
        F: Fn(Hash, u32) -> Fut,
        Fut: Future<Output = Result<T, ChainError>>,
        T: Into<VersionedTransaction>,
    {
        let started = Instant::now();
        let mut last = Signature::default();
        for signing in 0..MAX_SIGNINGS {
            let (blockhash, valid_until) = self.latest_blockhash().await?;
            let transaction = sign(blockhash, signing).await?.into();
            last = transaction.signatures.first().copied().unwrap_or_default();
            match self.until_known(&transaction, last, valid_until).await? {
                Fate::Confirmed => return Ok(last),
                Fate::Expired => {}
                Fate::Unknown => break,
            }
        }
        Err(ChainError::NotConfirmed { signature: last, seconds: started.elapsed().as_secs() })
    }

    /// Sends a transaction that others have signed too, so that it cannot be signed anew, and waits until it is confirmed.
    pub async fn send_as_signed(&self, transaction: &VersionedTransaction) -> Result<Signature, ChainError> {
        let started = Instant::now();
        // Its blockhash is no newer than this one, so it has expired when this one has.
        let (_, valid_until) = self.latest_blockhash().await?;
        let signature = transaction.signatures.first().copied().unwrap_or_default();
        match self.until_known(transaction, signature, valid_until).await? {
            Fate::Confirmed => Ok(signature),
            Fate::Expired | Fate::Unknown => {
                Err(ChainError::NotConfirmed { signature, seconds: started.elapsed().as_secs() })
            }
        }
    }

    async fn until_known(
        &self,
        transaction: &VersionedTransaction,
        signature: Signature,
        valid_until: u64,
    ) -> Result<Fate, ChainError> {
        let started = Instant::now();
        match self.submit(transaction).await {
            Ok(_) => reached("transaction.sent"),
            // The server is behind the one that gave the blockhash, or the blockhash is old: another one helps.
            Err(ChainError::Transaction { error: TransactionError::BlockhashNotFound, .. }) => {
                tokio::time::sleep(MAX_PAUSE.min(CONFIRM_POLL * 20)).await;
                return Ok(Fate::Expired);
            }
            Err(ChainError::Transaction { error: TransactionError::AlreadyProcessed, .. }) => {}
            // It may have been taken in all the same.
            Err(error) if error.is_transient() => {}
            // A copy that landed before this one was looked at is refused as done already, in whatever words.
            Err(ChainError::Rpc { .. }) if self.becomes_known(signature).await => {}
            Err(error) if !self.is_known(signature).await => return Err(error),
            Err(_) => {}
        }
        let (mut last_sent, mut pause) = (Instant::now(), CONFIRM_POLL);
        while started.elapsed() < CONFIRM_TIMEOUT {
            // The height is read before the status: if it is past the end, no later block can hold the transaction.
            let height = if last_sent.elapsed() >= RESEND_EVERY { self.block_height().await.ok() } else { None };
            match self.is_confirmed(signature, height.is_some()).await {
                Ok(true) => return Ok(Fate::Confirmed),
                Ok(false) if height.is_some_and(|height| height > valid_until) => return Ok(Fate::Expired),
                Ok(false) => pause = CONFIRM_POLL,
                Err(error) if error.is_transient() => pause = (pause * 2).min(MAX_PAUSE),
                Err(error) => return Err(error),
            }
            if last_sent.elapsed() >= RESEND_EVERY {
                self.submit_to_all(transaction).await;
                last_sent = Instant::now();
            }
            tokio::time::sleep(pause).await;
        }
        Ok(Fate::Unknown)
    }

    /// Is the transaction known within a moment? A server that got it twice may refuse the second before it tells of the
    /// first.
    async fn becomes_known(&self, signature: Signature) -> bool {
        for _ in 0..KNOWN_LOOKS {
            if self.is_known(signature).await {
                return true;
            }
            tokio::time::sleep(CONFIRM_POLL).await;
        }
        false
    }

    /// Has the transaction done what it should in a block, however new?
    async fn is_known(&self, signature: Signature) -> bool {
        let statuses = self.pool.ask(|rpc| async move { rpc.get_signature_statuses(&[signature]).await }).await;
        let status = statuses.ok().and_then(|answer| answer.value.into_iter().next().flatten());
        status.is_some_and(|status| status.err.is_none())
    }

    /// Has the transaction reached the commitment? An error if it failed. `thoroughly`: in the whole history.
    async fn is_confirmed(&self, signature: Signature, thoroughly: bool) -> Result<bool, ChainError> {
        let statuses = self.pool.ask(|rpc| async move {
            match thoroughly {
                true => rpc.get_signature_statuses_with_history(&[signature]).await,
                false => rpc.get_signature_statuses(&[signature]).await,
            }
        });
        let status = statuses.await?.value.into_iter().next().flatten();
        match status {
            Some(status) => match status.err.clone() {
                Some(error) => Err(ChainError::failed(error, Vec::new())),
                None => Ok(status.satisfies_commitment(self.commitment)),
            },
            None => Ok(false),
        }
    }

    /// The newest blockhash, and the last block height at which a transaction with it can land.
    pub async fn latest_blockhash(&self) -> Result<(Hash, u64), ChainError> {
        let commitment = self.commitment;
        self.pool.ask(|rpc| async move { rpc.get_latest_blockhash_with_commitment(commitment).await }).await
    }

    /// Do blocks take transactions with this blockhash still?
    pub async fn is_blockhash_valid(&self, blockhash: &Hash) -> Result<bool, ChainError> {
        let commitment = self.commitment;
        self.pool.ask(|rpc| async move { rpc.is_blockhash_valid(blockhash, commitment).await }).await
    }

    pub(super) async fn block_height(&self) -> Result<u64, ChainError> {
        let commitment = self.commitment;
        self.pool.ask(|rpc| async move { rpc.get_block_height_with_commitment(commitment).await }).await
    }

    async fn submit(&self, transaction: &VersionedTransaction) -> Result<Signature, ChainError> {
        let config =
            RpcSendTransactionConfig { preflight_commitment: Some(self.commitment.commitment), ..Default::default() };
        self.pool.ask(|rpc| async move { rpc.send_transaction_with_config(transaction, config).await }).await
    }

    /// The first one went through preflight; a copy that is refused now changes nothing.
    pub(super) async fn submit_to_all(&self, transaction: &VersionedTransaction) {
        let config = RpcSendTransactionConfig { skip_preflight: true, ..Default::default() };
        let copy = |rpc: std::sync::Arc<solana_rpc_client::nonblocking::rpc_client::RpcClient>| {
            let transaction = transaction.clone();
            async move { rpc.send_transaction_with_config(&transaction, config).await.map(|_| ()) }
        };
        self.pool.tell_all(copy).await;
    }

    /// Compute units that these instructions would take now, paid for by `payer`; nobody signs. What they would fail with
    /// is an error.
    pub async fn simulate(&self, instructions: &[Instruction], payer: &Address) -> Result<u64, ChainError> {
        self.simulate_units(&Message::new(instructions, Some(payer))).await
    }

    /// Compute units that a message would take now; its signatures are not looked at. What it would fail with is an
    /// error.
    pub async fn simulate_units(&self, message: &Message) -> Result<u64, ChainError> {
        self.simulate_transaction(&Transaction::new_unsigned(message.clone()).into(), false).await
    }

    /// The same for a message of any version.
    pub async fn simulate_message(&self, message: VersionedMessage) -> Result<u64, ChainError> {
        let signatures = vec![Signature::default(); usize::from(message.header().num_required_signatures)];
        self.simulate_transaction(&VersionedTransaction { signatures, message }, false).await
    }

    /// Compute units that a transaction would take now, just as it is: signatures and blockhash are looked at too.
    pub async fn simulate_as_signed(&self, transaction: &VersionedTransaction) -> Result<u64, ChainError> {
        self.simulate_transaction(transaction, true).await
    }

    async fn simulate_transaction(
        &self,
        transaction: &VersionedTransaction,
        as_signed: bool,
    ) -> Result<u64, ChainError> {
        let config = RpcSimulateTransactionConfig {
            sig_verify: as_signed,
            replace_recent_blockhash: !as_signed,
            commitment: Some(self.commitment),
            ..Default::default()
        };
        let answer = self.pool.ask(|rpc| {
            let config = config.clone();
            async move { rpc.simulate_transaction_with_config(transaction, config).await }
        });
        let simulated = answer.await?.value;
        match simulated.err {
            Some(error) => Err(ChainError::failed(error.into(), simulated.logs.unwrap_or_default())),
            None => Ok(simulated.units_consumed.unwrap_or(0)),
        }
    }

    /// Prices that landed in each of the last blocks for transactions that write to one of `accounts`, in
    /// micro-lamports a compute unit.
    pub async fn recent_priority_fees(&self, accounts: &[Address]) -> Result<Vec<u64>, ChainError> {
        let fees = self.pool.ask(|rpc| async move { rpc.get_recent_prioritization_fees(accounts).await }).await?;
        Ok(fees.into_iter().map(|fee| fee.prioritization_fee).collect())
    }
}
