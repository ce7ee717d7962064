//! Whether an operator's proof holds now, in words.

use trellis_client::{accounts::Vault, oracle::Proof};
use trellis_core::Epoch;

use crate::commands::CheckFailed;

/// Errors unless the proof, given by `from`, leads to a root that `vault`, read from the chain, holds now.
///
/// # Errors
/// The epoch is not final yet, later roots have replaced its own, or the proof is not of it.
pub fn check(proof: &Proof, vault: &Vault, from: &str) -> Result<(), CheckFailed> {
    let epoch = proof.epoch;
    if epoch >= vault.next_epoch {
        let next = vault.next_epoch;
        return Err(CheckFailed(format!(
            "epoch {epoch} is not final yet: the next to become final is {next}; claim what is final with no --epoch, or wait"
        )));
    }
    if vault.kept_root(Epoch(epoch)).is_none() {
        let last = vault.next_epoch.saturating_sub(1);
        return Err(CheckFailed(format!(
            "the proof is stale: it is for epoch {epoch}, and the vault keeps the last four roots, up to epoch {last}; \
             leave --epoch out for a new proof, or ask another oracle with --oracle if this one lags"
        )));
    }
    proof.claim().check(vault).map_err(|error| CheckFailed(format!("{from}: {error}")))
}
