//! Builds a program with the toolchain of Debian packages: std from its sources, for sBPF version 3.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::process;
use crate::toolchain::{CARGO, RUST_SOURCES, RUSTC, Toolchain};
use crate::workspace::{Program, Workspace};

/// Flags of rustc, whatever the machine. `-C linker` and the path prefixes are added in [`flags`].
const FLAGS: [&str; 17] = [
    "-Cpanic=immediate-abort",
    "-Zunstable-options",
    "-Crelocation-model=static",
    // No file names and lines in the program: nothing can print them.
    "-Zlocation-detail=none",
    // The virtual machine has one thread and no atomic instructions.
    "-Cpasses=lower-atomic",
    // Not version 0: there, arguments past the fifth land in the gap between two stack frames.
    "-Clink-arg=--arch=v3",
    // Otherwise the linker also writes target/deploy/NAME.so under the folder it is called in.
    "-Clink-arg=--deploy=false",
    // LLVM has no such level as `s` for a whole program; what makes code small is on each function already.
    "-Clink-arg=-O2",
    // Calls to these appear after linking, so they must be kept; see xtask/sbf/builtins.
    "-Clink-arg=--disable-math-builtins",
    "-Clink-arg=--export=__multi3,__udivti3,__umodti3",
    "-Clink-arg=--llvm-args=-bpf-stack-size=4096",
    // Instructions of newer BPF that the virtual machine does not have.
    "-Clink-arg=--llvm-args=--disable-gotox,--disable-ldsx,--disable-movsx",
    // What the Solana crates look at. std itself is compiled for a system with one thread that it knows.
    "--cfg=target_os=\"solana\"",
    // Gives std's allocator a smallest alignment.
    "--cfg=target_arch=\"csky\"",
    // Version 3 calls into the runtime by hash, without relocations.
    "--cfg=target_feature=\"static-syscalls\"",
    // Programs link xtask/sbf/builtins with this toolchain alone.
    "--cfg=trellis_sbf_builtins",
    "-Aexplicit_builtin_cfgs_in_flags",
];

/// Builds the program with `sbf` as cargo's target folder. Gives the shared object in it.
pub fn build(toolchain: &Toolchain, workspace: &Workspace, program: &Program, sbf: &Path) -> Result<PathBuf> {
    let mut command = process::clean_command(CARGO);
    command
        .args(["rustc", "--release", "--lib", "--locked", "--ignore-rust-version"])
        .args(["-Zjson-target-spec", "-Zbuild-std=std,panic_abort", "-Zbuild-std-features="])
        .arg("--message-format=json-render-diagnostics")
        .args(["--package", &program.name])
        .args(own_units().into_iter().flatten())
        .arg("--target")
        .arg(workspace.root.join("xtask/sbf/sbf-target.json"))
        .arg("--target-dir")
        .arg(sbf)
        .arg("--")
        .arg(copies(program))
        .current_dir(&workspace.root)
        .env("RUSTC", RUSTC)
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTC_BOOTSTRAP_SYNTHETIC_TARGET", "1")
        .env("CARGO_ENCODED_RUSTFLAGS", flags(toolchain, workspace, sbf)?)
        .envs(PROFILE)
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", program.opt_level.as_deref().unwrap_or(OPT_LEVEL))
        // A program's library is a `cdylib`, whose file cargo gives no hash. Without this, a program and the same
        // program as another's dependency (with the feature `no-entrypoint`) are one file, and whichever was built
        // last is taken for both.
        .env("__CARGO_DEFAULT_LIB_METADATA", "trellis");
    let artifact = run(command, program)?;
    let unhashed = artifact.with_file_name("deps").join(artifact.file_name().unwrap_or_default());
    if unhashed.exists() {
        bail!(
            "{} exists: this cargo no longer gives libraries a hash of their own, and a program could be mistaken \
             for the same program built as a dependency. Use a cargo that heeds __CARGO_DEFAULT_LIB_METADATA",
            unhashed.display()
        );
    }
    Ok(artifact)
}

/// Copies of at most so many words are written out, longer ones call memcpy: where everything is to be small (see
/// [`Program::opt_level`]), not even an address's four words.
fn copies(program: &Program) -> &'static str {
    match program.opt_level {
        Some(_) => "-Clink-arg=--llvm-args=--bpf-max-stores-per-memfunc=3",
        None => "-Clink-arg=--llvm-args=--bpf-max-stores-per-memfunc=5",
    }
}

