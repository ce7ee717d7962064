//! What comes from the machine's own package manager: rustc with the BPF target, cargo, the sources of std.

use std::env::consts;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::{Settings, step};
use crate::process;

/// Debian's rustc. By its full path: rustup's proxies may come first on the search path, and have no BPF target.
pub const RUSTC: &str = "/usr/bin/rustc";
/// The cargo that belongs to it.
pub const CARGO: &str = "/usr/bin/cargo";
/// Where the sources of std are, which are compiled with each program.
pub const RUST_SOURCES: &str = "/usr/lib/rustlib/src/rust";
/// The first rustc with `-C panic=immediate-abort` and a target file of the form used here.
const OLDEST_RUSTC: (u32, u32) = (1, 96);

/// Fails unless this is Debian on x86-64, which this toolchain's packages are made for.
pub fn check_platform() -> Result<()> {
    if (consts::OS, consts::ARCH) != ("linux", "x86_64") {
        bail!(
            "programs can be built here only with `cargo build-sbf`, which is not installed: the other toolchain \
             wants linux x86_64, and this is {} {}. Install Solana's command-line tools, or build in a container.",
            consts::OS,
            consts::ARCH
        );
    }
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let id = os_id(&release);
    if id != "debian" {
        bail!(
            "programs can be built here only with `cargo build-sbf`, which is not installed: the other toolchain \
             wants Debian, and /etc/os-release says ID={id}. Install Solana's command-line tools, or build in a \
             Debian container."
        );
    }
    Ok(())
}

fn os_id(release: &str) -> &str {
    let id = release.lines().find_map(|line| line.strip_prefix("ID=")).unwrap_or("(nothing)");
    id.trim_matches('"')
}

/// Whether the three packages' files are here.
pub fn has_rust() -> bool {
    Path::new(RUSTC).is_file() && Path::new(CARGO).is_file() && Path::new(RUST_SOURCES).join("library").is_dir()
}

/// Installs the packages of rustc, cargo and std's sources, if they are absent.
pub fn install_rust(settings: &Settings) -> Result<()> {
    if has_rust() {
        return Ok(());
    }
    let packages = settings.rust_packages.join(" ");
    if !is_root()? {
        bail!(
            "the Debian packages {packages} are needed, and only root may install them. Run:\n  \
             sudo apt-get update && sudo apt-get install --no-install-recommends {packages}"
        );
    }
    step("refresh the package lists", update)?;
    step(&format!("install {packages}"), || {
        process::run(
            Command::new("apt-get")
                .args(["install", "-y", "-qq", "--no-install-recommends"])
                .args(&settings.rust_packages)
                .env("DEBIAN_FRONTEND", "noninteractive"),
        )
        .with_context(|| {
            format!(
                "cannot install {packages}. If this Debian names them differently, set TRELLIS_SBF_RUST_PACKAGES to \
                 its packages of rustc (1.96 or newer, with the BPF target), cargo and the sources of std"
            )
        })
    })?;
    if !has_rust() {
        bail!("{packages} are installed, but {RUSTC}, {CARGO} and {RUST_SOURCES}/library are not all here");
    }
    Ok(())
}

fn is_root() -> Result<bool> {
    Ok(process::capture_text(Command::new("id").arg("-u"))?.trim() == "0")
}

fn update() -> Result<()> {
    process::run(Command::new("apt-get").args(["update", "-qq"]))
        .context("cannot refresh the package lists: is the mirror in /etc/apt/sources.list* reachable from here?")
}

/// Gives rustc's version, after checking that it is new enough and knows the BPF target.
pub fn check_rustc() -> Result<String> {
    let version = process::capture_text(process::clean_command(RUSTC).arg("--version"))?;
    let number = version.split_whitespace().nth(1).unwrap_or_default();
    let mut parts = number.split('.').map_while(|part| part.parse::<u32>().ok());
    let found = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    if found < OLDEST_RUSTC {
        bail!(
            "{RUSTC} is {number}, and {}.{} or newer is needed: install a newer one, and name its packages in \
             TRELLIS_SBF_RUST_PACKAGES",
            OLDEST_RUSTC.0,
            OLDEST_RUSTC.1
        );
    }
    let targets = process::capture_text(process::clean_command(RUSTC).args(["--print", "target-list"]))?;
    if !targets.lines().any(|target| target.starts_with("bpfel-")) {
        bail!("{RUSTC} ({number}) does not have the BPF target: install the packages in TRELLIS_SBF_RUST_PACKAGES");
    }
    Ok(format!("rustc {number}"))
}

/// The mirror's URL that packages are taken from, without a slash at its end: the one this machine uses.
pub fn mirror(settings: &Settings) -> Result<String> {
    if let Some(mirror) = &settings.mirror {
        return Ok(mirror.trim_end_matches('/').to_owned());
    }
    if let Some(mirror) = first_mirror()? {
        return Ok(mirror);
    }
    // A fresh machine has no lists yet, and names no mirror until it has.
    if is_root()? {
        step("refresh the package lists", update)?;
    }
    first_mirror()?.context(
        "apt-get names no Debian mirror. Run `apt-get update` as root, or set TRELLIS_SBF_MIRROR to a mirror's URL",
    )
}

fn first_mirror() -> Result<Option<String>> {
    let listing = process::capture_text(Command::new("apt-get").args([
        "indextargets",
        "--format",
        "$(REPO_URI)",
        "Created-By: Packages",
    ]))?;
    let mirror = listing.lines().map(|line| line.trim_end_matches('/')).find(|line| line.ends_with("/debian"));
    Ok(mirror.map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::os_id;

    #[test]
    fn os_id_is_read_with_and_without_quotes() {
        assert_eq!(os_id("NAME=\"Debian\"\nVERSION_ID=\"12\"\nID=debian\n"), "debian");
        assert_eq!(os_id("ID=\"ubuntu\"\nID_LIKE=debian\n"), "ubuntu");
        assert_eq!(os_id(""), "(nothing)");
    }
}
