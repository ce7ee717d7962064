//! The checks that an attestation passes or fails on its own: by its bytes, its signature and the registry, whatever
//! else has arrived. Ingest makes them before it acknowledges; verification makes them again.

pub use trellis_core::attestation::{AttestationId, wire_id};
use trellis_core::{
    Calendar, Epoch,
    attestation::{Attestation, SignedAttestation, WorkKind},
};

use crate::{
    encoding::{base58, moment},
    energy,
    policy::Policy,
    reason::{Reason, Refusal},
    signatures,
    snapshot::{Class, Device, Snapshot},
};

pub fn attestation_id(signed: &SignedAttestation) -> AttestationId {
    signed.attestation.id()
}

/// An attestation that stands on its own, with what the registry says of its device.
#[derive(Clone, Debug)]
pub struct Admitted<'a> {
    pub signed: SignedAttestation,
    pub id: AttestationId,
    /// The epoch that its interval lies in.
    pub epoch: Epoch,
    /// The last epoch that may still take it, once its own is closed.
    pub latest_epoch: Epoch,
    pub device: &'a Device,
    pub class: &'a Class,
}

/// Decodes `wire`, refusing what is no attestation.
pub fn decode(wire: &[u8]) -> Result<SignedAttestation, Refusal> {
    SignedAttestation::from_bytes(wire).map_err(|error| Refusal::new(Reason::Malformed, error.to_string()))
}

/// All checks that depend on neither time of arrival nor other attestations.
pub fn admit<'a>(signed: SignedAttestation, snapshot: &'a Snapshot, policy: &Policy) -> Result<Admitted<'a>, Refusal> {
    let verified = signatures::verify(&(&signed).into());
    admit_verified(signed, verified, snapshot, policy)
}

/// [`admit`], with the signature's verdict by [`signatures::verify_all`]: for many attestations at once.
pub fn admit_verified<'a>(
    signed: SignedAttestation,
    verified: bool,
    snapshot: &'a Snapshot,
    policy: &Policy,
) -> Result<Admitted<'a>, Refusal> {
    let device = snapshot.device(&signed.attestation.device);
    let id = attestation_id(&signed);
    admit_found(signed, id, verified, device, snapshot, policy)
}

/// [`admit_verified`], with the attestation's id and the registry's entry of its device at hand.
pub fn admit_found<'a>(
    signed: SignedAttestation,
    id: AttestationId,
    verified: bool,
    device: Option<&'a Device>,
    snapshot: &'a Snapshot,
    policy: &Policy,
) -> Result<Admitted<'a>, Refusal> {
    let (window, device, class) = check(&signed.attestation, verified, device, snapshot, policy)?;
    Ok(Admitted { signed, id, epoch: window.own, latest_epoch: window.latest, device, class })
}

/// The epochs that may take an interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    /// The one that it lies in.
    pub own: Epoch,
    /// The last one that takes it late.
    pub latest: Epoch,
}

impl Window {
    /// Errors unless `epoch` is one of them.
    pub fn check(&self, epoch: Epoch, calendar: &Calendar) -> Result<(), Refusal> {
        if epoch < self.own {
            let detail = format!("the interval lies in epoch {}, not in {epoch}", self.own);
            return Err(Refusal::new(Reason::OutsideTimeWindow, detail));
        }
        if epoch > self.latest {
            return Err(too_late(self.own, self.latest, calendar));
        }
        Ok(())
    }
}

/// What is said of an attestation of epoch `own` when the last epoch that could take it, `latest`, takes no more.
pub fn too_late(own: Epoch, latest: Epoch, calendar: &Calendar) -> Refusal {
    let end = calendar.end_of(latest).map_or_else(|| "a time too far to say".to_owned(), moment);
    let detail = format!(
        "the interval lies in epoch {own}; the last epoch that could take it was {latest}, which ended at {end} and takes no \
         more attestations"
    );
    Refusal::new(Reason::OutsideTimeWindow, detail)
}

/// The checks themselves, with the registry's entry of the attestation's device.
pub(crate) fn check<'a>(
    attestation: &Attestation,
    verified: bool,
    device: Option<&'a Device>,
    snapshot: &'a Snapshot,
    policy: &Policy,
) -> Result<(Window, &'a Device, &'a Class), Refusal> {
    if attestation.network != snapshot.network {
        let (theirs, ours) = (base58::encode(&attestation.network), base58::encode(&snapshot.network));
        return Err(Refusal::new(Reason::WrongNetwork, format!("signed for network {theirs}, this one is {ours}")));
    }
    let key = || base58::encode(attestation.device.bytes());
    let device = device.ok_or_else(|| {
        Refusal::new(Reason::UnknownDevice, format!("device {} is not registered in this network", key()))
    })?;
    // The snapshot was validated, so the class is there; a refusal, not a panic, if it was not.
    let class = snapshot.class(device.class_index).ok_or_else(|| {
        Refusal::new(Reason::UnknownDevice, format!("class {} of device {} is unknown", device.class_index, key()))
    })?;
    if !verified || signatures::is_small_order(&attestation.device) {
        let detail = format!("the signature is not that of device {}", key());
        return Err(Refusal::new(Reason::BadSignature, detail));
    }
    if device.suspended {
        return Err(Refusal::new(Reason::SuspendedDevice, format!("device {} is suspended", key())));
    }
    if attestation.interval_start_unix < device.registered_unix {
        let (start, since) = (attestation.interval_start_unix, device.registered_unix);
        let detail =
            format!("the interval starts at {}, the device was registered at {}", moment(start), moment(since));
        return Err(Refusal::new(Reason::OutsideTimeWindow, detail));
    }
    let calendar = snapshot.calendar();
    let own = calendar.epoch_at(attestation.interval_start_unix).ok_or_else(|| {
        let start = attestation.interval_start_unix;
        let detail = format!("the interval starts at {start}, before the network's genesis {}", snapshot.genesis_unix);
        Refusal::new(Reason::OutsideTimeWindow, detail)
    })?;
    if attestation.work_kind as u8 != class.work_kind {
        let detail = format!("work kind {:?} is not that of the device's class {}", attestation.work_kind, class.index);
        return Err(Refusal::new(Reason::WrongWorkKind, detail));
    }
    match attestation.work_kind {
        WorkKind::Energy => energy::check_reading(attestation, class, &policy.energy)?,
    };
    let end_unix = require_end(attestation)?;
    Ok((Window { own, latest: policy.latest_epoch(&calendar, own, end_unix) }, device, class))
}

/// The second after the interval.
pub(crate) fn require_end(attestation: &Attestation) -> Result<i64, Refusal> {
    attestation.interval_end_unix().ok_or_else(|| {
        let start = attestation.interval_start_unix;
        Refusal::new(Reason::Malformed, format!("an interval from {start} ends past the largest time"))
    })
}

/// The interval must end no later than `latest_end_unix`.
pub fn require_past(signed: &SignedAttestation, latest_end_unix: i64) -> Result<(), Refusal> {
    let end = require_end(&signed.attestation)?;
    if end > latest_end_unix {
        return Err(Refusal::new(
            Reason::FutureInterval,
            format!("the interval ends at {end}; intervals are taken until {latest_end_unix} now"),
        ));
    }
    Ok(())
}
