//! What firmware needs to be a device of a network: it signs attestations, keeps them over power loss until the oracle's
//! receipt is there, and never uses a sequence number twice.
//!
//! ```text
//! meter ─► CounterIntervals ─► Device::record ─► queue in flash ─► Device::batch ─► oracle
//!                                   ▲                 ▲                               │
//!                              key (trait)            └── Device::settle ◄── judge ◄── answer, receipts
//! ```
//!
//! | module | what it does |
//! |---|---|
//! | [`key`] | what signs: a secure element behind a trait, or a key in software (feature `ed25519`) |
//! | [`clock`] | the network's time, from the oracle's answers and a local clock that drifts |
//! | [`counter`] | from samples of a meter's counter to whole intervals |
//! | [`storage`] | flash, or anything like it, behind a trait; in files with the feature `std` |
//! | [`queue`] | attestations that wait for their receipt, over power loss |
//! | [`device`] | all of it together |
//! | [`answer`] | what an oracle's answer means for each attestation |
//!
//! `no_std` with `alloc`; no clock, no network, no random numbers: whoever uses it brings them.
//!
//! ```
//! # #[cfg(all(feature = "std", feature = "ed25519"))] {
//! use trellis_core::WattHours;
//! use trellis_device::{Device, Settings, Work, key::SoftwareKey, storage::FileStorage};
//!
//! # let folder = std::env::temp_dir().join(format!("trellis-device-{}", std::process::id()));
//! let settings = Settings {
//!     network: [7; 32],
//!     interval_seconds: 600,
//!     cell: None,
//!     first_counter: WattHours::ZERO,
//! };
//! let key = SoftwareKey::from_seed(&[1; 32]);
//! let mut device = Device::open(settings, key, FileStorage::open(&folder, 1 << 20)?)?;
//!
//! // Ten minutes at 6 kW, which are over: the network's time is 600 s by now.
//! device.record(0, Work::Average { nanowatts: 6_000_000_000_000 }, 600)?;
//! device.commit()?;
//! let batch = device.batch(100)?;
//! assert_eq!(batch.sequences, [1]);
//! // Post `batch.body` to an oracle, `judge` the answer, keep the receipts, then `settle` what is answered.
//! device.settle(&batch.sequences)?;
//! assert_eq!(device.pending(), 0);
//! # std::fs::remove_dir_all(&folder)?;
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod answer;
pub mod clock;
pub mod counter;
pub mod device;
pub mod key;
pub mod queue;
pub mod storage;

pub use answer::{AnswerError, Kept, Verdict, judge, oracle_time};
pub use clock::NetworkClock;
pub use counter::{CounterIntervals, MeteredInterval};
pub use device::{Batch, Device, RecordError, Recorded, Settings, Work};
pub use key::DeviceSigner;
pub use queue::{Queue, QueueError, State};
