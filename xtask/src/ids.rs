//! `cargo xtask ids`: programs under one's own addresses.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use solana_keypair::{Keypair, read_keypair_file, write_keypair_file};
use solana_signer::Signer;

use crate::process;
use crate::workspace::Workspace;

#[path = "../../sdk/program-ids/parse.rs"]
mod parse;

/// The file that the programs' build reads: `program-ids.toml`, or what `$TRELLIS_PROGRAM_IDS` names.
pub fn file(workspace: &Workspace) -> PathBuf {
    match process::variable("TRELLIS_PROGRAM_IDS") {
        Some(file) => PathBuf::from(file),
        None => workspace.root.join("program-ids.toml"),
    }
}

/// Names and addresses in the file.
pub fn read(file: &Path) -> Result<Vec<(String, String)>> {
    let text = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    parse::program_ids(&text).map_err(|error| anyhow!("{}: {error}", file.display()))
}

/// Puts the addresses of the keys in `keys` into the file. Makes the keys that are missing.
pub fn write_own(keys: &Path) -> Result<()> {
    let file = file(&Workspace::load()?);
    let text = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    fs::create_dir_all(keys).with_context(|| format!("cannot create {}", keys.display()))?;
    let mut own = Vec::new();
    for (name, _) in read(&file)? {
        let key = key_file(keys, &name);
        let id = read_or_make(&key)?;
        println!("{name:<9} {id}  {}", key.display());
        own.push((name, id));
    }
    let changed = with_ids(&text, &own);
    if changed == text {
        println!("{} has these addresses already", file.display());
        return Ok(());
    }
    fs::write(&file, changed).with_context(|| format!("cannot write {}", file.display()))?;
    println!("written to {}: build programs and trellis again", file.display());
    Ok(())
}

/// Where the key of the program `name` is, in Solana's own way of naming.
fn key_file(keys: &Path, name: &str) -> PathBuf {
    keys.join(format!("trellis_{name}-keypair.json"))
}

/// The address of the key in the file; of a new one if there is no file. Only its owner can read a new file.
fn read_or_make(file: &Path) -> Result<String> {
    let keypair = match file.exists() {
        true => read_keypair_file(file).map_err(|error| anyhow!("{} holds no keypair: {error}", file.display()))?,
        false => {
            let keypair = Keypair::new();
            write_keypair_file(&keypair, file).map_err(|error| anyhow!("cannot write {}: {error}", file.display()))?;
            keypair
        }
    };
    Ok(keypair.pubkey().to_string())
}

/// The file's text with other addresses; its comments stay.
fn with_ids(text: &str, ids: &[(String, String)]) -> String {
    let mut lines = String::new();
    for line in text.lines() {
        let name = parse::program_id(line).map(|(name, _)| name);
        match ids.iter().find(|(own, _)| Some(own.as_str()) == name) {
            Some((name, id)) => lines.push_str(&format!("{name} = \"{id}\"\n")),
            None => lines.push_str(&format!("{line}\n")),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "4Q8TDc3b89NisNB4YyfBAwcuMEG7yHeirR2T9LTb6BAG";
    const SECOND: &str = "9yezagWKSs1jTEy5asRd7fQpo2iAVvayAwDD66ob3s8K";

    #[test]
    fn with_ids_changes_addresses_and_keeps_comments() {
        let text = format!("# Why.\nregistry = \"{FIRST}\"\n");
        let changed = with_ids(&text, &[("registry".to_owned(), SECOND.to_owned())]);
        assert_eq!(changed, format!("# Why.\nregistry = \"{SECOND}\"\n"));
    }

    #[test]
    fn program_ids_refuses_what_is_no_address_or_there_twice() {
        let read = |text: String| parse::program_ids(&text).unwrap_err();
        assert!(read("registry = \"abc\"".to_owned()).contains("ADDRESS"));
        assert!(read(format!("Registry = \"{FIRST}\"")).contains("ADDRESS"));
        assert!(read(format!("registry = {FIRST}")).contains("ADDRESS"));
        assert!(read(format!("a = \"{FIRST}\"\nb = \"{FIRST}\"")).contains("in common with a"));
        assert!(read(format!("a = \"{FIRST}\"\na = \"{SECOND}\"")).contains("in common with a"));
    }

    #[test]
    fn read_or_make_gives_the_same_address_again() {
        let folder = std::env::temp_dir().join(format!("trellis-ids-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let file = key_file(&folder, "registry");
        let made = read_or_make(&file).unwrap();
        assert_eq!(read_or_make(&file).unwrap(), made);
        fs::write(&file, "no key").unwrap();
        assert!(read_or_make(&file).unwrap_err().to_string().contains("holds no keypair"));
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn the_workspaces_file_has_an_address_for_every_program() {
        let workspace = Workspace::load().unwrap();
        let ids = read(&workspace.root.join("program-ids.toml")).unwrap();
        let mut named: Vec<String> = ids.into_iter().map(|(name, _)| format!("trellis-{name}")).collect();
        named.sort();
        let programs: Vec<String> = workspace.programs.into_iter().map(|program| program.name).collect();
        assert_eq!(named, programs);
    }
}
