//! Checks that `sdk/device` compiles for a microcontroller: with `core` and `alloc` alone, and without a linker.

use std::path::Path;

use anyhow::{Context, Result};

use crate::process;
use crate::toolchain::{self, CARGO, RUSTC, Settings};
use crate::workspace::Workspace;

/// A Cortex-M4 or M7 with a floating-point unit, as most boards for meters have.
const TARGET: &str = "thumbv7em-none-eabihf";

/// Compiles `trellis-device` without std, with and without its key in software.
pub fn check() -> Result<()> {
    if !toolchain::has_packages() {
        println!("sdk/device was not compiled for {TARGET}: that takes Debian's rustc, on x86-64");
        return Ok(());
    }
    toolchain::ensure_rust(&Settings::read()?)?;
    let workspace = Workspace::load()?;
    let folder = workspace.target_folder().join("firmware");
    for features in ["", "ed25519"] {
        build(&workspace.root, &folder, features).with_context(|| format!("sdk/device for {TARGET}"))?;
    }
    println!("sdk/device compiles for {TARGET}, without std");
    Ok(())
}

fn build(root: &Path, folder: &Path, features: &str) -> Result<()> {
    process::run(
        process::clean_command(CARGO)
            .args(["build", "--release", "--lib", "--locked", "--ignore-rust-version", "--quiet"])
            .args(["--package", "trellis-device", "--no-default-features", "--features", features])
            .args(["--target", TARGET, "-Zbuild-std=core,alloc", "--target-dir"])
            .arg(folder)
            .current_dir(root)
            .env("RUSTC", RUSTC)
            .env("RUSTC_BOOTSTRAP", "1"),
    )
}
