//! Errors of the token program: codes 6200 to 6399, in bands of twenty, append-only.

use anchor_lang::prelude::*;
use trellis_core::{
    emission::ScheduleError,
    net_emission::{RecyclingError, SupplyError},
};

#[error_code(offset = 6200)]
#[derive(Debug, PartialEq, Eq, strum::VariantArray, strum::IntoStaticStr)]
pub enum TokenError {
    // Who may: 6200.
    #[msg("The signer is not the network's authority")]
    NotAuthority = 0,

    // What belongs together: 6220. 6221 was of emissions with one reward account, and is not used again.
    #[msg("The mint is not the one of this emission")]
    WrongMint = 20,
    #[msg("The token account is not the one that the emission names in this place")]
    WrongDestination = 22,
    #[msg("A destination must be an open token account of the network's mint")]
    InvalidDestination = 23,
    #[msg("A token account stands twice among treasury and destinations")]
    DuplicateDestination = 24,
    #[msg("The token program is not the mint's")]
    WrongTokenProgram = 25,

    // Arguments: 6240.
    #[msg("A mint has at most 9 decimals")]
    TooManyDecimals = 40,
    #[msg("Decay is above 10,000 basis points")]
    DecayAboveWhole = 41,
    #[msg("A decay period lasts at least one epoch")]
    ZeroDecayPeriod = 42,
    #[msg("The first epoch's amount is zero or above the cap")]
    InvalidFirstAmount = 43,
    #[msg("The tail amount is above the first epoch's amount")]
    TailAboveFirstAmount = 44,
    #[msg("An emission has at most 6 destinations, each with one share")]
    InvalidDestinationCount = 45,
    #[msg("A destination's share is zero")]
    ZeroShare = 46,
    #[msg("The destinations' shares sum to more than 10,000 basis points")]
    SharesAboveWhole = 47,
    #[msg("The recycled share is above 10,000 basis points")]
    RecyclingAboveWhole = 48,
    #[msg("A share of the burned is to be recycled, but at most zero in an epoch")]
    ZeroRecyclingCap = 49,
    #[msg("One call emits 1 to 64 epochs")]
    InvalidEpochCount = 50,
    #[msg("Nothing is to be burned")]
    ZeroBurn = 51,
    #[msg("A memo has at most 128 bytes")]
    MemoTooLong = 52,

    // State: 6260.
    #[msg("The epoch's emission was minted already")]
    EpochAlreadyEmitted = 60,
    #[msg("An earlier epoch has not been emitted yet")]
    EpochOutOfOrder = 61,
    #[msg("The epoch has not elapsed yet")]
    EpochNotElapsed = 62,
    #[msg("The account's version is not one that this program knows")]
    UnknownVersion = 63,
    #[msg("More was emitted than the cap allows")]
    CapExceeded = 64,
    #[msg("More was recycled than the set share of what was burned")]
    RecycledAboveShare = 65,
    #[msg("A counter does not fit 64 bits")]
    Overflow = 66,
}

impl From<ScheduleError> for TokenError {
    fn from(error: ScheduleError) -> Self {
        match error {
            ScheduleError::DecayAboveWhole => Self::DecayAboveWhole,
            ScheduleError::ZeroPeriod => Self::ZeroDecayPeriod,
            ScheduleError::FirstAmountZeroOrAboveCap => Self::InvalidFirstAmount,
            ScheduleError::TailAboveFirstAmount => Self::TailAboveFirstAmount,
        }
    }
}

impl From<RecyclingError> for TokenError {
    fn from(error: RecyclingError) -> Self {
        match error {
            RecyclingError::ShareAboveWhole => Self::RecyclingAboveWhole,
            RecyclingError::ZeroEpochCap => Self::ZeroRecyclingCap,
        }
    }
}

impl From<SupplyError> for TokenError {
    fn from(error: SupplyError) -> Self {
        match error {
            SupplyError::EmittedAboveCap => Self::CapExceeded,
            SupplyError::RecycledAboveLimit => Self::RecycledAboveShare,
        }
    }
}

impl TokenError {
    /// The code that the chain reports.
    pub const fn code(self) -> u32 {
        6200 + self as u32
    }
}
