//! Is everything in a bundle that must be? One pass over both, in canonical order.

use anyhow::{Context, Result};
use trellis_core::attestation::SignedAttestation;
use trellis_epoch::{bundle::Bundle, sorting::Sorted, verify::canonical_key};

/// Shows `missing` every one of `wanted` that is not in the bundle; it says whether to go on.
pub fn missing(
    wanted: &mut Sorted,
    bundle: &Bundle,
    missing: &mut dyn FnMut(&SignedAttestation) -> Result<bool>,
) -> Result<()> {
    let mut table = bundle.attestations().context("the bundle's attestations")?;
    let mut rows = Vec::new().into_iter();
    let mut theirs: Option<SignedAttestation> = None;
    while let Some(block) = wanted.next_block()? {
        for ours in block {
            let key = canonical_key(&ours);
            loop {
                if theirs.is_none() {
                    if rows.len() == 0 {
                        rows = table.next_rows()?.unwrap_or_default().into_iter();
                    }
                    theirs = rows.next();
                }
                match theirs.as_ref().map(|theirs| canonical_key(theirs).cmp(&key)) {
                    // Theirs alone: somebody else acknowledged it.
                    Some(std::cmp::Ordering::Less) => theirs = None,
                    Some(std::cmp::Ordering::Equal) => {
                        theirs = None;
                        break;
                    }
                    Some(std::cmp::Ordering::Greater) | None => {
                        if !missing(&ours)? {
                            return Ok(());
                        }
                        break;
                    }
                }
            }
        }
    }
    Ok(())
}
