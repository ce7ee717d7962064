//! Errors of the staking program: codes 6600 to 6799, in bands of twenty, append-only.

use anchor_lang::prelude::*;
use trellis_core::staking::StakeError;

#[error_code(offset = 6600)]
#[derive(Debug, PartialEq, Eq, strum::VariantArray, strum::IntoStaticStr)]
pub enum StakingError {
    // Who may: 6600.
    #[msg("The signer is not the network's authority")]
    NotAuthority = 0,
    #[msg("The signer is not the pool's guardian")]
    NotGuardian = 1,
    #[msg("The signer is not the position's wallet")]
    NotWallet = 2,

    // What belongs together: 6620.
    #[msg("The account belongs to another network")]
    WrongNetwork = 20,
    #[msg("The account belongs to another stake pool")]
    WrongPool = 21,
    #[msg("The account belongs to another operator's stake")]
    WrongOperatorStake = 22,
    #[msg("The ticket belongs to another position")]
    WrongPosition = 23,
    #[msg("The token account is not the one of this pool's stake")]
    WrongStakeTokens = 24,
    #[msg("The token account is not the one of this pool's rewards")]
    WrongRewardTokens = 25,
    #[msg("The token account is not the one that this pool's slashed tokens go to")]
    WrongSlashDestination = 26,
    #[msg("The token program is not the one of this pool's mint")]
    WrongTokenProgram = 27,
    #[msg("The account is not an open token account of the pool's token program")]
    InvalidTokenAccount = 28,
    #[msg("The token account holds another mint")]
    WrongMint = 29,
    #[msg("The token account belongs to another wallet")]
    WrongTokenOwner = 30,
    #[msg("The account that rent returns to is not the one that it is owed to")]
    WrongRentReceiver = 31,

    // Arguments: 6640.
    #[msg("A cooldown lasts at least an hour longer than the delay of a slash, and at most 90 days")]
    InvalidCooldown = 40,
    #[msg("A slash is delayed by at least 60 seconds")]
    InvalidSlashDelay = 41,
    #[msg("At most 1 to 5,000 basis points can be slashed in an epoch")]
    InvalidSlashCap = 42,
    #[msg("A pool has at most 8 tiers, above zero and ascending, and zeros behind them")]
    InvalidTiers = 43,
    #[msg("The all-zero address cannot be used here")]
    ZeroAddress = 44,
    #[msg("The amount is zero")]
    ZeroAmount = 45,
    #[msg("A slash takes at least 1 basis point and at most the pool's cap for an epoch")]
    InvalidSlashBps = 46,
    #[msg("A slash needs the hash of its evidence")]
    MissingEvidence = 47,
    #[msg("The account is not a mint of SPL Token or Token-2022")]
    InvalidMint = 48,
    #[msg("The mint has an extension that could change balances or stop transfers")]
    MintExtensionRefused = 49,
    #[msg("The mint can freeze accounts, and so could lock stake in")]
    MintCanFreeze = 50,
    #[msg("The pool has no such tier")]
    UnknownTier = 51,

    // Stake: 6660.
    #[msg("The position is worth less than the amount")]
    InsufficientStake = 60,
    #[msg("Nearly all of this operator's stake was slashed: it takes no more until all has left")]
    OperatorSlashedOut = 61,
    #[msg("The cooldown of this ticket is not over yet")]
    TicketNotReleased = 62,
    #[msg("The ticket moves stake to another operator; its wallet can cancel that")]
    TicketIsRedelegation = 63,
    #[msg("The ticket pays stake out, it does not move it to another operator")]
    TicketIsWithdrawal = 64,
    #[msg("There is no reward to claim yet")]
    NothingToClaim = 65,
    #[msg("The position still has stake, rewards or open tickets")]
    PositionNotEmpty = 66,
    #[msg("The operator's own stake is below the bond that its devices ask for")]
    BondNotMet = 67,
    #[msg("The position is worth less than the tier asks for")]
    TierNotReached = 68,

    // Slashes: 6680.
    #[msg("The delay of this slash is not over yet")]
    SlashNotEffective = 80,
    #[msg("This slash was not executed in time")]
    SlashExpired = 81,
    #[msg("The guardian vetoed this slash")]
    SlashVetoed = 82,
    #[msg("This slash was executed already")]
    SlashExecuted = 83,
    #[msg("With this slash, more than the pool's cap would be slashed from the operator in this epoch")]
    SlashAboveEpochCap = 84,
    #[msg("The slash can still be executed")]
    SlashAlive = 85,

    // State: 6700.
    #[msg("The account's version is not one that this program knows")]
    UnknownVersion = 100,
    #[msg("A sum does not fit its width")]
    Overflow = 101,
    #[msg("The pool's sums do not agree")]
    BooksBroken = 102,
}

impl From<StakeError> for StakingError {
    fn from(error: StakeError) -> Self {
        match error {
            StakeError::SlashedOut => Self::OperatorSlashedOut,
            StakeError::Insufficient => Self::InsufficientStake,
            StakeError::Overflow => Self::Overflow,
        }
    }
}

impl StakingError {
    /// The code that the chain reports.
    pub const fn code(self) -> u32 {
        6600 + self as u32
    }
}
