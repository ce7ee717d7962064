//! Takes attestations in: admission, log, receipt. Answers only after the log is on the disk.

mod answer;
mod taken;

pub use answer::Answer;
pub use taken::{Outcome, Taken};

use std::sync::Arc;

use trellis_core::receipt::Receipt;
use trellis_epoch::{
    Policy, Snapshot,
    admission::{self, AttestationId},
    reason::{Reason, Refusal},
};

use crate::{
    chain_view::SnapshotCell,
    clock::Clock,
    key::OracleKey,
    log::{AppendError, Appended, Appender, NewRecord},
};

/// How far a device's clock may be ahead of the oracle's: the chain's clock lags by a few seconds.
const FUTURE_TOLERANCE_SECONDS: i64 = 30;

/// Everything that ingest needs; clones share it.
#[derive(Clone)]
pub struct Ingest {
    pub snapshot: SnapshotCell,
    pub policy: Arc<Policy>,
    pub clock: Clock,
    pub appender: Appender,
    pub key: Arc<OracleKey>,
}

impl Ingest {
    /// Judges each of `wires` on its own and stores the good ones. One outcome for each, in order.
    ///
    /// An error means that nothing was acknowledged; sending the same again is safe.
    pub async fn take(&self, wires: Vec<Vec<u8>>) -> Result<Taken, AppendError> {
        let (snapshot, policy) = (self.snapshot.get(), Arc::clone(&self.policy));
        let now_unix = self.clock.now_unix();
        let judged = tokio::task::spawn_blocking(move || {
            wires.into_iter().map(|wire| admit(wire, &snapshot, &policy, now_unix)).collect::<Vec<_>>()
        });
        let judged = judged.await.map_err(|_| AppendError::Stopping)?;

        let good: Vec<NewRecord> = judged.iter().filter_map(|one| one.as_ref().ok().cloned()).collect();
        let mut stored = match good.is_empty() {
            true => Vec::new(),
            false => self.appender.append(good).await?,
        }
        .into_iter();
        let network = self.snapshot.get().network;
        let outcomes = judged.into_iter().map(|one| match one {
            Err((id, refusal)) => Outcome::Refused { id, refusal, receipt: None },
            Ok(record) => match stored.next() {
                Some(appended) => outcome(network, &record, appended),
                // The log answers once for each record; were it ever not so, nothing is claimed to be stored.
                None => refused(&record, Reason::Malformed, "not stored".to_owned(), None),
            },
        });
        Taken::sign(outcomes.collect(), &self.key).map_err(|error| AppendError::NoReceipt(error.to_string()))
    }
}

/// What the log's word on `record` means to its sender.
fn outcome(network: [u8; 32], record: &NewRecord, appended: Appended) -> Outcome {
    let receipt = |position, received_unix| Receipt {
        network,
        attestation_id: record.id,
        epoch: record.epoch,
        position,
        received_unix,
    };
    match appended {
        Appended::Stored { position, received_unix } => Outcome::Accepted(receipt(position, received_unix)),
        Appended::AlreadyStored { position, received_unix } => {
            let detail = format!("sequence {} was taken in before; its receipt is enclosed", record.sequence);
            refused(record, Reason::ReplayedSequence, detail, Some(receipt(position, received_unix)))
        }
        Appended::SequenceTaken => {
            let detail = format!("sequence {} was used for another attestation", record.sequence);
            refused(record, Reason::ReplayedSequence, detail, None)
        }
        Appended::EpochClosed => {
            let detail = format!("epoch {} takes no more attestations", record.epoch);
            refused(record, Reason::OutsideTimeWindow, detail, None)
        }
    }
}

fn refused(record: &NewRecord, reason: Reason, detail: String, receipt: Option<Receipt>) -> Outcome {
    Outcome::Refused { id: Some(record.id), refusal: Refusal::new(reason, detail), receipt }
}

fn admit(
    wire: Vec<u8>,
    snapshot: &Snapshot,
    policy: &Policy,
    now_unix: i64,
) -> Result<NewRecord, (Option<AttestationId>, Refusal)> {
    let signed = admission::decode(&wire).map_err(|refusal| (None, refusal))?;
    let id = admission::attestation_id(&signed);
    let admitted = admission::admit(signed, snapshot, policy).map_err(|refusal| (Some(id), refusal))?;
    let latest_end = now_unix.saturating_add(FUTURE_TOLERANCE_SECONDS);
    admission::require_past(&admitted.signed, latest_end).map_err(|refusal| (Some(id), refusal))?;
    let attestation = &admitted.signed.attestation;
    Ok(NewRecord {
        device: attestation.device,
        sequence: attestation.sequence,
        epoch: admitted.epoch,
        id,
        received_unix: now_unix,
        wire,
    })
}