/// Programs for the addresses of another file are built beside those for `program-ids.toml`, in the same folder: std and all
/// crates without an address are the same for both, and neither pushes the other out. For that, cargo must see a
/// difference in the crate that holds the addresses; one that changes no code, since there is none in it.
fn own_units() -> Option<[&'static str; 2]> {
    process::variable("TRELLIS_PROGRAM_IDS")
        .map(|_| ["--config", "profile.release.package.trellis-program-ids.codegen-units=2"])
}

/// The level of all packages that go into a program, unless the program or the package asks for another: a claim costs 40 %
/// more compute at `z`.
const OPT_LEVEL: &str = "3";

/// The release profile of programs.
const PROFILE: [(&str, &str); 4] = [
    ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "1"),
    ("CARGO_PROFILE_RELEASE_DEBUG", "0"),
    ("CARGO_PROFILE_RELEASE_LTO", "fat"),
    ("CARGO_PROFILE_RELEASE_OVERFLOW_CHECKS", "true"),
];

/// All flags of rustc, as cargo wants them: with a separator that no flag contains.
fn flags(toolchain: &Toolchain, workspace: &Workspace, sbf: &Path) -> Result<OsString> {
    let mut flags: Vec<String> = FLAGS.iter().map(|flag| (*flag).to_owned()).collect();
    flags.push(format!("-Clinker={}", toolchain.linker.display()));
    let mut remap = |from: &Path, to: &str| flags.push(format!("--remap-path-prefix={}={to}", from.display()));
    remap(&workspace.root, "/trellis");
    remap(sbf, "/build");
    remap(Path::new(RUST_SOURCES), "/rust");
    remap(&fs::canonicalize(RUST_SOURCES).context("the sources of std are gone")?, "/rust");
    for sources in registry_folders()? {
        remap(&sources, "/crates");
    }
    Ok(flags.join("\x1f").into())
}

/// Where cargo unpacks crates: a folder for each registry, named after where that is on this machine.
fn registry_folders() -> Result<Vec<PathBuf>> {
    let home = match process::variable("CARGO_HOME") {
        Some(home) => PathBuf::from(home),
        None => env::home_dir().context("neither CARGO_HOME nor HOME is set")?.join(".cargo"),
    };
    let folder = home.join("registry/src");
    let Ok(entries) = fs::read_dir(&folder) else { return Ok(Vec::new()) };
    let mut folders = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    folders.sort();
    Ok(folders)
}

/// Runs cargo, and gives the shared object that it names as this package's.
fn run(mut command: std::process::Command, program: &Program) -> Result<PathBuf> {
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot start {CARGO}"))?;
    if !output.status.success() {
        bail!("cargo failed ({}): see its message above", output.status);
    }
    let messages = String::from_utf8(output.stdout).context("cargo's messages are not UTF-8")?;
    let artifact = messages.lines().rev().find_map(|line| shared_object(line, program));
    artifact.with_context(|| format!("cargo built {} and names no .so of it", program.name))
}

/// The shared object in one of cargo's messages, if that message is about the program.
fn shared_object(message: &str, program: &Program) -> Option<PathBuf> {
    let message: Value = serde_json::from_str(message).ok()?;
    if message["reason"] != "compiler-artifact" || Path::new(message["manifest_path"].as_str()?) != program.manifest {
        return None;
    }
    let mut files = message["filenames"].as_array()?.iter().filter_map(Value::as_str);
    files.find(|file| file.ends_with(".so")).map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shared_object_is_taken_from_the_message_of_the_package_alone() {
        let program = Program {
            name: "trellis-token".to_owned(),
            manifest: PathBuf::from("/w/programs/token/Cargo.toml"),
            ..Program::default()
        };
        let message = |manifest: &str| {
            format!(
                r#"{{"reason":"compiler-artifact","manifest_path":"{manifest}","filenames":["/t/libx.rlib","/t/libx.so"]}}"#
            )
        };
        let found = shared_object(&message("/w/programs/token/Cargo.toml"), &program);
        assert_eq!(found, Some(PathBuf::from("/t/libx.so")));
        assert_eq!(shared_object(&message("/w/programs/registry/Cargo.toml"), &program), None);
        assert_eq!(shared_object("not JSON", &program), None);
    }
}
