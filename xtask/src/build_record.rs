//! What a program was built for: a file beside it, such as `trellis_registry.json`.
//!
//! `trellis deploy` reads it before it spends anything: a program under another address than it was built for does
//! not work, and neither do programs that were built for different addresses of each other.

use anyhow::{Context, Result};
use serde_json::{Map, json};
use solana_sha256_hasher::hash;

use crate::workspace::Program;

/// The record's text. `ids` are the names and addresses that the build read.
pub fn of(program: &Program, bytes: &[u8], ids: &[(String, String)]) -> Result<String> {
    let short = program.name.trim_start_matches("trellis-");
    let own = ids.iter().find(|(name, _)| name == short);
    let (name, id) =
        own.with_context(|| format!("program-ids.toml has no address for `{short}`: add a line for it"))?;
    let sha256: String = hash(bytes).to_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    let all: Map<_, _> = ids.iter().map(|(name, id)| (name.clone(), json!(id))).collect();
    let record = json!({ "program": name, "id": id, "bytes": bytes.len(), "sha256": sha256, "ids": all });
    Ok(format!("{record:#}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_names_address_and_hash() {
        let (name, version) = ("trellis-token".to_owned(), "1.0.0".to_owned());
        let program = Program { name, version, ..Program::default() };
        let ids = [("token".to_owned(), "its address".to_owned())];
        let record: serde_json::Value = serde_json::from_str(&of(&program, b"abc", &ids).unwrap()).unwrap();
        assert_eq!((&record["id"], &record["bytes"]), (&json!("its address"), &json!(3)));
        assert_eq!(record["sha256"], "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert!(of(&program, b"abc", &[]).unwrap_err().to_string().contains("`token`"));
    }
}
