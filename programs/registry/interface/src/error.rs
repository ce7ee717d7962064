//! Errors of the registry: codes 6000 to 6199, in bands of twenty, append-only.

use anchor_lang::prelude::*;

#[error_code(offset = 6000)]
#[derive(Debug, PartialEq, Eq, strum::VariantArray, strum::IntoStaticStr)]
pub enum RegistryError {
    // Who may: 6000.
    #[msg("The signer is not the network's authority")]
    NotAuthority = 0,
    #[msg("The signer is not the address that the authority proposed as its successor")]
    NotPendingAuthority = 1,
    #[msg("The signer is not the operator's wallet")]
    NotOperatorWallet = 2,
    #[msg("The class names a maker, who must sign the registration too")]
    MakerSignatureMissing = 3,
    #[msg("The maker who signed is not the one that the class names")]
    WrongMaker = 4,

    // What belongs together: 6020.
    #[msg("The account belongs to another network")]
    WrongNetwork = 20,

    // Arguments: 6040.
    #[msg("A name is 1 to 32 bytes of UTF-8, filled up with zero bytes at its end")]
    InvalidName = 40,
    #[msg("An epoch lasts from 60 seconds to 31 days")]
    InvalidEpochLength = 41,
    #[msg("Genesis lies more than one epoch in the past or more than a year ahead")]
    InvalidGenesis = 42,
    #[msg("The all-zero address cannot be used here")]
    ZeroAddress = 43,
    #[msg("The work kind is unknown")]
    UnknownWorkKind = 44,
    #[msg("The key kind is unknown")]
    UnknownKeyKind = 45,
    #[msg("A class weighs from 1 to 1,000")]
    InvalidWeight = 46,
    #[msg("Rated power is from 1 W to 10 GW")]
    InvalidRatedPower = 47,
    #[msg("A suspension needs a reason code above zero")]
    MissingReason = 48,

    // State: 6060.
    #[msg("The device is suspended already")]
    AlreadySuspended = 60,
    #[msg("The device is not suspended")]
    NotSuspended = 61,
    #[msg("A counter of the network has reached its largest value")]
    CounterExhausted = 62,
    #[msg("The account's version is not one that this program knows")]
    UnknownVersion = 63,
}

impl RegistryError {
    /// The code that the chain reports.
    pub const fn code(self) -> u32 {
        6000 + self as u32
    }
}
