//! From verdicts and the log's words to the outcome of each attestation.

use trellis_core::{Calendar, DeviceKey, Epoch, receipt::Receipt};
use trellis_epoch::{
    Snapshot,
    admission::{self, AttestationId},
    reason::{Reason, Refusal},
};

use super::{Outcome, judge::Refused};
use crate::{
    limits::{DeviceLimit, Rate},
    log::{Appended, NewRecord},
};

/// What is remembered of a record while the log has it.
struct Pending {
    /// Its place among the attestations of the request.
    place: usize,
    device: DeviceKey,
    sequence: u64,
    /// The epochs that could take it.
    epoch: Epoch,
    latest_epoch: Epoch,
    id: AttestationId,
}

/// The outcomes of a request's attestations, as they come to be known.
pub struct Outcomes<'a> {
    network: [u8; 32],
    calendar: Calendar,
    devices: &'a DeviceLimit,
    /// What nothing is known of is to be sent again.
    all: Vec<Outcome>,
    pending: Vec<Pending>,
}

impl<'a> Outcomes<'a> {
    /// Also gives what is to be stored: what was judged good, of devices that are within their limit.
    pub fn of_judged(
        snapshot: &Snapshot,
        judged: Vec<Result<NewRecord, Refused>>,
        devices: &'a DeviceLimit,
    ) -> (Self, Vec<NewRecord>) {
        let mut outcomes = Self {
            network: snapshot.network,
            calendar: snapshot.calendar(),
            devices,
            all: Vec::with_capacity(judged.len()),
            pending: Vec::with_capacity(judged.len()),
        };
        let mut records = Vec::with_capacity(judged.len());
        let mut limit = devices.lock();
        for (place, judged) in judged.into_iter().enumerate() {
            outcomes.all.push(match judged {
                Err((id, refusal)) => Outcome::Refused { id, refusal, receipt: None },
                Ok(record) => match limit.take(&record.device) {
                    Err(after_seconds) => Outcome::Retry { id: record.id, after_seconds },
                    Ok(()) => {
                        let NewRecord { device, sequence, epoch, latest_epoch, id, .. } = record;
                        outcomes.pending.push(Pending { place, device, sequence, epoch, latest_epoch, id });
                        records.push(record);
                        Outcome::Retry { id, after_seconds: Rate::SOON_SECONDS }
                    }
                },
            });
        }
        drop(limit);
        (outcomes, records)
    }

    /// Nothing was acknowledged: what is sent again is charged then.
    pub fn give_back(&self) {
        let mut limit = self.devices.lock();
        self.pending.iter().for_each(|pending| limit.give_back(&pending.device));
    }

    /// All outcomes, with the log's word on each record that it was given, in order.
    pub fn with_stored(mut self, appended: Vec<Appended>) -> Vec<Outcome> {
        let mut limit = self.devices.lock();
        for (pending, appended) in self.pending.iter().zip(appended) {
            if matches!(appended, Appended::AlreadyStored { .. }) {
                // Anybody who has seen an attestation can send it again: that must not use up the device's allowance.
                limit.give_back(&pending.device);
            }
            if let Some(outcome) = self.all.get_mut(pending.place) {
                *outcome = pending.outcome(self.network, &self.calendar, appended);
            }
        }
        drop(limit);
        self.all
    }
}

impl Pending {
    fn outcome(&self, network: [u8; 32], calendar: &Calendar, appended: Appended) -> Outcome {
        let receipt = |epoch, position, received_unix| Receipt {
            network,
            attestation_id: self.id,
            epoch,
            position,
            received_unix,
        };
        match appended {
            Appended::Stored { epoch, position, received_unix } => {
                Outcome::Accepted(receipt(epoch, position, received_unix))
            }
            Appended::AlreadyStored { epoch, position, received_unix } => {
                let detail = format!("sequence {} was taken in before; its receipt is enclosed", self.sequence);
                let receipt = receipt(epoch, position, received_unix);
                self.refused(Reason::ReplayedSequence, detail, Some(receipt))
            }
            Appended::SequenceTaken => {
                let detail = format!("sequence {} was used for another attestation", self.sequence);
                self.refused(Reason::ReplayedSequence, detail, None)
            }
            Appended::EpochClosed => {
                let refusal = admission::too_late(self.epoch, self.latest_epoch, calendar);
                Outcome::Refused { id: Some(self.id), refusal, receipt: None }
            }
        }
    }

    fn refused(&self, reason: Reason, detail: String, receipt: Option<Receipt>) -> Outcome {
        Outcome::Refused { id: Some(self.id), refusal: Refusal::new(reason, detail), receipt }
    }
}
