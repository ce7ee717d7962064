//! Whose registrations the founder's budget pays for: wallets in one file, one-time invitation codes in another.

use std::{collections::BTreeSet, path::Path};

use anyhow::{Context, Result, bail};
use solana_address::Address;

use crate::private_file;

/// A shorter code could be guessed.
const FEWEST_CODE_CHARACTERS: usize = 16;

/// Wallets in base58, one a line. What follows a `#` is for people.
pub fn read_owners(file: &Path) -> Result<BTreeSet<Address>> {
    let shown = file.display();
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read the owners in {shown}"))?;
    let parse = |(number, line): (usize, &str)| {
        line.parse().with_context(|| format!("{shown}, line {number}: `{line}` is no wallet's address in base58"))
    };
    lines(&text).map(parse).collect()
}

/// The hashes of invitation codes, which stand one a line in a file that its owner alone can read. The codes themselves
/// are kept nowhere.
pub fn read_invitations(file: &Path) -> Result<BTreeSet<[u8; 32]>> {
    let shown = file.display();
    let text = String::from_utf8(private_file::read("the invitation codes", file)?);
    let text = text.with_context(|| format!("the invitation codes in {shown} are no text"))?;
    let mut codes = BTreeSet::new();
    for (number, code) in lines(&text) {
        if code.len() < FEWEST_CODE_CHARACTERS {
            // Not shown: it is a secret.
            bail!(
                "{shown}, line {number}: a code has at least {FEWEST_CODE_CHARACTERS} characters, or it could be guessed"
            );
        }
        codes.insert(code_hash(code));
    }
    Ok(codes)
}

/// What an invitation code is known by.
pub fn code_hash(code: &str) -> [u8; 32] {
    *blake3::hash(code.trim().as_bytes()).as_bytes()
}

/// Numbered from 1, without what is for people.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.lines().map(|line| line.split('#').next().unwrap_or("").trim());
    (1..).zip(lines).filter(|(_, line)| !line.is_empty())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use super::*;

    #[test]
    fn owners_are_read_and_mistakes_are_named_with_their_line() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("owners.txt");
        let wallet = Address::new_from_array([5; 32]);
        fs::write(&file, format!("# friends\n\n{wallet} # Alice\n{wallet}\n")).unwrap();
        assert_eq!(read_owners(&file).unwrap(), BTreeSet::from([wallet]));
        fs::write(&file, "\nbob\n").unwrap();
        let refused = format!("{:#}", read_owners(&file).unwrap_err());
        assert!(refused.contains("line 2: `bob` is no wallet"), "{refused}");
        assert!(read_owners(&folder.path().join("none")).is_err());
    }

    #[test]
    fn invitation_codes_are_private_long_and_never_shown() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("codes.txt");
        fs::write(&file, "welcome-to-the-wind-farm\n").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        let refused = format!("{:#}", read_invitations(&file).unwrap_err());
        assert!(refused.contains("chmod 600"), "{refused}");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        let codes = read_invitations(&file).unwrap();
        assert!(codes.contains(&code_hash(" welcome-to-the-wind-farm ")) && codes.len() == 1);
        fs::write(&file, "welcome-to-the-wind-farm\nhunter2\n").unwrap();
        let refused = format!("{:#}", read_invitations(&file).unwrap_err());
        assert!(refused.contains("line 2") && !refused.contains("hunter2"), "{refused}");
    }
}
