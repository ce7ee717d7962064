//! The built programs, each with the record that `cargo xtask build-sbf` writes beside it.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use solana_address::Address;
use trellis_core::hash::sha256;

use crate::{commands::Unusable, localnet::TRELLIS_PROGRAMS};

/// How to get programs that can be deployed.
const BUILD: &str = "build the programs with `cargo xtask build-sbf`";

/// What a program was built for.
#[derive(Clone, Debug, Deserialize)]
struct Record {
    program: String,
    id: String,
    bytes: usize,
    sha256: String,
    /// The addresses that the build gave to all programs, this one among them.
    ids: BTreeMap<String, String>,
}

/// A program that can be deployed.
#[derive(Clone, Debug)]
pub struct BuiltProgram {
    pub name: &'static str,
    /// The address that it was built for, and works under.
    pub id: Address,
    pub path: PathBuf,
    pub elf: Vec<u8>,
    /// SHA-256 of the file, in hex.
    pub sha256: String,
}

/// Reads all of Trellis's programs from `folder`, and makes sure that each is what its record says and that all were
/// built for the same addresses.
///
/// # Errors
/// A file is missing, was changed after the build, or was built for other addresses than the others.
pub fn read_all(folder: &Path) -> Result<Vec<BuiltProgram>, Unusable> {
    let mut programs = Vec::new();
    let mut first: Option<Record> = None;
    for (name, _, file) in TRELLIS_PROGRAMS {
        let (program, record) = read(name, &folder.join(file))?;
        match &first {
            Some(first) if first.ids != record.ids => {
                return Err(Unusable(format!(
                    "{} and {} in {} were built for different addresses of the programs, and would not know each \
                     other: {BUILD}, all of them",
                    first.program,
                    record.program,
                    folder.display()
                )));
            }
            Some(_) => {}
            None => first = Some(record),
        }
        programs.push(program);
    }
    Ok(programs)
}

fn read(name: &'static str, path: &Path) -> Result<(BuiltProgram, Record), Unusable> {
    let record_path = path.with_extension("json");
    let shown = path.display();
    let elf = std::fs::read(path).map_err(|error| Unusable(format!("cannot read {shown}: {error}; {BUILD}")))?;
    let no_record = |error: String| {
        let record = record_path.display();
        Unusable(format!("{record}, which says what {shown} was built for, cannot be read: {error}; {BUILD}"))
    };
    let text = std::fs::read_to_string(&record_path).map_err(|error| no_record(error.to_string()))?;
    let record: Record = serde_json::from_str(&text).map_err(|error| no_record(error.to_string()))?;
    let hash = hex::encode(sha256(&[&elf]));
    if (record.sha256.as_str(), record.bytes) != (hash.as_str(), elf.len()) {
        return Err(Unusable(format!(
            "{shown} is not the file that {} tells of ({} bytes, SHA-256 {hash}; not {} bytes, {}): it was changed or \
             copied from elsewhere, so nobody knows for which address it was built; {BUILD}",
            record_path.display(),
            elf.len(),
            record.bytes,
            record.sha256
        )));
    }
    let declared = record.ids.get(name).filter(|id| record.program == name && **id == record.id);
    let Some(id) = declared.and_then(|id| id.parse::<Address>().ok()) else {
        return Err(no_record(format!("it is not about the program {name}")));
    };
    Ok((BuiltProgram { name, id, path: path.to_owned(), elf, sha256: hash }, record))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use super::*;

    /// A folder with a file for each program, as build-sbf writes them; `change` may spoil a record.
    fn folder(change: impl Fn(&str, &mut serde_json::Value)) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let ids: BTreeMap<_, _> = TRELLIS_PROGRAMS.iter().map(|(name, id, _)| (*name, id.to_string())).collect();
        for (name, id, file) in TRELLIS_PROGRAMS {
            let mut record = json!({
                "program": name, "id": id.to_string(), "bytes": name.len(),
                "sha256": hex::encode(sha256(&[name.as_bytes()])), "ids": ids,
            });
            change(name, &mut record);
            let path = folder.path().join(file);
            std::fs::write(&path, name).unwrap();
            std::fs::write(path.with_extension("json"), record.to_string()).unwrap();
        }
        folder
    }

    #[test]
    fn read_all_gives_every_program_with_its_address() {
        let programs = read_all(folder(|_, _| {}).path()).unwrap();
        let read: Vec<_> = programs.iter().map(|program| (program.name, program.id)).collect();
        assert_eq!(read, TRELLIS_PROGRAMS.map(|(name, id, _)| (name, id)));
    }

    #[test]
    fn read_all_refuses_what_does_not_fit_together() {
        let refused = |change: fn(&str, &mut serde_json::Value)| read_all(folder(change).path()).unwrap_err().0;
        let other = Address::new_from_array([7; 32]).to_string();
        assert!(refused(|_, record| record["sha256"] = json!("00")).contains("changed or copied"));
        assert!(refused(|_, record| record["bytes"] = json!(1)).contains("changed or copied"));
        assert!(refused(|_, record| record["program"] = json!("another")).contains("not about the program"));
        assert!(refused(|_, record| record["id"] = json!("another")).contains("not about the program"));
        let mixed = folder(|name, record| {
            if name == "token" {
                (record["id"], record["ids"][name]) = (json!(other), json!(other));
            }
        });
        assert!(read_all(mixed.path()).unwrap_err().0.contains("different addresses"));
        std::fs::remove_file(mixed.path().join("trellis_registry.json")).unwrap();
        assert!(read_all(mixed.path()).unwrap_err().0.contains("trellis_registry.json"));
        std::fs::remove_file(mixed.path().join("trellis_registry.so")).unwrap();
        assert!(read_all(mixed.path()).unwrap_err().0.contains("cargo xtask build-sbf"));
    }
}
