//! Many transactions at once, each of which is waited for.

use std::time::{Duration, Instant};

use solana_rpc_client_api::config::RpcSendTransactionConfig;
use solana_signature::Signature;
use solana_transaction::versioned::VersionedTransaction;
use tokio::task::JoinSet;

use super::{Chain, ChainError};

/// Most signatures that an RPC server is asked after at a time.
const MOST_SIGNATURES: usize = 256;
/// How often they are asked after, and sent again: leaders drop transactions.
const POLL: Duration = Duration::from_millis(50);
const RESEND_EVERY: Duration = Duration::from_secs(2);
/// Longest wait where the chain's height cannot be read, which tells that they have expired.
const TIMEOUT: Duration = Duration::from_secs(120);
/// How many are on their way to a server at a time.
const PARALLEL: usize = 16;

/// What became of a transaction.
#[derive(Debug)]
pub enum Settled {
    Confirmed,
    Failed(ChainError),
    /// No block can hold it any more, as far as is known: look at the chain before doing it again.
    Expired,
}

impl Chain {
    /// Sends transactions whose blockhash lives up to block height `valid_until`, and waits until it is known what
    /// became of each. They are not simulated. `told` hears of each, by its place, as soon as it is known.
    pub async fn settle(
        &self,
        transactions: &[VersionedTransaction],
        valid_until: u64,
        mut told: impl FnMut(usize, &Settled),
    ) -> Result<Vec<Settled>, ChainError> {
        let mut settled: Vec<Option<Settled>> = transactions.iter().map(|_| None).collect();
        let (started, mut last_sent) = (Instant::now(), None::<Instant>);
        loop {
            let open: Vec<usize> = (0..transactions.len()).filter(|place| settled[*place].is_none()).collect();
            if open.is_empty() {
                return Ok(settled.into_iter().flatten().collect());
            }
            let is_due = last_sent.is_none_or(|at| at.elapsed() >= RESEND_EVERY);
            // The height is read before the statuses: if it is past the end, no later block can hold them.
            let height = if is_due && last_sent.is_some() { self.block_height().await.ok() } else { None };
            if last_sent.is_some() {
                for (place, outcome) in self.look(transactions, &open, height.is_some()).await {
                    told(place, &outcome);
                    settled[place] = Some(outcome);
                }
            }
            let has_expired = height.is_some_and(|height| height > valid_until) || started.elapsed() > TIMEOUT;
            let open = open.into_iter().filter(|place| settled[*place].is_none());
            if has_expired {
                for place in open.collect::<Vec<_>>() {
                    told(place, &Settled::Expired);
                    settled[place] = Some(Settled::Expired);
                }
            } else if is_due {
                self.submit_each(open.map(|place| transactions[place].clone()).collect()).await;
                last_sent = Some(Instant::now());
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Those of the `open` transactions whose fate is known. What a server fails to answer is asked again later.
    async fn look(
        &self,
        transactions: &[VersionedTransaction],
        open: &[usize],
        thoroughly: bool,
    ) -> Vec<(usize, Settled)> {
        let mut known = Vec::new();
        for part in open.chunks(MOST_SIGNATURES) {
            let signatures: Vec<Signature> =
                part.iter().map(|place| transactions[*place].signatures.first().copied().unwrap_or_default()).collect();
            let signatures = &signatures;
            let answer = self.pool.ask(|rpc| async move {
                match thoroughly {
                    true => rpc.get_signature_statuses_with_history(signatures).await,
                    false => rpc.get_signature_statuses(signatures).await,
                }
            });
            let Ok(answer) = answer.await else { continue };
            for (place, status) in part.iter().zip(answer.value) {
                match status {
                    Some(status) if status.err.is_some() => {
                        let error = status.err.map(|error| ChainError::failed(error, Vec::new()));
                        known.extend(error.map(|error| (*place, Settled::Failed(error))));
                    }
                    Some(status) if status.satisfies_commitment(self.commitment) => {
                        known.push((*place, Settled::Confirmed));
                    }
                    _ => {}
                }
            }
        }
        known
    }

    /// What a server does not take is sent again later.
    async fn submit_each(&self, transactions: Vec<VersionedTransaction>) {
        let config = RpcSendTransactionConfig {
            skip_preflight: true,
            preflight_commitment: Some(self.commitment.commitment),
            ..Default::default()
        };
        let mut running = JoinSet::new();
        for transaction in transactions {
            if running.len() >= PARALLEL {
                running.join_next().await;
            }
            let chain = self.clone();
            running.spawn(async move {
                let transaction = &transaction;
                let sent =
                    chain.pool.ask(|rpc| async move { rpc.send_transaction_with_config(transaction, config).await });
                sent.await.is_ok()
            });
        }
        while running.join_next().await.is_some() {}
    }
}
