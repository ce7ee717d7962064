//! `cargo xtask build-sbf --check-reproducible`: the same sources give the same bytes, wherever they are.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::build_sbf::Route;
use crate::workspace::{Program, Workspace};

/// Files of the workspace's root that a build reads.
const ROOT_FILES: [&str; 3] = ["Cargo.toml", "Cargo.lock", "program-ids.toml"];

/// Builds the named programs, or all, from here and from a copy, each into an empty target folder of its own, and
/// compares. Deploys nothing.
pub fn check(names: &[String]) -> Result<()> {
    let original = Workspace::load()?;
    let programs = original.select(names)?;
    let route = Route::find()?;
    let scratch = Scratch::create()?;
    let copied = scratch.path.join("sources");
    copy_sources(&original, &copied)?;
    let copy = Workspace::load_from(&copied)?;
    for (workspace, target) in [(&original, "first"), (&copy, "second")] {
        for program in &programs {
            eprintln!("building {} from {}", program.name, workspace.root.display());
            let built = route.build(workspace, &in_workspace(workspace, program)?, &scratch.path.join(target))?;
            fs::copy(&built, scratch.path.join(format!("{}-{target}", program.file_name())))?;
        }
    }
    for program in &programs {
        let bytes = |target: &str| fs::read(scratch.path.join(format!("{}-{target}", program.file_name())));
        let (first, second) = (bytes("first")?, bytes("second")?);
        if first != second {
            let kept = env::temp_dir().join(format!("{}-differs", program.file_name()));
            fs::write(kept.with_extension("first"), &first)?;
            fs::write(kept.with_extension("second"), &second)?;
            bail!("{}: {}; see {}.*", program.name, difference(&first, &second), kept.with_extension("").display());
        }
        println!("{}: the same {} bytes from two source and two target folders", program.name, first.len());
    }
    Ok(())
}

/// The same program in another copy of the workspace.
fn in_workspace(workspace: &Workspace, program: &Program) -> Result<Program> {
    let found = workspace.programs.iter().find(|other| other.name == program.name);
    found.cloned().with_context(|| format!("{} is not in {}", program.name, workspace.root.display()))
}

fn difference(first: &[u8], second: &[u8]) -> String {
    let at = first.iter().zip(second).position(|(a, b)| a != b).unwrap_or(first.len().min(second.len()));
    format!("{} and {} bytes, which differ from byte {at} on", first.len(), second.len())
}

/// Copies what a build of programs reads: the manifests, every package, and the programs' own toolchain files.
fn copy_sources(workspace: &Workspace, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for name in ROOT_FILES {
        fs::copy(workspace.root.join(name), to.join(name)).with_context(|| format!("cannot copy {name}"))?;
    }
    for member in &workspace.members {
        let relative = member.strip_prefix(&workspace.root).context("a package outside the workspace")?;
        copy_folder(member, &to.join(relative))?;
    }
    Ok(())
}

/// Copies a folder, but for build output and hidden files.
fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from).with_context(|| format!("cannot read {}", from.display()))? {
        let entry = entry?;
        let name = entry.file_name();
        if name == "target" || name == "node_modules" || name.to_string_lossy().starts_with('.') {
            continue;
        }
        let (from, to) = (entry.path(), to.join(&name));
        if entry.file_type()?.is_dir() {
            copy_folder(&from, &to)?;
        } else {
            fs::copy(&from, &to).with_context(|| format!("cannot copy {}", from.display()))?;
        }
    }
    Ok(())
}

/// A folder that is deleted when the check ends, however it ends.
struct Scratch {
    path: PathBuf,
}

impl Scratch {
    fn create() -> Result<Self> {
        let path = env::temp_dir().join(format!("trellis-reproducible-{}", std::process::id()));
        fs::create_dir_all(&path).with_context(|| format!("cannot create {}", path.display()))?;
        Ok(Self { path })
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn difference_gives_lengths_and_the_first_differing_byte() {
        assert_eq!(difference(b"abcd", b"abXd"), "4 and 4 bytes, which differ from byte 2 on");
        assert_eq!(difference(b"ab", b"abc"), "2 and 3 bytes, which differ from byte 2 on");
    }

    #[test]
    fn copy_folder_leaves_out_build_output() {
        let scratch = Scratch::create().unwrap();
        let from = scratch.path.join("from");
        for folder in ["src/inner", "target", ".hidden"] {
            fs::create_dir_all(from.join(folder)).unwrap();
            fs::write(from.join(folder).join("file"), folder).unwrap();
        }
        let to = scratch.path.join("to");
        copy_folder(&from, &to).unwrap();
        assert_eq!(fs::read_to_string(to.join("src/inner/file")).unwrap(), "src/inner");
        assert!(!to.join("target").exists() && !to.join(".hidden").exists());
    }
}
