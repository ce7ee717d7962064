//! A correction as JSON: what `trellis correction sign` prints and oracles take and keep.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use trellis_core::{Amount, correction::Correction};

use super::{CorrectionKind, CorrectionReason, SignedCorrection};
use crate::encoding::base58;

/// A [`SignedCorrection`]. Amounts are decimal strings: above 2^53, a number in JSON loses digits in most readers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CorrectionJson {
    pub number: u64,
    #[serde(with = "base58")]
    pub network: [u8; 32],
    #[serde(with = "base58")]
    pub vault: [u8; 32],
    pub operator_index: u32,
    #[serde(with = "kind")]
    pub kind: CorrectionKind,
    #[serde(with = "decimal")]
    pub amount: u64,
    #[serde(with = "reason")]
    pub reason: CorrectionReason,
    #[serde(with = "hex")]
    pub evidence: [u8; 32],
    /// ed25519 of the key that the policy names.
    #[serde(with = "hex")]
    pub signature: [u8; 64],
}

impl From<&SignedCorrection> for CorrectionJson {
    fn from(signed: &SignedCorrection) -> Self {
        let Correction { network, vault, number, operator_index, kind, amount, reason, evidence } = signed.correction;
        let (amount, signature) = (amount.get(), signed.signature);
        Self { number, network, vault, operator_index, kind, amount, reason, evidence, signature }
    }
}

impl CorrectionJson {
    pub fn signed(&self) -> SignedCorrection {
        let Self { number, network, vault, operator_index, kind, amount, reason, evidence, signature } = *self;
        let amount = Amount(amount);
        let correction = Correction { network, vault, number, operator_index, kind, amount, reason, evidence };
        SignedCorrection { correction, signature }
    }
}

mod decimal {
    use super::*;

    pub fn serialize<S: Serializer>(amount: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(amount)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        let text = String::deserialize(deserializer)?;
        let digits_only = text.bytes().all(|byte| byte.is_ascii_digit());
        let amount = text.parse().ok().filter(|_| digits_only);
        amount.ok_or_else(|| D::Error::custom(format!("`{text}` is no amount: a decimal number of 64 bits is wanted")))
    }
}

mod kind {
    use super::*;

    pub fn serialize<S: Serializer>(kind: &CorrectionKind, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(kind.name())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<CorrectionKind, D::Error> {
        let text = String::deserialize(deserializer)?;
        let kind = CorrectionKind::ALL.into_iter().find(|kind| kind.name() == text);
        kind.ok_or_else(|| D::Error::custom(format!("`{text}` is neither `debit` nor `credit`")))
    }
}

mod reason {
    use super::*;

    pub fn serialize<S: Serializer>(reason: &CorrectionReason, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(reason.name())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<CorrectionReason, D::Error> {
        let text = String::deserialize(deserializer)?;
        let reason = CorrectionReason::ALL.into_iter().find(|reason| reason.name() == text);
        reason.ok_or_else(|| {
            let names = CorrectionReason::ALL.map(CorrectionReason::name).join(", ");
            D::Error::custom(format!("`{text}` is no reason for a correction; there are {names}"))
        })
    }
}
