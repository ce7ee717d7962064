//! Files that hold a secret: nobody but their owner may read them.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use anyhow::{Context, Result, bail};

/// Reads `what`, such as "the keypair". Refuses a file that others may read.
pub fn read(what: &str, path: &Path) -> Result<Vec<u8>> {
    let shown = path.display();
    let metadata = fs::metadata(path).with_context(|| format!("cannot read {what} {shown}"))?;
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        bail!("{what} {shown} may be read by others (mode {mode:o}): run `chmod 600 {shown}`");
    }
    fs::read(path).with_context(|| format!("cannot read {what} {shown}"))
}
