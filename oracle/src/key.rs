//! The oracle's key: in a file, or in another process that signs for it.

use std::path::Path;

use anyhow::{Context, Result};
use solana_address::Address;
use solana_keypair::Keypair;
use solana_message::Message;
use solana_signer::Signer as _;
use trellis_core::{Hash, receipt::Receipt};
use trellis_epoch::bundle::ManifestSignature;

use crate::{private_file, signer::RemoteSigner};

/// Why there is no signature. Nothing was signed; the same can be asked again.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SignError {
    #[error("the signer at {socket} cannot be reached: {reason}; is `trellis-oracle signer` running?")]
    Away { socket: String, reason: String },
    #[error("the signer refused: {reason}")]
    Refused { reason: String },
}

/// What can sign for an oracle: receipts, transactions and bundles, nothing else.
pub trait OracleSigner: Send + Sync {
    fn address(&self) -> Address;
    /// One signature for each, in order.
    fn sign_receipts(&self, receipts: &[Receipt]) -> Result<Vec<[u8; 64]>, SignError>;
    fn sign_transaction(&self, message: &Message) -> Result<[u8; 64], SignError>;
    /// Over [`ManifestSignature::signing_bytes`] of the bundle's hash.
    fn sign_bundle(&self, hash: &Hash) -> Result<[u8; 64], SignError>;
}

/// Signs transactions in [`crate::post`], receipts in [`crate::ingest`] and bundles in [`crate::closing`]; nobody else has it.
pub struct OracleKey(Box<dyn OracleSigner>);

impl OracleKey {
    /// Reads Solana's own keypair format: a JSON array of 64 bytes. Refuses a file that others may read.
    pub fn read(path: &Path) -> Result<Self> {
        Ok(Self(Box::new(FileKey::read(path)?)))
    }

    /// The key of the signer that listens at `socket`.
    pub fn remote(socket: &Path) -> Result<Self, SignError> {
        Ok(Self(Box::new(RemoteSigner::connect(socket)?)))
    }

    pub fn address(&self) -> Address {
        self.0.address()
    }

    pub fn sign_receipt(&self, receipt: &Receipt) -> Result<[u8; 64], SignError> {
        self.0.sign_receipts(std::slice::from_ref(receipt))?.first().copied().ok_or_else(too_few)
    }

    /// One signature for each, in order: for a remote signer much faster than one by one.
    pub fn sign_receipts(&self, receipts: &[Receipt]) -> Result<Vec<[u8; 64]>, SignError> {
        let signatures = self.0.sign_receipts(receipts)?;
        if signatures.len() == receipts.len() { Ok(signatures) } else { Err(too_few()) }
    }

    pub fn sign_transaction(&self, message: &Message) -> Result<[u8; 64], SignError> {
        self.0.sign_transaction(message)
    }

    /// The signature that goes beside the manifest of the bundle with `hash`.
    pub fn sign_bundle(&self, hash: &Hash) -> Result<ManifestSignature, SignError> {
        Ok(ManifestSignature::new(self.address().to_bytes(), self.0.sign_bundle(hash)?))
    }
}

fn too_few() -> SignError {
    SignError::Refused { reason: "it gave fewer signatures than it was asked for".to_owned() }
}

/// A key in this process's memory.
pub struct FileKey(Keypair);

impl FileKey {
    /// As [`OracleKey::read`].
    pub fn read(path: &Path) -> Result<Self> {
        let shown = path.display();
        let text = private_file::read("the keypair", path)?;
        let bytes: Vec<u8> = serde_json::from_slice(&text)
            .with_context(|| format!("the keypair {shown} is no JSON array of 64 bytes"))?;
        let keypair = Keypair::try_from(bytes.as_slice());
        Ok(Self(keypair.with_context(|| format!("the keypair {shown} is no JSON array of 64 bytes"))?))
    }
}

impl OracleSigner for FileKey {
    fn address(&self) -> Address {
        self.0.pubkey()
    }

    fn sign_receipts(&self, receipts: &[Receipt]) -> Result<Vec<[u8; 64]>, SignError> {
        let sign = |receipt: &Receipt| self.0.sign_message(&receipt.signing_bytes()).into();
        Ok(receipts.iter().map(sign).collect())
    }

    fn sign_transaction(&self, message: &Message) -> Result<[u8; 64], SignError> {
        Ok(self.0.sign_message(&message.serialize()).into())
    }

    fn sign_bundle(&self, hash: &Hash) -> Result<[u8; 64], SignError> {
        Ok(self.0.sign_message(&ManifestSignature::signing_bytes(hash)).into())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

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
