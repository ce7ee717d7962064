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
    #[msg("The signer in the device key's place is not that key")]
    WrongKeySigner = 5,
    #[msg("The signer is not an oracle of the network's suspension vault")]
    NotOracle = 6,
    #[msg("The signer is neither the operator's wallet nor the device's key")]
    NotOwnerOrKey = 7,

    // What belongs together: 6020.
    #[msg("The account belongs to another network")]
    WrongNetwork = 20,
    #[msg("The device belongs to another operator")]
    WrongOperator = 21,
    #[msg("The device is of another class")]
    WrongClass = 22,
    #[msg("The case is about another device")]
    WrongDevice = 23,
    #[msg("The vault is not the one whose oracles may suspend devices of the network")]
    WrongSuspensionVault = 24,
    #[msg("The account that rent returns to is not the one that paid it")]
    WrongRentPayer = 25,

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
    #[msg("An H3 resolution is 0 to 15, or 255 for a class without locations")]
    InvalidResolution = 49,
    #[msg("The bytes are no key of the class's kind: 32 and a zero byte for ed25519, a compressed point for P-256")]
    InvalidKey = 50,
    #[msg("The number is no H3 cell")]
    InvalidCell = 51,
    #[msg("The cell's resolution is not the class's")]
    WrongResolution = 52,
    #[msg("Nothing is to be changed")]
    NothingToChange = 53,
    #[msg("Keys of the class sign no transactions: register the device by a proof")]
    KeyCannotSign = 54,

    // State: 6060.
    #[msg("The device is suspended already")]
    AlreadySuspended = 60,
    #[msg("The device is not suspended")]
    NotSuspended = 61,
    #[msg("A counter of the network has reached its largest value")]
    CounterExhausted = 62,
    #[msg("The account's version is not one that this program knows")]
    UnknownVersion = 63,
    #[msg("Registrations are paused in this network")]
    NetworkPaused = 64,
    #[msg("No device can be registered in this class any more")]
    ClassInactive = 65,
    #[msg("Devices of this class have no location")]
    ClassWithoutLocation = 66,
    #[msg("The device was moved less than a day ago")]
    MovedTooSoon = 67,
    #[msg("The device stands in this cell already")]
    SameCell = 68,
    #[msg("The device is suspended: it cannot be handed over or retired until it is reinstated")]
    DeviceSuspended = 69,
    #[msg("The class names no maker who could vouch for a new key: retire the device and register it anew")]
    NoMaker = 70,
    #[msg("No recovery of the device's key is pending")]
    NoRecovery = 71,
    #[msg("The three days in which the recovery can be cancelled are not over")]
    RecoveryTooEarly = 72,
    #[msg("No authority is proposed")]
    NoPendingAuthority = 73,
    #[msg("The suspension was appealed already")]
    AlreadyAppealed = 74,
    #[msg("Counters or bonds in the accounts contradict each other")]
    CountersContradict = 75,
    #[msg("The operator's bonds sum to more than 64 bits hold")]
    BondOverflow = 76,

    // Proofs that a key is held: 6080.
    #[msg("The instruction where the key's proof must stand is no signature check of the key's kind")]
    ProofMissing = 80,
    #[msg("The signature check does not hold exactly one signature with its key and message in itself")]
    ProofMalformed = 81,
    #[msg("The proof is of another key")]
    ProofOfAnotherKey = 82,
    #[msg("The proof is of another message: for another purpose, place or time")]
    ProofOfAnotherMessage = 83,
    #[msg("The proof's time is over, or ends more than a day ahead")]
    ProofOutOfTime = 84,

    // Suspension by oracles: 6100.
    #[msg("The oracle set changed after the case was opened")]
    StaleOracleSet = 100,
    #[msg("The device was suspended by this case already")]
    CaseExecuted = 101,
    #[msg("The week to vote on the case is over")]
    CaseExpired = 102,
    #[msg("The oracle voted on this case already")]
    AlreadyVoted = 103,
    #[msg("The case can still be voted on")]
    CaseAlive = 104,
}

impl RegistryError {
    /// The code that the chain reports.
    pub const fn code(self) -> u32 {
        6000 + self as u32
    }
}
