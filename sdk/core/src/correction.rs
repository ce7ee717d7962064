//! Corrections: the network's word that an operator earned too much, or too little, in epochs that are closed.
//!
//! ```text
//! signing bytes = DOMAIN ‖ network 32 ‖ vault 32 ‖ number u64 ‖ operator index u32 ‖ kind u8 ‖ amount u64 ‖ reason u16
//!                 ‖ evidence 32      (little endian)
//! ```
//!
//! Signed with ed25519 by the key that the network's policy names. Network and vault bind it to one ledger; corrections
//! are numbered 0, 1, 2, … and taken in that order, so one number tells which have been taken: none counts twice, ever.

use alloc::vec::Vec;

use crate::{AddressBytes, Amount, Hash};

/// Separates these signatures from everything else that the key may sign.
pub const DOMAIN: &[u8; 22] = b"trellis:correction:v1\0";

/// Which way a correction goes. The numbers are signed and stored: append only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum CorrectionKind {
    /// The operator owes: withheld from what it earns from now on, until it is paid.
    Debit = 0,
    /// The operator is owed: paid from what nobody earned, as far as there is some.
    Credit = 1,
}

impl CorrectionKind {
    pub const ALL: [Self; 2] = [Self::Debit, Self::Credit];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Debit => "debit",
            Self::Credit => "credit",
        }
    }
}

/// Why a correction is made. The numbers are signed and stored: append only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u16)]
pub enum CorrectionReason {
    /// Work was paid that was not done.
    Fraud = 1,
    /// A device measured wrongly.
    FaultyDevice = 2,
    /// The rules were applied wrongly: a wrong class, weight or policy.
    WrongRules = 3,
    /// An appeal against a finding was upheld; the evidence is the finding's hash.
    UpheldAppeal = 4,
    /// An earlier correction was wrong; the evidence is the hash of the reasons.
    Reversal = 5,
}

impl CorrectionReason {
    pub const ALL: [Self; 5] = [Self::Fraud, Self::FaultyDevice, Self::WrongRules, Self::UpheldAppeal, Self::Reversal];

    pub const fn code(self) -> u16 {
        self as u16
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::Fraud => "fraud",
            Self::FaultyDevice => "faulty_device",
            Self::WrongRules => "wrong_rules",
            Self::UpheldAppeal => "upheld_appeal",
            Self::Reversal => "reversal",
        }
    }
}

/// One correction, without its signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Correction {
    pub network: AddressBytes,
    pub vault: AddressBytes,
    /// 0, 1, 2, … for each vault.
    pub number: u64,
    pub operator_index: u32,
    pub kind: CorrectionKind,
    /// In the mint's smallest unit.
    pub amount: Amount,
    pub reason: CorrectionReason,
    /// Hash of what shows that it is right, or of the finding that an upheld appeal is about.
    pub evidence: Hash,
}

impl Correction {
    /// What the policy's key signs.
    pub fn signing_bytes(&self) -> Vec<u8> {
        let Self { network, vault, number, operator_index, kind, amount, reason, evidence } = self;
        let parts: [&[u8]; 9] = [
            DOMAIN,
            network,
            vault,
            &number.to_le_bytes(),
            &operator_index.to_le_bytes(),
            &[*kind as u8],
            &amount.get().to_le_bytes(),
            &reason.code().to_le_bytes(),
            evidence,
        ];
        parts.concat()
    }
}
