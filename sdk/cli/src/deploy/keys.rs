//! The keys that a deployment needs.

use std::path::{Path, PathBuf};

use solana_address::Address;
use solana_keypair::{Keypair, read_keypair_file};
use solana_signer::Signer;
use trellis_core::hash::sha256;

use super::BuiltProgram;
use crate::commands::{Unusable, wallet::is_hardware};

/// How to get keys that fit the programs.
const OWN_IDS: &str =
    "run `cargo xtask ids` with your folder of keys, then build programs and trellis again (`make deploy` does all)";

/// Where the key of the program `name` is in `folder`, in Solana's own way of naming.
pub fn program_key_file(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("trellis_{name}-keypair.json"))
}

/// A keypair in Solana's own format: a JSON array of 64 bytes.
pub fn read_keypair(file: &Path) -> Result<Keypair, Unusable> {
    if is_hardware(file) {
        return Err(Unusable(format!(
            "{} is a hardware wallet, and what is to be signed here is for no hardware wallet: name the file of a keypair",
            file.display()
        )));
    }
    let unreadable = |error: String| Unusable(format!("cannot read the keypair {}: {error}", file.display()));
    read_keypair_file(file).map_err(|error| unreadable(error.to_string()))
}

/// The key of a program that is not on the chain yet: it signs the program's creation.
pub fn program_key(folder: &Path, program: &BuiltProgram) -> Result<Keypair, Unusable> {
    let file = program_key_file(folder, program.name);
    if !file.exists() {
        return Err(Unusable(format!(
            "the {} program was built for {}, whose key is not there: {} does not exist. {OWN_IDS}",
            program.name,
            program.id,
            file.display()
        )));
    }
    let key = read_keypair(&file)?;
    if key.pubkey() != program.id {
        return Err(Unusable(format!(
            "{} is the key of {}, and {} was built for {}: under another address it would not work. {OWN_IDS}",
            file.display(),
            key.pubkey(),
            program.path.display(),
            program.id
        )));
    }
    Ok(key)
}

/// The key of the buffer in which `payer` collects the bytes of the program at `program`. Always the same, so that a
/// later run finds what an earlier one wrote.
pub fn buffer_key(payer: &Keypair, program: &Address) -> Keypair {
    Keypair::new_from_array(sha256(&[b"trellis deploy buffer", payer.secret_bytes(), program.as_ref()]))
}
