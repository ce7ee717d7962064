//! Are a bundle's corrections those that the policy's key signed, one number after another?

use anyhow::Result;
use trellis_epoch::{
    Snapshot,
    bundle::{Bundle, CORRECTIONS},
    corrections::{CorrectionError, check},
};

/// The first row that an honest oracle would not have put there, in words. A stray correction changes nothing that is paid;
/// but a bundle is no place for what nobody signed.
pub fn first_stray(bundle: &Bundle, snapshot: &Snapshot) -> Result<Option<String>> {
    let (policy, mut next) = (bundle.policy()?, bundle.manifest.opening_corrections);
    for (number, row) in bundle.corrections()?.iter().enumerate() {
        use CorrectionError::{NoAmount, TooLarge, UnknownOperator};
        match check(&row.signed, next, snapshot, &policy) {
            Ok(()) | Err(UnknownOperator { .. } | NoAmount | TooLarge { .. }) => next = next.saturating_add(1),
            Err(error) => return Ok(Some(format!("{CORRECTIONS}, row {number}: {error}"))),
        }
    }
    Ok(None)
}
