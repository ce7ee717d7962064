//! Judges attestations each on its own, many at once.

use trellis_core::attestation::SignedAttestation;
use trellis_epoch::{
    Policy, Snapshot,
    admission::{self, AttestationId},
    reason::Refusal,
    signatures::{self, Item},
    snapshot::Device,
};

use crate::log::NewRecord;

/// How far a device's clock may be ahead of the oracle's: the chain's clock lags by a few seconds.
const FUTURE_TOLERANCE_SECONDS: i64 = 30;

/// Whether devices' signatures are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signatures {
    Verified,
    /// Every signature counts as good: to measure all the rest by itself, and for nothing else.
    Trusted,
}

/// What an attestation is refused for, with its id if the bytes are one.
pub type Refused = (Option<AttestationId>, Refusal);

/// An attestation that was decoded, and what the registry says of its device.
struct Decoded<'a> {
    signed: SignedAttestation,
    device: Option<&'a Device>,
    verified: bool,
}

/// The verdict on each of `wires`, in order: that of [`admission::admit`], with all signatures verified together.
pub fn judge(
    wires: Vec<Vec<u8>>,
    signatures: Signatures,
    snapshot: &Snapshot,
    policy: &Policy,
    now_unix: i64,
) -> Vec<Result<NewRecord, Refused>> {
    let decode = |wire: &Vec<u8>| -> Result<Decoded, Refusal> {
        let signed = admission::decode(wire)?;
        let device = snapshot.device(&signed.attestation.device);
        Ok(Decoded { signed, device, verified: signatures == Signatures::Trusted })
    };
    let mut decoded: Vec<Result<Decoded, Refusal>> = wires.iter().map(decode).collect();
    if signatures == Signatures::Verified {
        verify(&mut decoded, &wires, snapshot);
    }
    let one = |(wire, decoded)| record(wire, decoded, snapshot, policy, now_unix);
    wires.into_iter().zip(decoded).map(one).collect()
}

/// Verifies the signatures that a verdict depends on: a stranger's work is refused without looking at its signature.
fn verify(decoded: &mut [Result<Decoded, Refusal>], wires: &[Vec<u8>], snapshot: &Snapshot) {
    let of_network = |one: &Decoded| one.device.is_some() && one.signed.attestation.network == snapshot.network;
    let mut worth: Vec<&mut Decoded> = Vec::with_capacity(decoded.len());
    let mut items = Vec::with_capacity(decoded.len());
    for (one, wire) in decoded.iter_mut().zip(wires) {
        if let Ok(one) = one
            && of_network(one)
        {
            items.push(Item::of_wire(&one.signed, wire));
            worth.push(one);
        }
    }
    let verdicts = signatures::verify_all(&items, 1);
    worth.into_iter().zip(verdicts).for_each(|(one, verdict)| one.verified = verdict);
}

fn record(
    wire: Vec<u8>,
    decoded: Result<Decoded, Refusal>,
    snapshot: &Snapshot,
    policy: &Policy,
    now_unix: i64,
) -> Result<NewRecord, Refused> {
    let Decoded { signed, device, verified } = decoded.map_err(|refusal| (None, refusal))?;
    let id = admission::wire_id(&wire);
    let refused = |refusal| (Some(id), refusal);
    let admitted = admission::admit_found(signed, id, verified, device, snapshot, policy).map_err(refused)?;
    let latest_end = now_unix.saturating_add(FUTURE_TOLERANCE_SECONDS);
    admission::require_past(&admitted.signed, latest_end).map_err(refused)?;
    let attestation = &admitted.signed.attestation;
    Ok(NewRecord {
        device: attestation.device,
        sequence: attestation.sequence,
        epoch: admitted.epoch,
        latest_epoch: admitted.latest_epoch,
        id,
        received_unix: now_unix,
        wire,
    })
}
