//! The scoring rules of a network: versioned, and hashed into its account on the chain.

use serde::{Deserialize, Serialize};
use trellis_core::{Calendar, DeviceKey, Epoch, Hash, hash::sha256};

use crate::{
    corrections::CorrectionPolicy,
    encoding::base58,
    fraud::{FraudPolicy, FraudPolicyError},
    signatures,
};

/// Most that a tolerance may add: the rated power again.
const MAX_TOLERANCE_BPS: u32 = 10_000;
/// Longest time that work may wait for a later epoch: 31 days.
const MAX_LATE_SECONDS: u32 = 31 * 86_400;

/// Written as TOML by people; hashed as canonical JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// The only version there is: 1.
    pub version: u32,
    pub energy: EnergyPolicy,
    /// Work whose own epoch is closed counts in a later one, if its interval ended at most this long before that epoch's
    /// start. 0: such work does not count.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub late_seconds: u32,
    /// Who may correct what operators earned; missing: nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrections: Option<CorrectionPolicy>,
    /// What cannot be honest; missing: nothing is looked for.
    #[serde(default, skip_serializing_if = "FraudPolicy::is_off")]
    pub fraud: FraudPolicy,
}

/// A rule that is switched off is not in the canonical bytes: a policy that does not use it keeps its hash.
fn is_zero(value: &u32) -> bool {
    *value == 0
}

/// Rules of the energy work kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnergyPolicy {
    /// Length of every interval; intervals start at multiples of it.
    pub interval_seconds: u32,
    /// How far an interval's energy may lie above rated power × time: 500 = 5 %.
    pub tolerance_bps: u32,
}

/// Why a policy cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum PolicyError {
    #[error("the policy is no valid TOML: {0}")]
    Syntax(String),
    #[error("policy version {0} is not 1")]
    UnknownVersion(u32),
    #[error("energy.interval_seconds is 0: an interval lasts at least a second")]
    ZeroInterval,
    #[error("energy.tolerance_bps is {0}: at most {MAX_TOLERANCE_BPS}")]
    ToleranceTooWide(u32),
    #[error("late_seconds is {0}: at most {MAX_LATE_SECONDS} (31 days)")]
    TooLate(u32),
    #[error("corrections.key is {0}, which is no ed25519 key that only its holder can sign with")]
    UnusableCorrectionsKey(String),
    #[error(transparent)]
    Fraud(#[from] FraudPolicyError),
    #[error(
        "intervals of {interval_seconds} s do not divide the network's epochs (genesis {genesis_unix}, {epoch_seconds} s): \
         an interval would fall into two epochs"
    )]
    IntervalsDoNotDivideEpochs { interval_seconds: u32, genesis_unix: i64, epoch_seconds: u32 },
}

impl Policy {
    /// These rules for energy, and every other rule off.
    pub fn new(energy: EnergyPolicy) -> Self {
        Self { version: 1, energy, late_seconds: 0, corrections: None, fraud: FraudPolicy::default() }
    }

    pub fn from_toml(text: &str) -> Result<Self, PolicyError> {
        let policy: Self = toml::from_str(text).map_err(|error| PolicyError::Syntax(error.to_string()))?;
        policy.validate()?;
        Ok(policy)
    }

    pub fn validate(&self) -> Result<(), PolicyError> {
        if self.version != 1 {
            return Err(PolicyError::UnknownVersion(self.version));
        }
        if self.energy.interval_seconds == 0 {
            return Err(PolicyError::ZeroInterval);
        }
        if self.energy.tolerance_bps > MAX_TOLERANCE_BPS {
            return Err(PolicyError::ToleranceTooWide(self.energy.tolerance_bps));
        }
        if self.late_seconds > MAX_LATE_SECONDS {
            return Err(PolicyError::TooLate(self.late_seconds));
        }
        if let Some(CorrectionPolicy { key }) = self.corrections
            && !signatures::is_usable(&DeviceKey::Ed25519(key))
        {
            return Err(PolicyError::UnusableCorrectionsKey(base58::encode(&key)));
        }
        Ok(self.fraud.validate()?)
    }

    /// Errors unless every interval lies in one epoch of `calendar`.
    pub fn validate_for(&self, calendar: &Calendar) -> Result<(), PolicyError> {
        self.validate()?;
        let interval_seconds = self.energy.interval_seconds;
        let genesis_aligned = calendar.genesis_unix.rem_euclid(i64::from(interval_seconds)) == 0;
        if genesis_aligned && calendar.epoch_seconds.is_multiple_of(interval_seconds) {
            return Ok(());
        }
        Err(PolicyError::IntervalsDoNotDivideEpochs {
            interval_seconds,
            genesis_unix: calendar.genesis_unix,
            epoch_seconds: calendar.epoch_seconds,
        })
    }

    /// The last epoch that may still take an interval of epoch `own` that ended at `interval_end_unix`: `own`, or the
    /// last one that begins no more than `late_seconds` after that end.
    pub fn latest_epoch(&self, calendar: &Calendar, own: Epoch, interval_end_unix: i64) -> Epoch {
        if self.late_seconds == 0 {
            return own;
        }
        let waits_until = interval_end_unix.saturating_add(i64::from(self.late_seconds));
        calendar.epoch_at(waits_until).map_or(own, |latest| latest.max(own))
    }

