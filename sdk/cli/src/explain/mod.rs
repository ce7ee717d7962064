//! Why a device's owner got what he got for an epoch: from raw attestations to the transaction that made the root final.
//!
//! | module | what it does |
//! |---|---|
//! | [`bundle`] | finds the epoch's bundle |
//! | [`account`] | the reasoning, from the bundle alone |
//! | [`tree`] | the leaves and their proofs |
//! | [`chain`] | what the chain says of the root |
//! | [`words`] | all of it for people |

pub mod account;
pub mod bundle;
pub mod chain;
pub mod tree;
pub mod words;

pub use account::Explanation;

use trellis_epoch::bundle::BundleError;

use crate::commands::{CheckFailed, Unusable};

/// A file that is missing or cut off makes the bundle unusable; one that was changed is a finding.
fn unreadable(error: BundleError) -> anyhow::Error {
    match error {
        BundleError::Changed { .. } => CheckFailed(error.to_string()).into(),
        error => Unusable(error.to_string()).into(),
    }
}
