//! Harness of the tests: a chain in one process, and ready-made states to start from.
//!
//! | module | what for |
//! |---|---|
//! | [`world`] | [`World`]: LiteSVM with the four built programs; keys, the clock, transactions |
//! | [`accounts`] | reads of accounts, and forging them |
//! | [`catalogue`] | a sound call of every instruction, for what must hold of all |
//! | [`outcome`] | [`Failure`], and assertions on how a transaction ended |
//! | [`event`] | assertions on the events in a transaction's logs |
//! | [`refusal`] | tables of instructions that must be refused; the ways to fake an account |
//! | [`coverage`] | whether the tests assert every error of a program |
//! | [`tamper`] | instructions bent out of shape: another account, a signature missing, not writable |
//! | [`fixtures`] | networks, classes, operators, devices, mints, emissions, vaults, oracles, final roots, stake pools |
//!
//! The programs are tested as the `.so` files that `cargo xtask build-sbf` writes, never as native functions.
//!
//! ```no_run
//! use solana_signer::Signer;
//! use trellis_client::{accounts::Network, instructions::registry};
//! use trellis_registry::error::RegistryError;
//! use trellis_tests::{World, assert_program_error};
//!
//! let mut world = World::new();
//! let network = world.create_network();
//! let stranger = world.keypair();
//! let proposal = registry::propose_authority(stranger.pubkey(), network.address, stranger.pubkey());
//! assert_program_error(world.run(proposal, &[&stranger]), RegistryError::NotAuthority);
//! assert_eq!(world.account::<Network>(network.address).authority, network.authority.pubkey());
//! ```
#![forbid(unsafe_code)]

pub mod accounts;
pub mod catalogue;
pub mod coverage;
pub mod event;
pub mod fixtures;
pub mod outcome;
pub mod refusal;
pub mod tamper;
pub mod world;

pub use accounts::{MintState, TokenState, assert_same};
pub use event::{assert_event, assert_no_event};
pub use outcome::{
    Failure, Outcome, ProgramCode, assert_error, assert_program_error, assert_transaction_error, expect_success,
};
pub use refusal::{Refusal, code};
pub use world::{START_UNIX, World};
