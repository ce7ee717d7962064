//! The Trellis oracle: takes attestations in, never loses one, closes epochs, posts their roots.
//!
//! Data flows one way; the pure middle is the crate `trellis-epoch`.
//!
//! ```text
//! device → ingest → log → [verify → score → tree → bundle] → post → chain
//!                                                       └──→ api
//! ```
//!
//! | module | what it does |
//! |---|---|
//! | [`settings`] | file and environment into checked settings |
//! | [`clock`] | where time comes from: it is passed in, never read inside |
//! | [`chain_view`] | the registry, vault and emission, read from the chain |
//! | [`log`] | the durable log: acknowledges after fsync, commits in groups |
//! | [`ingest`] | admission, log, signed receipts |
//! | [`limits`] | how much devices and client addresses may send |
//! | [`closing`] | closes elapsed epochs and writes their bundles |
//! | [`bundles`] | copies of bundles in a store; which bundles are deleted here, and when |
//! | [`epochs`] | closed epochs, read back from their bundles for the API |
//! | [`quorum`] | several oracles close one epoch together |
//! | [`post`] | emission of elapsed epochs; proposal, vote, finalization; the only one to send transactions |
//! | [`relay`] | claims that the oracle sends and pays for, with a key of their own |
//! | [`api`] | HTTP |
//! | [`dashboard`], [`network_facts`] | the pages for browsers, and what of a network never changes |
//! | [`mqtt`] | attestations over a broker |
//! | [`tls`], [`stream`] | HTTPS, and TLS to the broker |
//! | [`worker`] | what it does by itself: closes, posts |
//! | [`follower`], [`feed`] | the chain's time, registry and vault, kept fresh |
//! | [`watch`], [`alarms`] | what somebody must be told: a low balance, a missed vote |
//! | [`metrics`], [`health`], [`telemetry`], [`traces`] | what operators see |
//! | [`key`], [`signer`] | the oracle's key, in this process or in one of its own |
//! | [`backup`] | `trellis-oracle backup`: a copy of the log and the bundles |
//! | [`check`] | `trellis-oracle check`: is everything in place? |
//! | [`statements`] | corrections and appeals that were handed in |
//! | [`service`] | puts them together |
#![forbid(unsafe_code)]

pub mod alarms;
pub mod api;
pub mod backup;
pub mod broker_watch;
pub mod bundles;
pub mod chain_view;
pub mod check;
pub mod clock;
pub mod closing;
pub mod dashboard;
pub mod epochs;
pub mod feed;
pub mod follower;
pub mod health;
pub mod ingest;
pub mod key;
pub mod limits;
pub mod log;
pub mod metrics;
pub mod mqtt;
pub mod network_facts;
mod node_folder;
pub mod post;
mod private_file;
pub mod quorum;
pub mod relay;
pub mod service;
mod serving;
pub mod settings;
pub mod shared;
pub mod signer;
pub mod statements;
pub mod stream;
pub mod telemetry;
pub mod tls;
pub mod traces;
pub mod watch;
pub mod worker;
