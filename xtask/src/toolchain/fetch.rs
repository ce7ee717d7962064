//! Downloads from a Debian mirror, every byte vouched for: the suite's index is signed, it gives the package
//! list's checksum, and the list gives each package's.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::Settings;
use crate::process;

/// One package as the list describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    pub name: String,
    pub version: String,
    /// Its path under the mirror's URL.
    pub path: String,
    pub sha256: String,
    /// Names of the packages it depends on; of alternatives, the first.
    pub depends: Vec<String>,
}

/// Downloads the suite's list of packages for amd64 into `folder`, and reads it.
pub fn package_list(settings: &Settings, mirror: &str, folder: &Path) -> Result<HashMap<String, Package>> {
    let suite = format!("{mirror}/dists/{}", settings.suite);
    let signed = folder.join("InRelease");
    download(&format!("{suite}/InRelease"), &signed)
        .with_context(|| format!("is `{}` (TRELLIS_SBF_SUITE) a suite of this mirror?", settings.suite))?;
    let release = folder.join("Release");
    check_signature(settings, &signed, &release)?;
    let release = fs::read_to_string(&release).context("cannot read the suite's index")?;
    let wanted = "main/binary-amd64/Packages.xz";
    let sum = release_checksum(&release, wanted).with_context(|| format!("the suite's index lacks {wanted}"))?;
    let compressed = folder.join("Packages.xz");
    download(&format!("{suite}/{wanted}"), &compressed)?;
    check_sha256(&compressed, &sum)?;
    let list = process::capture_text(Command::new("xz").arg("-dc").arg(&compressed))?;
    Ok(parse_list(&list))
}

/// Downloads a package into `folder`, unless it is there already, and checks it.
pub fn package(mirror: &str, package: &Package, folder: &Path) -> Result<std::path::PathBuf> {
    let file = folder.join(format!("{}_{}.deb", package.name, &package.sha256));
    if !file.exists() {
        let partial = file.with_extension("partial");
        download(&format!("{mirror}/{}", package.path), &partial)
            .context("if the mirror has just been updated, run this again")?;
        check_sha256(&partial, &package.sha256)?;
        fs::rename(&partial, &file)?;
    }
    Ok(file)
}

fn download(url: &str, to: &Path) -> Result<()> {
    let mut command = Command::new("curl");
    command.args(["-fsSL", "--retry", "3", "--connect-timeout", "20", "-o"]).arg(to).arg(url);
    process::capture(&mut command).with_context(|| {
        format!("cannot download {url}: is the mirror reachable from here? (TRELLIS_SBF_MIRROR names another)")
    })?;
    Ok(())
}

