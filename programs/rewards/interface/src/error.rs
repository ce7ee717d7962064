//! Errors of the rewards program: codes 6400 to 6599, in bands of twenty, append-only.

use anchor_lang::prelude::*;

#[error_code(offset = 6400)]
#[derive(Debug, PartialEq, Eq, strum::VariantArray, strum::IntoStaticStr)]
pub enum RewardsError {
    // Who may: 6400.
    #[msg("The signer is not the network's authority")]
    NotAuthority = 0,
    #[msg("The signer is not one of the vault's oracles")]
    NotOracle = 1,
    #[msg("The signer is not the vault's guardian")]
    NotGuardian = 2,
    #[msg("The signer is not the proposal's proposer")]
    NotProposer = 3,

    // What belongs together: 6420.
    #[msg("The vault belongs to another network")]
    WrongNetwork = 20,
    #[msg("The account belongs to another vault")]
    WrongVault = 21,
    #[msg("The token account is not this vault's")]
    WrongVaultTokens = 22,
    #[msg("The claim page does not hold this operator's counter")]
    WrongPage = 23,
    #[msg("The receiving account is not an open account of the vault's token program")]
    InvalidPayoutAccount = 24,
    #[msg("The receiving account holds another mint")]
    WrongPayoutMint = 25,
    #[msg("The account that rent returns to is not the proposer")]
    WrongProposer = 26,
    #[msg("The token program is not the one of the vault's mint")]
    WrongTokenProgram = 27,

    // Arguments: 6440.
    #[msg("A challenge window lasts from 60 seconds to 30 days")]
    InvalidChallengeWindow = 40,
    #[msg("The cap of an epoch must be above zero")]
    ZeroEpochCap = 41,
    #[msg("An oracle set has 1 to 32 members")]
    InvalidOracleCount = 42,
    #[msg("The all-zero address cannot be an oracle")]
    ZeroOracle = 43,
    #[msg("An oracle is listed twice")]
    DuplicateOracle = 44,
    #[msg("Every oracle weighs at least 1")]
    ZeroWeight = 45,
    #[msg("The threshold is below two thirds of the weight, or above all of it")]
    InvalidThreshold = 46,
    #[msg("An oracle that is to be kept is not in the set")]
    UnknownKeptOracle = 47,
    #[msg("The circuit breaker's window lasts from a minute to a year")]
    InvalidBreakerWindow = 48,
    #[msg("The circuit breaker would hold less than the cap of an epoch, which could then never become final")]
    BreakerBelowEpochCap = 49,
    #[msg("The all-zero address cannot be the guardian")]
    ZeroGuardian = 50,
    #[msg("A pause lasts from one second to three days")]
    InvalidPause = 51,
    #[msg("The mint has an extension under which balances might not add up")]
    UnsupportedMint = 52,
    #[msg("The last epoch must lie after the present one, and not before the next root's")]
    InvalidLastEpoch = 53,
    #[msg("No operator's index lies on this page")]
    NoSuchPage = 54,
    #[msg("A run has at least one leaf, and one receiving account for each")]
    WrongLeafCount = 55,
    #[msg("The account is not an initialized mint of the token program")]
    InvalidMint = 56,

    // Roots: 6460.
    #[msg("The epoch's root is final already")]
    EpochAlreadyFinal = 60,
    #[msg("The root of an earlier epoch is not final yet")]
    EpochOutOfOrder = 61,
    #[msg("The epoch has not elapsed yet")]
    EpochNotElapsed = 62,
    #[msg("The root promises less than the one before")]
    CumulativeFell = 63,
    #[msg("The root has fewer leaves than the one before")]
    LeavesFell = 64,
    #[msg("The root promises more for this epoch than the vault's cap")]
    AboveEpochCap = 65,
    #[msg("The root promises more than was ever funded")]
    NotFunded = 66,
    #[msg("The oracle set changed after this was proposed")]
    StaleOracleSet = 67,
    #[msg("The vote names another content than the proposal's")]
    WrongContent = 68,
    #[msg("The oracle voted for this proposal already")]
    AlreadyVoted = 69,
    #[msg("The proposal was vetoed")]
    Vetoed = 70,
    #[msg("The proposal has not reached the threshold")]
    NotApproved = 71,
    #[msg("The challenge window is still open")]
    ChallengeOpen = 72,
    #[msg("The proposal can still become final")]
    ProposalAlive = 73,
    #[msg("A proposal for the epoch is approved: votes are locked unless it is vetoed")]
    AlreadyApproved = 74,
    #[msg("The root promises more than the circuit breaker lets through now: it can become final later")]
    BreakerOpen = 75,
    #[msg("The oracle has no vote to take back")]
    NotVoted = 76,
    #[msg("The vault is retired: the epoch lies after its last")]
    AfterLastEpoch = 77,

    // Claims: 6480.
    #[msg("The epoch's root is not final yet, or four later ones have replaced it: fetch a new proof")]
    RootNotKept = 80,
    #[msg("The proof does not lead to the epoch's root")]
    InvalidProof = 81,
    #[msg("Everything that this leaf promises was claimed already")]
    NothingToClaim = 82,

    // State: 6500.
    #[msg("The account's version is not one that this program knows")]
    UnknownVersion = 100,
    #[msg("A sum does not fit 64 bits")]
    Overflow = 101,
    #[msg("More would be claimed than was ever promised")]
    ClaimedAbovePromised = 102,
    #[msg("The guardian has paused the vault for a while")]
    Paused = 103,
    #[msg("The vault is not paused")]
    NotPaused = 104,
    #[msg("The guardian may pause again a week after the last pause ended")]
    PausedTooSoon = 105,
    #[msg("The vault is retired already")]
    AlreadyRetired = 106,
    #[msg("The vault is not retired, or the root of its last epoch is not final yet")]
    StillNeeded = 107,
    #[msg("The vault holds no more than it owes")]
    NothingToSweep = 108,
}

impl RewardsError {
    /// The code that the chain reports.
    pub const fn code(self) -> u32 {
        6400 + self as u32
    }
}
