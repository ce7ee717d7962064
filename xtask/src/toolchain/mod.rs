//! A toolchain for on-chain programs, made of Debian's packages and published crates alone.
//!
//! Three parts, each set up once and stamped with its version:
//! [`debian`]: rustc with LLVM's BPF target and the sources of std, from the machine's own package manager;
//! [`llvm`]: a newer LLVM, unpacked aside, since 128-bit products and more than five arguments need it;
//! [`linker`]: `sbpf-linker`, built against that LLVM.

mod debian;
mod fetch;
mod linker;
mod llvm;

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::process::variable;

pub use debian::{CARGO, RUST_SOURCES, RUSTC};

/// LLVM's major version. 22 refuses 128-bit multiplication and more than five arguments.
const LLVM: &str = "23";
/// The Debian suite that has it. Its packages move on: see [`Settings::read`] for the variables that follow them.
const SUITE: &str = "sid";
/// The version of the crate `sbpf-linker`.
const LINKER: &str = "0.2.6";
/// Debian packages of rustc (with the BPF target), cargo, and the sources of std.
const RUST_PACKAGES: &str = "rustc-web cargo-web rust-web-src";
/// What vouches for the suite's index.
const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// Versions and places; every one can be set by an environment variable.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `TRELLIS_SBF_HOME`: the folder that everything is unpacked into.
    pub home: PathBuf,
    /// `TRELLIS_SBF_LLVM`: LLVM's major version.
    pub llvm: String,
    /// `TRELLIS_SBF_SUITE`: the Debian suite that has it.
    pub suite: String,
    /// `TRELLIS_SBF_LINKER`: the version of the crate `sbpf-linker`.
    pub linker: String,
    /// `TRELLIS_SBF_RUST_PACKAGES`: Debian packages of rustc, cargo and the sources of std.
    pub rust_packages: Vec<String>,
    /// `TRELLIS_SBF_MIRROR`: a Debian mirror's URL; the machine's own when absent.
    pub mirror: Option<String>,
    /// `TRELLIS_SBF_KEYRING`: the keys that the suite's index must be signed with.
    pub keyring: PathBuf,
}

impl Settings {
    /// The constants above, except where the environment says otherwise.
    pub fn read() -> Result<Self> {
        let or = |name: &str, default: &str| variable(name).unwrap_or_else(|| default.to_owned());
        Ok(Self {
            home: home()?,
            llvm: or("TRELLIS_SBF_LLVM", LLVM),
            suite: or("TRELLIS_SBF_SUITE", SUITE),
            linker: or("TRELLIS_SBF_LINKER", LINKER),
            rust_packages: or("TRELLIS_SBF_RUST_PACKAGES", RUST_PACKAGES)
                .split_whitespace()
                .map(str::to_owned)
                .collect(),
            mirror: variable("TRELLIS_SBF_MIRROR"),
            keyring: PathBuf::from(or("TRELLIS_SBF_KEYRING", KEYRING)),
        })
    }

    /// Where shared libraries of the unpacked LLVM are, with the loader that runs what is linked with them.
    fn llvm_libraries(&self) -> PathBuf {
        self.home.join("llvm/usr/lib/x86_64-linux-gnu")
    }
}

fn home() -> Result<PathBuf> {
    if let Some(home) = variable("TRELLIS_SBF_HOME") {
        return std::path::absolute(&home).with_context(|| format!("TRELLIS_SBF_HOME is `{home}`: not a path"));
    }
    let home = variable("HOME").context("neither TRELLIS_SBF_HOME nor HOME is set: nowhere to put the toolchain")?;
    Ok(Path::new(&home).join(".cache/trellis/sbf"))
}

/// A finished toolchain.
#[derive(Clone, Debug)]
pub struct Toolchain {
    /// The script that rustc calls as its linker.
    pub linker: PathBuf,
    /// What is installed, in one line.
    pub version: String,
}

/// Gives the toolchain, after setting up whatever of it is missing. One process at a time does so.
pub fn ensure(settings: &Settings) -> Result<Toolchain> {
    debian::check_platform()?;
    if !is_complete(settings) {
        fs::create_dir_all(&settings.home)
            .with_context(|| format!("cannot create {} (set TRELLIS_SBF_HOME)", settings.home.display()))?;
        let _lock = lock(&settings.home.join(".lock"))?;
        debian::install_rust(settings)?;
        llvm::install(settings)?;
        linker::install(settings)?;
    }
    let rustc = debian::check_rustc()?;
    let linker = linker::script(settings);
    let version = format!("{rustc}, LLVM {}, sbpf-linker {}", settings.llvm, settings.linker);
    Ok(Toolchain { linker, version })
}

/// Are Debian's packages to be had here?
pub fn has_packages() -> bool {
    debian::check_platform().is_ok()
}

/// Installs rustc and the sources of std alone, if they are absent.
pub fn ensure_rust(settings: &Settings) -> Result<()> {
    debian::check_platform()?;
    fs::create_dir_all(&settings.home)
        .with_context(|| format!("cannot create {} (set TRELLIS_SBF_HOME)", settings.home.display()))?;
    let _lock = lock(&settings.home.join(".lock"))?;
    debian::install_rust(settings)
}

fn is_complete(settings: &Settings) -> bool {
    debian::has_rust() && llvm::is_installed(settings) && linker::is_installed(settings)
}

/// Holds the set-up for one process; released when the file is closed, however the process ends.
fn lock(path: &Path) -> Result<File> {
    let file = File::create(path).with_context(|| format!("cannot create {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            eprintln!("setup: another process is setting up; waiting for it ({})", path.display());
            file.lock().with_context(|| format!("cannot lock {}", path.display()))?;
        }
        Err(TryLockError::Error(error)) => bail!("cannot lock {}: {error}", path.display()),
    }
    Ok(file)
}

/// Says what begins, does it, and says how long it took.
fn step<T>(what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    eprintln!("setup: {what} ...");
    let start = Instant::now();
    let result = work().with_context(|| format!("setting up: {what}"))?;
    eprintln!("setup: {what}: done in {:.1} s", start.elapsed().as_secs_f64());
    Ok(result)
}

/// Whether the stamp at `path` begins with this line. A part whose settings changed is set up anew.
fn has_stamp(path: &Path, line: &str) -> bool {
    fs::read_to_string(path).is_ok_and(|text| text.lines().next() == Some(line))
}
