//! Builds a program with Solana's own `cargo build-sbf`.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::process;
use crate::workspace::{Program, Workspace, cargo};

/// Builds the program with `sbf` as cargo's target folder. Gives the shared object in it.
pub fn build(workspace: &Workspace, program: &Program, sbf: &Path) -> Result<PathBuf> {
    // A folder of its own: the tool also writes a keypair beside each program.
    let output = sbf.join("platform-tools");
    process::run(
        process::clean_command(&cargo())
            .args(["build-sbf", "--arch", "v3", "--manifest-path"])
            .arg(&program.manifest)
            .arg("--sbf-out-dir")
            .arg(&output)
            .args(["--", "--locked", "--ignore-rust-version"])
            .current_dir(&workspace.root)
            .env("CARGO_TARGET_DIR", sbf)
            .env("CARGO_PROFILE_RELEASE_OVERFLOW_CHECKS", "true"),
    )?;
    let file = output.join(program.file_name());
    if !file.is_file() {
        bail!("cargo build-sbf ended well and did not write {}", file.display());
    }
    Ok(file)
}
