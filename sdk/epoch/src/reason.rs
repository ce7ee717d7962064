//! Why an attestation is refused, or a device earns nothing. Names and numbers are part of the API and of every bundle:
//! append only.

use serde::{Deserialize, Serialize};

/// A refusal's reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u16)]
pub enum Reason {
    /// Not the canonical bytes of an attestation, or a payload that its work kind does not know.
    Malformed = 1,
    /// Signed for another network.
    WrongNetwork = 2,
    /// No such device is registered in the network.
    UnknownDevice = 3,
    /// The device is suspended.
    SuspendedDevice = 4,
    /// The signature is not the device's over these bytes.
    BadSignature = 5,
    /// The device has used this sequence number before.
    ReplayedSequence = 6,
    /// The interval's epoch is closed, or it starts before the network's genesis or the device's registration.
    OutsideTimeWindow = 7,
    /// The interval has not ended yet.
    FutureInterval = 8,
    /// The device's class does other work.
    WrongWorkKind = 9,
    // 10 was `unsupported_key_kind`, and is not used again.
    /// Energy: the interval does not start at a multiple of the policy's length, or has another length.
    MisalignedInterval = 20,
    /// Energy: more than rated power × time × tolerance.
    AboveRatedPower = 21,
    /// Energy: the counter is lower than it was.
    CounterFell = 22,
    /// Energy: the counter did not rise by exactly the interval's energy, or by less than it after a gap.
    CounterMismatch = 23,
    /// Energy: the interval overlaps one that was accepted.
    OverlappingInterval = 24,
    /// A finding: the key signed two readings for one interval.
    ClonedKey = 30,
    /// A finding: the place is too far from the last one for the time between them.
    ImpossibleMovement = 31,
    /// A finding: the place is too far from where the device is registered.
    FarFromRegisteredPlace = 32,
    /// A finding about a device's epoch: its class has enough devices in its cell that came before it.
    CrowdedCell = 33,
    /// A finding about a device's epoch: another device, registered before it, has the same series of energies.
    CopiedSeries = 34,
}

impl Reason {
    /// All reasons, in order of their numbers.
    pub const ALL: [Self; 19] = [
        Self::Malformed,
        Self::WrongNetwork,
        Self::UnknownDevice,
        Self::SuspendedDevice,
        Self::BadSignature,
        Self::ReplayedSequence,
        Self::OutsideTimeWindow,
        Self::FutureInterval,
        Self::WrongWorkKind,
        Self::MisalignedInterval,
        Self::AboveRatedPower,
        Self::CounterFell,
        Self::CounterMismatch,
        Self::OverlappingInterval,
        Self::ClonedKey,
        Self::ImpossibleMovement,
        Self::FarFromRegisteredPlace,
        Self::CrowdedCell,
        Self::CopiedSeries,
    ];

    /// Does it say that the device was not honest? Such a verdict can be appealed.
    pub const fn is_finding(self) -> bool {
        self.code() >= Self::ClonedKey.code()
    }

    pub const fn code(self) -> u16 {
        self as u16
    }

    /// The name that the API and bundles use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::WrongNetwork => "wrong_network",
            Self::UnknownDevice => "unknown_device",
            Self::SuspendedDevice => "suspended_device",
            Self::BadSignature => "bad_signature",
            Self::ReplayedSequence => "replayed_sequence",
            Self::OutsideTimeWindow => "outside_time_window",
            Self::FutureInterval => "future_interval",
            Self::WrongWorkKind => "wrong_work_kind",
            Self::MisalignedInterval => "misaligned_interval",
            Self::AboveRatedPower => "above_rated_power",
            Self::CounterFell => "counter_fell",
            Self::CounterMismatch => "counter_mismatch",
            Self::OverlappingInterval => "overlapping_interval",
            Self::ClonedKey => "cloned_key",
            Self::ImpossibleMovement => "impossible_movement",
            Self::FarFromRegisteredPlace => "far_from_registered_place",
            Self::CrowdedCell => "crowded_cell",
            Self::CopiedSeries => "copied_series",
        }
    }
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// A refusal: its reason, and what exactly was wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}: {detail}")]
pub struct Refusal {
    pub reason: Reason,
    /// What was wrong, with the values.
    pub detail: String,
}

impl Refusal {
    pub fn new(reason: Reason, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into() }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_json_and_codes_ascend() {
        for reason in Reason::ALL {
            assert_eq!(serde_json::to_string(&reason).unwrap(), format!("\"{}\"", reason.name()));
        }
        assert!(Reason::ALL.windows(2).all(|pair| pair[0].code() < pair[1].code()));
    }
}
