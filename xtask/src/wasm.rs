//! Builds `sdk/wasm` for browsers with Debian's rustc: core and alloc from their sources.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process;
use crate::toolchain::{self, CARGO, RUSTC, Settings};
use crate::workspace::Workspace;

const PACKAGE: &str = "trellis-wasm";
const TARGET: &str = "wasm32-unknown-unknown";
/// LLVM's linker for WebAssembly, and the Debian package that has it.
const LINKER: (&str, &str) = ("/usr/bin/wasm-ld-19", "lld-19");

/// Writes the module to `to`.
pub fn build(to: &Path) -> Result<()> {
    toolchain::ensure_rust(&Settings::read()?)?;
    install_linker()?;
    let workspace = Workspace::load()?;
    let folder = workspace.target_folder().join("wasm");
    let mut command = process::clean_command(CARGO);
    command
        .args(["rustc", "--release", "--lib", "--locked", "--ignore-rust-version", "--quiet"])
        .args(["-Zbuild-std=core,alloc", "--crate-type", "cdylib", "--package", PACKAGE, "--target", TARGET])
        .arg("--target-dir")
        .arg(&folder)
        .current_dir(&workspace.root)
        .env("RUSTC", RUSTC)
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_ENCODED_RUSTFLAGS", flags().join("\x1f"))
        .envs([
            ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "1"),
            ("CARGO_PROFILE_RELEASE_LTO", "fat"),
            ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "3"),
        ]);
    process::run(&mut command)?;
    let built: PathBuf = folder.join(TARGET).join("release/trellis_wasm.wasm");
    if let Some(parent) = to.parent() {
        fs::create_dir_all(parent).with_context(|| format!("cannot create {}", parent.display()))?;
    }
    let bytes = fs::copy(&built, to).with_context(|| format!("cannot copy {} to {}", built.display(), to.display()))?;
    println!("{} ({bytes} bytes)", to.display());
    Ok(())
}

fn flags() -> Vec<String> {
    let flags = ["-Cpanic=immediate-abort", "-Zunstable-options", "-Zlocation-detail=none", "-Clink-arg=--strip-all"];
    let mut flags: Vec<String> = flags.iter().map(|flag| (*flag).to_owned()).collect();
    flags.push(format!("-Clinker={}", LINKER.0));
    flags.push("-Clinker-flavor=wasm-ld".to_owned());
    flags
}

fn install_linker() -> Result<()> {
    let (program, package) = LINKER;
    if Path::new(program).exists() {
        return Ok(());
    }
    let install = ["install", "-y", "-qq", "--no-install-recommends", package];
    let installed = process::run(Command::new("apt-get").args(install).env("DEBIAN_FRONTEND", "noninteractive"));
    if installed.is_err() || !Path::new(program).exists() {
        bail!(
            "{program} is needed to link for browsers. Run:\n  sudo apt-get install --no-install-recommends {package}"
        );
    }
    Ok(())
}
