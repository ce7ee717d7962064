//! Whether an operator's proof holds now, in words.

use trellis_client::{accounts::Vault, claims::ClaimError, oracle::Proof};

use crate::commands::CheckFailed;

/// Errors unless the proof, given by `from`, leads to a root that `vault`, read from the chain, holds now.
///
/// # Errors
/// The epoch is not final yet, later roots have replaced its own, or the proof is not of it.
pub fn check(proof: &Proof, vault: &Vault, from: &str) -> Result<(), CheckFailed> {
    proof.claim().check(vault).map_err(|error| in_words(&error, from))
}

/// With what to do about it.
pub fn in_words(error: &ClaimError, from: &str) -> CheckFailed {
    CheckFailed(match error {
        ClaimError::NotFinal { .. } => format!("{error}; claim what is final with no --epoch, or wait"),
        ClaimError::Stale { .. } => {
            format!("{error}; leave --epoch out for a new proof, or ask another oracle with --oracle if this one lags")
        }
        ClaimError::InvalidProof { .. } => format!("{from}: {error}"),
    })
}
