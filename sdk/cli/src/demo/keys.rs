//! The demo's keys: from a seed, or random.

use std::{io::Write, os::unix::fs::OpenOptionsExt, path::Path};

use anyhow::Result;
use solana_keypair::Keypair;
use trellis_core::hash::sha256;

/// Makes a key for every role. The same seed gives the same keys.
pub struct KeyRing {
    base: [u8; 32],
}

impl KeyRing {
    pub fn new(seed: Option<u64>) -> Self {
        let base = match seed {
            Some(seed) => sha256(&[b"trellis demo seed", &seed.to_le_bytes()]),
            None => *Keypair::new().secret_bytes(),
        };
        Self { base }
    }

    pub fn key(&self, role: &str) -> Keypair {
        Keypair::new_from_array(self.secret(role))
    }

    /// The 32 bytes that the key of `role` is made from.
    pub fn secret(&self, role: &str) -> [u8; 32] {
        sha256(&[b"trellis demo key", &self.base, role.as_bytes()])
    }
}

/// Writes a keypair in Solana's format, readable by its owner alone.
pub fn write_key(path: &Path, key: &Keypair) -> Result<()> {
    let mut file = std::fs::File::options().create(true).write(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(&serde_json::to_vec(&key.to_bytes().to_vec())?)?;
    Ok(())
}
