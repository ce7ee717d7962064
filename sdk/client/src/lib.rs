//! Rust SDK of Trellis.
//!
//! | module | what for |
//! |---|---|
//! | [`addresses`] | every program-derived address |
//! | [`instructions`] | a builder for every instruction of the four programs |
//! | [`accounts`] | typed reads of the programs' accounts |
//! | [`claims`] | claims of one operator or of many, checked locally against the root on the chain |
//! | `fleet` | claims of thousands of operators, in few transactions, to be stopped and gone on with at any time |
//! | [`events`] | what the programs log, typed; with the feature `subscribe` as it happens |
//! | [`program_error`] | the programs' error codes in words |
//! | [`words`] | errors and their causes in one line |
//! | `chain` | a connection: reads, transactions that are sent until they are confirmed or have expired |
//!
//! | feature | adds |
//! |---|---|
//! | `rpc` (default) | `chain` and `fleet`, with Tokio and Solana's RPC client |
//! | `subscribe` | `events::subscribe`, over Solana's websocket |
//! | `oracle` | `oracle`: what an oracle says over HTTP |
//!
//! Without features all is pure: no network, no clock, no runtime.
#![forbid(unsafe_code)]

pub mod accounts;
pub mod addresses;
#[cfg(feature = "rpc")]
pub mod chain;
pub mod claims;
pub mod events;
#[cfg(feature = "rpc")]
pub mod fleet;
pub mod instructions;
#[cfg(feature = "oracle")]
pub mod oracle;
pub mod program_error;
pub mod words;

#[cfg(feature = "rpc")]
pub use chain::{Chain, ChainError, ServerReport};
pub use solana_address::Address;
pub use words::in_words;

/// Address of the registry program.
pub const REGISTRY_ID: Address = trellis_registry::ID;
/// Address of the staking program.
pub const STAKING_ID: Address = trellis_staking::ID;
/// Address of the token program.
pub const TOKEN_ID: Address = trellis_token::ID;
/// Address of the rewards program.
pub const REWARDS_ID: Address = trellis_rewards::ID;
/// Address of the SPL Token program.
pub const SPL_TOKEN_ID: Address = spl_token_interface::ID;
/// Address of the Token-2022 program.
pub const TOKEN_2022_ID: Address = Address::from_str_const("TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb");

/// The READMEs' examples compile.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
#[doc = include_str!("../../../README.md")]
pub struct Readme;
