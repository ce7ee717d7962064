//! The scoring rules of a network: versioned, and hashed into its account on the chain.

use serde::{Deserialize, Serialize};
use trellis_core::{Calendar, Hash, hash::sha256};

/// Most that a tolerance may add: the rated power again.
const MAX_TOLERANCE_BPS: u32 = 10_000;

/// Written as TOML by people; hashed as canonical JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// The only version there is: 1.
    pub version: u32,
    pub energy: EnergyPolicy,
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
    #[error(
        "intervals of {interval_seconds} s do not divide the network's epochs (genesis {genesis_unix}, {epoch_seconds} s): \
         an interval would fall into two epochs"
    )]
    IntervalsDoNotDivideEpochs { interval_seconds: u32, genesis_unix: i64, epoch_seconds: u32 },
}

impl Policy {
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
        Ok(())
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
    fn hash_changes_with_every_field() {
        let policy = Policy::from_toml(GOOD).unwrap();
        let mut other = policy.clone();
        other.energy.tolerance_bps += 1;
        assert_ne!(policy.hash(), other.hash());
        assert_eq!(policy.canonical_bytes(), br#"{"version":1,"energy":{"interval_seconds":600,"tolerance_bps":500}}"#);
    }
}
