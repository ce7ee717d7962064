//! Errors of the token program: codes 6200 to 6399, in bands of twenty, append-only.

use anchor_lang::prelude::*;

#[error_code(offset = 6200)]
#[derive(Debug, PartialEq, Eq, strum::VariantArray, strum::IntoStaticStr)]
pub enum TokenError {
    // Who may: 6200.
    #[msg("The signer is not the network's authority")]
    NotAuthority = 0,

    // What belongs together: 6220.
    #[msg("The mint is not the one of this emission")]
    WrongMint = 20,
    #[msg("The token account is not the reward account of this emission")]
    WrongRewardAccount = 21,

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
}

impl From<trellis_core::emission::ScheduleError> for TokenError {
    fn from(error: trellis_core::emission::ScheduleError) -> Self {
        use trellis_core::emission::ScheduleError;
        match error {
            ScheduleError::DecayAboveWhole => Self::DecayAboveWhole,
            ScheduleError::ZeroPeriod => Self::ZeroDecayPeriod,
            ScheduleError::FirstAmountZeroOrAboveCap => Self::InvalidFirstAmount,
            ScheduleError::TailAboveFirstAmount => Self::TailAboveFirstAmount,
        }
    }
}

impl TokenError {
    /// The code that the chain reports.
    pub const fn code(self) -> u32 {
        6200 + self as u32
    }
}
