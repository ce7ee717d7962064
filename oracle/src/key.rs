//! The oracle's key, read from a file.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use anyhow::{Context, Result, bail};
use ed25519_dalek::{Signer as _, SigningKey};
use solana_address::Address;
use solana_keypair::Keypair;
use solana_signer::Signer as _;
use trellis_core::{Hash, receipt::Receipt};
use trellis_epoch::bundle::ManifestSignature;

/// Signs transactions in [`crate::post`], receipts in [`crate::ingest`] and bundles in [`crate::closing`]; nobody else has it.
pub struct OracleKey {
    keypair: Keypair,
    receipts: SigningKey,
}

impl OracleKey {
    /// Reads Solana's own keypair format: a JSON array of 64 bytes. Refuses a file that others may read.
    pub fn read(path: &Path) -> Result<Self> {
        let shown = path.display();
        let metadata = fs::metadata(path).with_context(|| format!("cannot read the keypair {shown}"))?;
        let mode = metadata.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            bail!("the keypair {shown} may be read by others (mode {mode:o}): run `chmod 600 {shown}`");
        }
        let text = fs::read_to_string(path).with_context(|| format!("cannot read the keypair {shown}"))?;
        let bytes: Vec<u8> =
            serde_json::from_str(&text).with_context(|| format!("the keypair {shown} is no JSON array of 64 bytes"))?;
        Self::from_bytes(&bytes).with_context(|| format!("the keypair {shown} is no JSON array of 64 bytes"))
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let keypair = Keypair::try_from(bytes)?;
        Ok(Self { receipts: SigningKey::from_bytes(keypair.secret_bytes()), keypair })
    }

    pub fn address(&self) -> Address {
        self.keypair.pubkey()
    }

    /// For sending transactions.
    pub fn keypair(&self) -> &Keypair {
        &self.keypair
    }

    pub fn sign_receipt(&self, receipt: &Receipt) -> [u8; 64] {
        self.receipts.sign(&receipt.signing_bytes()).to_bytes()
    }

    /// The signature that goes beside the manifest of the bundle with `hash`.
    pub fn sign_bundle(&self, hash: &Hash) -> ManifestSignature {
        let signature = self.receipts.sign(&ManifestSignature::signing_bytes(hash));
        ManifestSignature::new(self.address().to_bytes(), signature.to_bytes())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn read(content: &str, mode: u32) -> Result<OracleKey> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key.json");
        fs::write(&file, content).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        OracleKey::read(&file)
    }

    #[test]
    fn read_accepts_a_private_file_only() {
        let keypair = Keypair::new();
        let content = serde_json::to_string(&keypair.to_bytes().to_vec()).unwrap();
        assert_eq!(read(&content, 0o600).unwrap().address(), keypair.pubkey());
        let refused = read(&content, 0o644).err().unwrap().to_string();
        assert!(refused.contains("chmod 600"), "{refused}");
    }

    #[test]
    fn read_refuses_what_is_no_key() {
        for content in ["", "[]", "[1,2,3]", "{}", "hello"] {
            let refused = read(content, 0o600).err().unwrap().to_string();
            assert!(refused.contains("64 bytes"), "{content}: {refused}");
        }
        assert!(OracleKey::read(Path::new("no/such/key.json")).is_err());
    }
}
