//! `cargo xtask build-sbf`: builds programs one at a time, and reports on each.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::toolchain::{self, Settings, Toolchain};
use crate::workspace::{Program, Workspace, deploy_folder, sbf_folder};
use crate::{build_record, ids, process, report, route_debian, route_platform_tools, workspace};

/// How programs are built on this machine.
pub enum Route {
    /// Solana's own `cargo build-sbf`.
    PlatformTools {
        /// What it says its version is.
        version: String,
    },
    /// The toolchain of Debian packages.
    Debian(Toolchain),
}

impl Route {
    /// `cargo build-sbf` where it is installed; otherwise the other toolchain, set up if need be.
    pub fn find() -> Result<Self> {
        let mut probe = process::clean_command(&workspace::cargo());
        if let Ok(text) = process::capture_text(probe.args(["build-sbf", "--version"])) {
            return Ok(Self::PlatformTools { version: text.lines().collect::<Vec<_>>().join(", ") });
        }
        Ok(Self::Debian(toolchain::ensure(&Settings::read()?)?))
    }

    /// What builds programs, in one line.
    pub fn version(&self) -> &str {
        match self {
            Self::PlatformTools { version } => version,
            Self::Debian(toolchain) => &toolchain.version,
        }
    }

    /// Builds one program with `sbf` as cargo's target folder. Gives the file that cargo made.
    pub fn build(&self, workspace: &Workspace, program: &Program, sbf: &Path) -> Result<PathBuf> {
        let built = match self {
            Self::PlatformTools { .. } => route_platform_tools::build(workspace, program, sbf),
            Self::Debian(toolchain) => route_debian::build(toolchain, workspace, program, sbf),
        };
        built.with_context(|| format!("cannot build {}", program.name))
    }
}

/// Builds the named programs, or all, into `deploy_to` or else the deploy folder, and reports on each.
pub fn run(names: &[String], deploy_to: Option<PathBuf>) -> Result<()> {
    let workspace = Workspace::load()?;
    let programs = workspace.select_with_examples(names)?;
    let route = Route::find()?;
    let target = workspace.target_folder();
    let deploy = deploy_to.unwrap_or_else(|| deploy_folder(&target));
    let ids = ids::read(&ids::file(&workspace))?;
    let mut too_deep = Vec::new();
    for program in &programs {
        let artifact = route.build(&workspace, program, &sbf_folder(&target))?;
        let bytes = fs::read(&artifact).with_context(|| format!("cannot read {}", artifact.display()))?;
        let deployed = deploy.join(program.file_name());
        let report = report::Report::of(&bytes).with_context(|| format!("{} is not sound", artifact.display()))?;
        println!("{}", report.line(&deployed));
        match report.excess() {
            Some(excess) => too_deep.push(format!("{}: {excess}", program.name)),
            None => {
                write_if_changed(&deployed, &bytes)?;
                // Examples are not deployed by `trellis`.
                if workspace.programs.contains(program) {
                    let record = build_record::of(program, &bytes, &ids)?;
                    write_if_changed(&deployed.with_extension("json"), record.as_bytes())?;
                }
            }
        }
    }
    // What the figures in COSTS.md depend on.
    write_if_changed(&deploy.join("toolchain.txt"), format!("{}\n", route.version()).as_bytes())?;
    if !too_deep.is_empty() {
        bail!("not deployed:\n{}", too_deep.join("\n"));
    }
    Ok(())
}

/// Puts the bytes in place by a rename. A file that has them already keeps its time of modification, so that
/// nothing which depends on it is rebuilt.
fn write_if_changed(path: &Path, bytes: &[u8]) -> Result<()> {
    if fs::read(path).is_ok_and(|present| present == bytes) {
        return Ok(());
    }
    let folder = path.parent().context("a program's path has no folder")?;
    let partial = path.with_extension(format!("partial-{}", std::process::id()));
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(&partial, bytes))
        .and_then(|()| fs::rename(&partial, path))
        .with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn write_if_changed_same_bytes_keeps_the_time_of_modification() {
        let folder = std::env::temp_dir().join(format!("trellis-write-{}", std::process::id()));
        let file = folder.join("deploy/a.so");
        write_if_changed(&file, b"one").unwrap();
        let old = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000);
        fs::File::options().write(true).open(&file).unwrap().set_modified(old).unwrap();
        write_if_changed(&file, b"one").unwrap();
        assert_eq!(fs::metadata(&file).unwrap().modified().unwrap(), old);
        write_if_changed(&file, b"two").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"two");
        fs::remove_dir_all(&folder).unwrap();
    }
}
