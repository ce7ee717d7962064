//! The pure part of an epoch: from raw attestations to a root, and back again for whoever checks.
//!
//! The oracle closes epochs with this crate and auditors recompute them with it: the same code, so that trust is
//! replaced by checking. No clock, no network, no floats (but for distances: see [`fraud::distance`]), no hash-map order;
//! only [`bundle`] and [`sorting`] touch the disk.
//!
//! | module | what it does |
//! |---|---|
//! | [`policy`] | the network's scoring rules, versioned and hashed |
//! | [`snapshot`] | the registry and vault as they stood at a slot, and what the epoch emitted |
//! | [`reason`] | why an attestation is refused |
//! | [`signatures`] | devices' signatures, in batches over several cores |
//! | [`admission`] | checks that need nothing but the attestation itself and the snapshot |
//! | [`energy`] | the energy work kind's own checks |
//! | [`fraud`] | what cannot be honest: clones, impossible movement, crowds, copies |
//! | [`corrections`] | what operators owe and are owed |
//! | [`verify`] | verdicts over all attestations of an epoch, in any order of arrival |
//! | [`sorting`] | the log's stream into canonical order, on disk where it is long |
//! | [`score`] | points, and the tokens they earn |
//! | [`payout`] | who is paid what: shares, debts and credits |
//! | [`tree`] | trees over several cores |
//! | [`close`] | the whole epoch as one pure function |
//! | [`receipt`] | receipts as JSON, and whether an oracle signed them |
//! | [`evidence`] | whether acknowledged work was counted, and what proves that it was not |
//! | [`bundle`] | everything needed to recompute an epoch, on disk |
//! | [`audit`] | recomputes a bundle and names the first difference |
#![forbid(unsafe_code)]

pub mod admission;
pub mod audit;
pub mod bundle;
pub mod close;
pub mod corrections;
pub mod encoding;
pub mod energy;
pub mod evidence;
pub mod fraud;
mod parallel;
pub mod payout;
pub mod policy;
pub mod reason;
pub mod receipt;
pub mod score;
pub mod signatures;
pub mod snapshot;
pub mod sorting;
pub mod state;
pub mod tree;
pub mod verify;

pub use close::{ClosedEpoch, EpochInput, close_epoch};
pub use policy::Policy;
pub use reason::Reason;
pub use snapshot::Snapshot;
pub use state::LedgerState;
