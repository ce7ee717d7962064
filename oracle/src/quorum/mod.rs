//! Several oracles close one epoch together.
//!
//! ```text
//! log sealed ──→ own batches ─→ exchange ─→ leader: close, propose, vote
//!                    ↑             │           others: fetch, recompute, compare, vote
//!              others fetch    others' batches                     │
//!                                                     final on the chain ─→ adopt, go on
//! ```
//!
//! | module | what it does |
//! |---|---|
//! | [`statement`], [`auth`] | what oracles sign for each other, and who is answered |
//! | [`batch`], [`offer`] | what an oracle acknowledged for an epoch, sealed and signed |
//! | [`store`], [`contents`], [`files`] | batches on the disk, one's own and others' |
//! | [`client`], [`exchange`] | fetches what is missing, from each peer by itself |
//! | [`turns`] | whose turn it is, and which proposal comes first |
//! | [`candidates`], [`inspection`] | bundles that are proposed: fetched by hash, recomputed |
//! | [`seen`] | was the registry really as a bundle says? |
//! | [`coverage`] | does a bundle hold all that was acknowledged? |
//! | [`verdict`] | all of this together: is a proposal right? |
//! | [`adoption`] | goes on from the root that became final, whoever proposed it |
//! | [`round`], [`proposing`] | what an oracle with peers does, again and again |
//! | [`telling`], [`view`] | what it tells of that |

pub mod adoption;
pub mod auth;
pub mod batch;
pub mod candidates;
pub mod client;
pub mod contents;
pub mod coverage;
pub mod exchange;
pub mod files;
pub mod inspection;
pub mod offer;
pub mod proposing;
pub mod round;
pub mod seen;
pub mod statement;
pub mod store;
pub mod telling;
pub mod turns;
pub mod verdict;
pub mod view;

use solana_address::Address;

pub use turns::Timing;

/// Another oracle of the vault's set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    pub oracle: Address,
    /// Of its API, without a slash at the end.
    pub url: String,
}

/// What is taken from one oracle at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Its batches of one epoch together; a bundle that it proposes.
    pub peer_bytes: u64,
}