fn check_signature(settings: &Settings, signed: &Path, content: &Path) -> Result<()> {
    if !settings.keyring.is_file() {
        bail!(
            "there are no keys in {}: install debian-archive-keyring, or set TRELLIS_SBF_KEYRING",
            settings.keyring.display()
        );
    }
    let _ = fs::remove_file(content);
    let output = Command::new("gpgv")
        .args(["--status-fd", "1", "--keyring"])
        .arg(&settings.keyring)
        .arg("--output")
        .args([content, signed])
        .output()
        .context("cannot start gpgv")?;
    if !is_signed(&String::from_utf8_lossy(&output.stdout)) {
        bail!(
            "the index of {} is not signed by a key in {}: update debian-archive-keyring, or set TRELLIS_SBF_KEYRING \
             if the mirror signs with keys of its own. gpgv says: {}",
            settings.suite,
            settings.keyring.display(),
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    Ok(())
}

/// Whether gpgv's status says that one signature is good and none is bad. Debian signs with several keys, and an
/// older machine lacks the newest, for which gpgv fails though the others vouch for the index.
fn is_signed(status: &str) -> bool {
    let has =
        |word: &str| status.lines().any(|line| line.strip_prefix("[GNUPG:] ").is_some_and(|l| l.starts_with(word)));
    has("VALIDSIG ") && !has("BADSIG ")
}

fn check_sha256(file: &Path, expected: &str) -> Result<()> {
    let line = process::capture_text(Command::new("sha256sum").arg(file))?;
    let found = line.split_whitespace().next().unwrap_or_default().trim_start_matches('\\');
    if found != expected {
        let _ = fs::remove_file(file);
        bail!(
            "wrong checksum for {}: expected SHA-256 {expected}, downloaded {found}. It was deleted; run this again, \
             and if it stays so, do not trust this mirror",
            file.display()
        );
    }
    Ok(())
}

/// The SHA-256 of the file `path` in the text of a `Release` file.
fn release_checksum(release: &str, path: &str) -> Option<String> {
    let entries = release.lines().skip_while(|line| *line != "SHA256:").skip(1);
    entries.take_while(|line| line.starts_with(' ')).find_map(|line| {
        let mut fields = line.split_whitespace();
        let sum = fields.next()?;
        (fields.nth(1)? == path).then(|| sum.to_owned())
    })
}

/// Reads a `Packages` file; of several versions of a package, the first.
fn parse_list(text: &str) -> HashMap<String, Package> {
    let mut list = HashMap::new();
    for block in text.split("\n\n") {
        if let Some(package) = parse_package(block) {
            list.entry(package.name.clone()).or_insert(package);
        }
    }
    list
}

fn parse_package(block: &str) -> Option<Package> {
    let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).map(str::trim);
    let first_of_alternatives = |clause: &str| {
        let end = clause.find([' ', '(', ':', '|']).unwrap_or(clause.len());
        clause[..end].to_owned()
    };
    let clauses = ["Depends", "Pre-Depends"].into_iter().filter_map(field).flat_map(|value| value.split(','));
    Some(Package {
        name: field("Package")?.to_owned(),
        version: field("Version")?.to_owned(),
        path: field("Filename")?.to_owned(),
        sha256: field("SHA256")?.to_owned(),
        depends: clauses.map(str::trim).filter(|c| !c.is_empty()).map(first_of_alternatives).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "Package: libllvm23\nVersion: 1:23.1-1\nDepends: libc6 (>= 2.41), libz3-4 | libz3-5, libgcc-s1:any\n\
        Pre-Depends: init\nFilename: pool/l/libllvm23.deb\nSHA256: ab12\nDescription: x\n y\n\n\
        Package: libllvm23\nVersion: 0\nFilename: pool/old.deb\nSHA256: 00\n\nPackage: broken\nVersion: 1\n";

    #[test]
    fn list_gives_fields_and_the_first_of_alternatives() {
        let list = parse_list(LIST);
        let package = &list["libllvm23"];
        assert_eq!((package.version.as_str(), package.path.as_str()), ("1:23.1-1", "pool/l/libllvm23.deb"));
        assert_eq!(package.sha256, "ab12");
        assert_eq!(package.depends, ["libc6", "libz3-4", "libgcc-s1", "init"]);
    }

    #[test]
    fn list_leaves_out_a_package_without_a_file() {
        assert!(!parse_list(LIST).contains_key("broken"));
    }

    #[test]
    fn release_checksum_is_taken_from_the_sha256_section() {
        let release =
            "Suite: sid\nMD5Sum:\n 11 5 main/P\nSHA256:\n 22 5 main/P.gz\n 33 5 main/P\nOther: x\n 44 5 late\n";
        assert_eq!(release_checksum(release, "main/P").as_deref(), Some("33"));
        assert_eq!(release_checksum(release, "late"), None);
    }

    #[test]
    fn signature_counts_if_one_is_good_and_none_is_bad() {
        let (good, unknown, bad) = ("[GNUPG:] VALIDSIG 4C x\n", "[GNUPG:] ERRSIG 6E x\n", "[GNUPG:] BADSIG B8 x\n");
        assert!(is_signed(&[unknown, good].concat()));
        assert!(!is_signed(unknown) && !is_signed("") && !is_signed("VALIDSIG 4C x\n"));
        assert!(!is_signed(&[good, bad].concat()));
    }

    #[test]
    fn checksum_mismatch_deletes_the_file_and_names_both_values() {
        let file = std::env::temp_dir().join(format!("trellis-checksum-{}", std::process::id()));
        fs::write(&file, "abc").unwrap();
        let error = check_sha256(&file, "1234").unwrap_err().to_string();
        assert!(error.contains("expected SHA-256 1234") && error.contains("ba7816bf"), "{error}");
        assert!(!file.exists());
    }
}
