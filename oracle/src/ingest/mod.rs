//! Takes attestations in: admission, log, receipt. Answers only after the log is on the disk.

mod answer;

pub use answer::{Answer, ReceiptJson};

use std::sync::Arc;

use trellis_core::receipt::Receipt;
use trellis_epoch::{
    Policy, Snapshot,
    admission::{self, AttestationId},
    reason::{Reason, Refusal},
};
use trellis_fail_point::reached;

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
    /// Judges each of `wires` on its own and stores the good ones. One answer for each, in order.
    ///
    /// An error means that nothing was acknowledged; sending the same again is safe.
    pub async fn take(&self, wires: Vec<Vec<u8>>) -> Result<Vec<Answer>, AppendError> {
        let (snapshot, policy) = (self.snapshot.get(), Arc::clone(&self.policy));
        let now_unix = self.clock.now_unix();
        let judged = tokio::task::spawn_blocking(move || {
            wires.into_iter().map(|wire| admit(wire, &snapshot, &policy, now_unix)).collect::<Vec<_>>()
        });
        let judged = judged.await.map_err(|_| AppendError::Stopping)?;

        let good: Vec<NewRecord> = judged.iter().filter_map(|one| one.as_ref().ok().cloned()).collect();
        reached("ingest.admitted");
        let mut stored = match good.is_empty() {
            true => Vec::new(),
            false => self.appender.append(good).await?,
        }
        .into_iter();
        reached("ingest.stored");
        let network = self.snapshot.get().network;
        let answers = judged.into_iter().map(|one| match one {
            Err((id, refusal)) => Ok(Answer::refused(id, &refusal, None)),
            Ok(record) => match stored.next() {
                Some(appended) => self.answer(network, &record, appended),
                // The log answers once for each record; were it ever not so, nothing is claimed to be stored.
                None => Ok(Answer::refused(Some(record.id), &Refusal::new(Reason::Malformed, "not stored"), None)),
            },
        });
        let answers = answers.collect();
        reached("ingest.signed");
        answers
    }

    fn answer(&self, network: [u8; 32], record: &NewRecord, appended: Appended) -> Result<Answer, AppendError> {
        Ok(match appended {
            Appended::Stored { position, received_unix } => {
                Answer::accepted(record.id, self.receipt(network, record.id, position, received_unix)?)
            }
            Appended::AlreadyStored { position, received_unix } => {
                let detail = format!("sequence {} was taken in before; its receipt is enclosed", record.sequence);
                let receipt = self.receipt(network, record.id, position, received_unix)?;
                Answer::refused(Some(record.id), &Refusal::new(Reason::ReplayedSequence, detail), Some(receipt))
            }
            Appended::SequenceTaken => {
                let detail = format!("sequence {} was used for another attestation", record.sequence);
                Answer::refused(Some(record.id), &Refusal::new(Reason::ReplayedSequence, detail), None)
            }
            Appended::EpochClosed => {
                let detail = format!("epoch {} takes no more attestations", record.epoch);
                Answer::refused(Some(record.id), &Refusal::new(Reason::OutsideTimeWindow, detail), None)
            }
        })
    }

    fn receipt(
        &self,
        network: [u8; 32],
        id: AttestationId,
        position: u64,
        received_unix: i64,
    ) -> Result<ReceiptJson, AppendError> {
        let receipt = Receipt { network, attestation_id: id, position, received_unix };
        let signed = self.key.sign_receipt(&receipt);
        let signature = signed.map_err(|error| AppendError::NoReceipt(error.to_string()))?;
        Ok(ReceiptJson::new(&receipt, self.key.address().to_bytes(), signature))
    }
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
