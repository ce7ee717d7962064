//! What cannot be honest: checks that a network's policy switches on, each by itself. A finding is a verdict with a reason
//! and evidence; its owner sees it and can appeal.
//!
//! | check | looks at | leads to |
//! |---|---|---|
//! | [`tracking`]: `clone` | one key, one interval, two readings | the second, and all that follow in the epoch, refused |
//! | [`tracking`]: `max_speed_m_s` | places of a device's readings, one after another | the reading refused |
//! | [`tracking`]: `max_distance_m` | a reading's place and the registry's | the reading refused |
//! | [`devices`]: `copied_intervals` | the same energies in the same intervals by two devices | the later one earns nothing |
//! | [`devices`]: `max_devices_per_cell` | devices of a class in one H3 cell | those that came last earn nothing |
//!
//! Everything here is a function of the attestations, the snapshot and the policy; what is in memory grows with devices
//! alone.

pub mod devices;
pub mod distance;
mod finding;
mod policy;
pub mod series;
pub(crate) mod tracking;

pub use finding::Finding;
pub use policy::{FraudPolicy, FraudPolicyError};
