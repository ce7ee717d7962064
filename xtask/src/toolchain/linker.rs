//! `sbpf-linker`: turns the bitcode that rustc makes into a program for Solana's virtual machine.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::{Settings, has_stamp, step};
use crate::process;
use crate::workspace::cargo;

/// Whether this linker is built, and the script that runs it is written.
pub fn is_installed(settings: &Settings) -> bool {
    has_stamp(&stamp_file(settings), &stamp(settings)) && has_text(&script(settings), &script_text(settings))
}

/// The script that rustc calls.
pub fn script(settings: &Settings) -> PathBuf {
    settings.home.join("link.sh")
}

fn stamp_file(settings: &Settings) -> PathBuf {
    settings.home.join("linker.done")
}

fn stamp(settings: &Settings) -> String {
    format!("sbpf-linker {} with LLVM {}", settings.linker, settings.llvm)
}

/// Builds the linker and writes the script, unless done.
pub fn install(settings: &Settings) -> Result<()> {
    if !has_stamp(&stamp_file(settings), &stamp(settings)) {
        step(&format!("build sbpf-linker {} (about two minutes)", settings.linker), || build(settings))?;
        fs::write(stamp_file(settings), stamp(settings) + "\n")?;
    }
    let script = script(settings);
    let partial = script.with_extension("partial");
    fs::write(&partial, script_text(settings))?;
    fs::set_permissions(&partial, fs::Permissions::from_mode(0o755))?;
    fs::rename(&partial, &script)?;
    let version = process::capture_text(Command::new(&script).arg("--version"))
        .context("sbpf-linker is built and does not run: delete TRELLIS_SBF_HOME and set up again")?;
    eprintln!("setup: {}", version.trim().replace('\n', ", "));
    Ok(())
}

fn build(settings: &Settings) -> Result<()> {
    // A folder with LLVM alone: the newer C library beside it must not be linked with.
    let link = settings.home.join("link");
    fs::create_dir_all(&link)?;
    let library = link.join("libLLVM.so");
    let _ = fs::remove_file(&library);
    symlink(settings.llvm_libraries().join("libLLVM.so"), &library)?;
    // Kept when interrupted, so that the next attempt goes on from there.
    let target = settings.home.join("linker-build");
    let flags = format!("-Lnative={}\x1f-Clink-arg=-Wl,--allow-shlib-undefined", link.display());
    let mut command = process::clean_command(&cargo());
    // The crate's source names a toolchain that rustup would look for: its rustc is taken by path instead.
    if let Some(rustc) = rustc_beside(&cargo()) {
        command.env("RUSTC", rustc);
    }
    process::run(
        command
            .args(["install", "sbpf-linker", "--quiet", "--locked", "--force", "--no-default-features"])
            .arg(format!("--version={}", settings.linker))
            .arg(format!("--features=bpf-linker/llvm-{}", settings.llvm))
            .arg("--root")
            .arg(&settings.home)
            .env("CARGO_TARGET_DIR", &target)
            .env("CARGO_ENCODED_RUSTFLAGS", flags)
            .env(format!("LLVM_SYS_{}1_PREFIX", settings.llvm), settings.home.join("llvm/usr")),
    )
    .with_context(|| {
        format!(
            "cannot build sbpf-linker {} with LLVM {}: see cargo's message above. TRELLIS_SBF_LINKER sets another \
             version, TRELLIS_SBF_LLVM another LLVM; if crates cannot be downloaded, check cargo's registry settings",
            settings.linker, settings.llvm
        )
    })?;
    fs::remove_dir_all(&target).with_context(|| format!("cannot remove {}", target.display()))
}

/// The rustc of the same toolchain as `cargo`, if that is a path.
fn rustc_beside(cargo: &str) -> Option<PathBuf> {
    let rustc = Path::new(cargo).with_file_name("rustc");
    rustc.is_absolute().then_some(rustc).filter(|rustc| rustc.is_file())
}

/// The script's text. A program that another depends on is compiled as a library of both kinds too, without its
/// entry point and so without an allocator, and cannot be linked; nobody needs it to be.
fn script_text(settings: &Settings) -> String {
    let libraries = settings.llvm_libraries();
    format!(
        r#"#!/bin/sh
# Written by `cargo xtask`. Runs sbpf-linker with the C library that its LLVM wants.
# A library without an entry point is a program as another one's dependency: it gets an empty file.
previous= symbols= output=
for argument; do
    case $previous in
    --export-symbols) symbols=$argument ;;
    -o) output=$argument ;;
    esac
    previous=$argument
done
if [ -n "$symbols" ] && ! grep -qx entrypoint "$symbols"; then
    : >"$output"
    exit 0
fi
exec '{0}/ld-linux-x86-64.so.2' --library-path '{0}' '{1}' "$@"
"#,
        libraries.display(),
        settings.home.join("bin/sbpf-linker").display()
    )
}

fn has_text(file: &Path, text: &str) -> bool {
    fs::read_to_string(file).is_ok_and(|found| found == text)
}