    /// One byte string for one policy: JSON without spaces, fields in the order of their declaration.
    pub fn canonical_bytes(&self) -> Vec<u8> {
        // A struct of integers always serializes.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// SHA-256 of the canonical bytes, as it stands in the network's account.
    pub fn hash(&self) -> Hash {
        sha256(&[&self.canonical_bytes()])
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const GOOD: &str = "version = 1\n[energy]\ninterval_seconds = 600\ntolerance_bps = 500\n";

    #[test]
    fn from_toml_names_each_mistake() {
        assert!(Policy::from_toml(GOOD).is_ok());
        let bad = |from: &str, to: &str| Policy::from_toml(&GOOD.replace(from, to)).unwrap_err();
        assert_eq!(bad("version = 1", "version = 2"), PolicyError::UnknownVersion(2));
        assert_eq!(bad("600", "0"), PolicyError::ZeroInterval);
        assert_eq!(bad("500", "10001"), PolicyError::ToleranceTooWide(10_001));
        assert!(matches!(bad("tolerance_bps", "tolerance"), PolicyError::Syntax(_)));
        let with = |group: &str| Policy::from_toml(&format!("{GOOD}{group}")).unwrap_err();
        let fraud = |rule: &str| with(&format!("[fraud]\n{rule}\n"));
        assert_eq!(fraud("cell_resolution = 16"), PolicyError::Fraud(FraudPolicyError::NoSuchResolution(16)));
        assert_eq!(fraud("copied_intervals = 5"), PolicyError::Fraud(FraudPolicyError::TooFewIntervals(5)));
        assert!(matches!(fraud("clones = true"), PolicyError::Syntax(_)));
        assert!(matches!(with("[corrections]\nkey = \"x\"\n"), PolicyError::Syntax(_)));
        // The neutral point: anybody can sign for it.
        let neutral = base58::encode(&std::array::from_fn::<u8, 32, _>(|at| u8::from(at == 0)));
        let unusable = PolicyError::UnusableCorrectionsKey(neutral.clone());
        assert_eq!(with(&format!("[corrections]\nkey = \"{neutral}\"\n")), unusable);
        assert_eq!(bad("[energy]", "late_seconds = 2678401\n[energy]"), PolicyError::TooLate(2_678_401));
        assert!(matches!(Policy::from_toml("").unwrap_err(), PolicyError::Syntax(_)));
    }

    #[test]
    fn intervals_must_divide_epochs() {
        let policy = Policy::from_toml(GOOD).unwrap();
        let day = Calendar { genesis_unix: 1_391_472_000, epoch_seconds: 86_400 };
        assert_eq!(policy.validate_for(&day), Ok(()));
        assert!(policy.validate_for(&Calendar { genesis_unix: day.genesis_unix + 1, ..day }).is_err());
        assert!(policy.validate_for(&Calendar { epoch_seconds: 86_401, ..day }).is_err());
    }

    #[test]
    fn latest_epoch_is_the_last_that_begins_within_the_grace() {
        let day = Calendar { genesis_unix: 1_391_472_000, epoch_seconds: 86_400 };
        let latest = |late_seconds: u32, own: u64, end_of_day: i64| {
            let policy = Policy { late_seconds, ..Policy::from_toml(GOOD).unwrap() };
            policy.latest_epoch(&day, Epoch(own), day.genesis_unix + own as i64 * 86_400 + end_of_day).get()
        };
        // Without a grace even the last interval, which ends when the next epoch begins, is its own epoch's alone.
        assert_eq!(latest(0, 3, 86_400), 3);
        assert_eq!((latest(3_600, 3, 86_400), latest(3_600, 3, 82_800), latest(3_600, 3, 82_799)), (4, 4, 3));
        assert_eq!((latest(2 * 86_400, 3, 86_400), latest(2 * 86_400, 3, 600)), (6, 5));
        let policy = Policy { late_seconds: 1, ..Policy::from_toml(GOOD).unwrap() };
        assert_eq!(policy.latest_epoch(&day, Epoch(7), i64::MAX), policy.latest_epoch(&day, Epoch(7), i64::MAX - 1));
        assert_eq!(policy.latest_epoch(&day, Epoch(7), 0), Epoch(7), "never before its own");
    }

    #[test]
    fn hash_changes_with_every_field() {
        let policy = Policy::from_toml(GOOD).unwrap();
        let mut other = policy.clone();
        other.energy.tolerance_bps += 1;
        assert_ne!(policy.hash(), other.hash());
        let key = [3; 32];
        let others = [
            Policy { late_seconds: 1, ..policy.clone() },
            Policy { corrections: Some(CorrectionPolicy { key }), ..policy.clone() },
            Policy { fraud: FraudPolicy { clone: true, ..policy.fraud }, ..policy.clone() },
            Policy { fraud: FraudPolicy { max_speed_m_s: 1, ..policy.fraud }, ..policy.clone() },
        ];
        for (number, other) in others.iter().enumerate() {
            assert!(others[..number].iter().chain([&policy]).all(|before| before.hash() != other.hash()), "{number}");
            assert_eq!(serde_json::from_slice::<Policy>(&other.canonical_bytes()).unwrap(), *other);
        }
        assert_eq!(policy.canonical_bytes(), br#"{"version":1,"energy":{"interval_seconds":600,"tolerance_bps":500}}"#);
    }
}
