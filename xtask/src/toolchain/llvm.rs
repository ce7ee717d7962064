//! LLVM's BPF back end, newer than the system's, with the C library it wants: unpacked aside, and only ever
//! reached through its own loader, so that nothing of the system is replaced.

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::fetch::{self, Package};
use super::{Settings, debian, has_stamp, step};
use crate::process;

/// Programs that the set-up runs, and the Debian packages that have them.
const TOOLS: [(&str, &str); 5] =
    [("curl", "curl"), ("xz", "xz-utils"), ("dpkg-deb", "dpkg"), ("gpgv", "gpgv"), ("sha256sum", "coreutils")];

/// Whether this LLVM is unpacked.
pub fn is_installed(settings: &Settings) -> bool {
    has_stamp(&settings.home.join("llvm/.done"), &stamp(settings))
}

fn stamp(settings: &Settings) -> String {
    format!("libllvm{} from {}", settings.llvm, settings.suite)
}

/// Downloads and unpacks LLVM and what it depends on, unless done.
pub fn install(settings: &Settings) -> Result<()> {
    if is_installed(settings) {
        return Ok(());
    }
    check_tools()?;
    let mirror = debian::mirror(settings)?;
    let downloads = settings.home.join("downloads");
    fs::create_dir_all(&downloads)?;
    let packages = step(&format!("read the package list of {}", settings.suite), || {
        let list = fetch::package_list(settings, &mirror, &downloads)?;
        closure(&list, &format!("libllvm{}", settings.llvm), settings)
    })?;
    let files = step(&format!("download {} packages", packages.len()), || {
        packages.iter().map(|package| fetch::package(&mirror, package, &downloads)).collect::<Result<Vec<_>>>()
    })?;
    step(&format!("unpack LLVM {}", settings.llvm), || unpack(settings, &packages, &files))?;
    fs::remove_dir_all(&downloads)?;
    Ok(())
}

fn check_tools() -> Result<()> {
    let missing: Vec<_> = TOOLS.iter().filter(|(tool, _)| !process::is_on_path(tool)).collect();
    if let Some((tool, _)) = missing.first() {
        let packages: Vec<&str> = missing.iter().map(|(_, package)| *package).collect();
        bail!("`{tool}` is not on the search path. Run:\n  apt-get install {}", packages.join(" "));
    }
    Ok(())
}

/// The package called `root` and everything it depends on.
fn closure(list: &HashMap<String, Package>, root: &str, settings: &Settings) -> Result<Vec<Package>> {
    if !list.contains_key(root) {
        let mut others: Vec<&str> = list.keys().filter(|name| is_llvm(name)).map(String::as_str).collect();
        others.sort_unstable();
        bail!(
            "Debian's suite `{}` has no package `{root}`; it has {}. Set TRELLIS_SBF_LLVM to the major version of \
             one of these (23 or newer, and one that sbpf-linker {} knows), or TRELLIS_SBF_SUITE to a suite with {root}",
            settings.suite,
            if others.is_empty() { "no LLVM at all".to_owned() } else { others.join(", ") },
            settings.linker,
        );
    }
    let (mut chosen, mut queue): (Vec<Package>, _) = (Vec::new(), vec![root]);
    while let Some(name) = queue.pop() {
        // Names that the list does not have are virtual packages, which LLVM's libraries can do without.
        let Some(package) = list.get(name) else { continue };
        if chosen.iter().any(|known| known.name == name) {
            continue;
        }
        queue.extend(package.depends.iter().map(String::as_str));
        chosen.push(package.clone());
    }
    chosen.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(chosen)
}

fn is_llvm(name: &str) -> bool {
    name.strip_prefix("libllvm").is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()))
}

/// Unpacks into a temporary folder, and puts that in place by a rename, so that no half of it is ever used.
fn unpack(settings: &Settings, packages: &[Package], files: &[PathBuf]) -> Result<()> {
    let partial = settings.home.join("llvm.partial");
    let finished = settings.home.join("llvm");
    remove(&partial)?;
    fs::create_dir_all(&partial)?;
    for file in files {
        process::capture(Command::new("dpkg-deb").arg("-x").arg(file).arg(&partial))?;
    }
    let libraries = partial.join("usr/lib/x86_64-linux-gnu");
    let library = find_library(&libraries, &settings.llvm)?;
    symlink(&library, libraries.join("libLLVM.so"))?;
    let contents: Vec<String> = packages.iter().map(|p| format!("{} {} {}", p.name, p.version, p.sha256)).collect();
    fs::write(partial.join(".done"), format!("{}\n{}\n", stamp(settings), contents.join("\n")))?;
    remove(&finished)?;
    fs::rename(&partial, &finished)?;
    Ok(())
}

/// The file name of LLVM's library, such as `libLLVM.so.23.1`.
fn find_library(folder: &Path, major: &str) -> Result<String> {
    let prefix = format!("libLLVM.so.{major}.");
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.starts_with(&prefix) {
            return Ok(name);
        }
    }
    bail!("package libllvm{major} holds no {prefix}* in {}: its layout has changed", folder.display())
}

fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", folder.display()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Settings {
        Settings {
            home: PathBuf::new(),
            llvm: "23".to_owned(),
            suite: "sid".to_owned(),
            linker: "1.0".to_owned(),
            rust_packages: Vec::new(),
            mirror: None,
            keyring: PathBuf::new(),
        }
    }

    fn list(packages: &[(&str, &[&str])]) -> HashMap<String, Package> {
        let package = |(name, depends): &(&str, &[&str])| {
            let depends = depends.iter().map(|d| (*d).to_owned()).collect();
            let (version, path, sha256) = (String::new(), String::new(), String::new());
            ((*name).to_owned(), Package { name: (*name).to_owned(), version, path, sha256, depends })
        };
        packages.iter().map(package).collect()
    }

    #[test]
    fn closure_follows_dependencies_once_and_skips_virtual_packages() {
        let list =
            list(&[("libllvm23", &["libc6", "virtual"]), ("libc6", &["libgcc"]), ("libgcc", &["libc6"]), ("x", &[])]);
        let names: Vec<_> = closure(&list, "libllvm23", &settings()).unwrap().into_iter().map(|p| p.name).collect();
        assert_eq!(names, ["libc6", "libgcc", "libllvm23"]);
    }

    #[test]
    fn closure_without_the_package_names_what_there_is_and_the_variables() {
        let list = list(&[("libllvm24", &[]), ("libllvm24-dbg", &[])]);
        let error = closure(&list, "libllvm23", &settings()).unwrap_err().to_string();
        assert!(error.contains("it has libllvm24. Set TRELLIS_SBF_LLVM"), "{error}");
    }
}
