//! The oracle's key: in a file, or in another process that signs for it.

use std::path::Path;

use anyhow::{Context, Result};
use solana_address::Address;
use solana_keypair::Keypair;
use solana_message::Message;
use solana_signer::Signer as _;
use solana_transaction::Transaction;
use trellis_client::ChainError;
use trellis_core::{Hash, receipt::ReceiptRoot};
use trellis_epoch::bundle::ManifestSignature;

use crate::{private_file, quorum::statement::Statement, signer::RemoteSigner};

/// Why there is no signature. Nothing was signed; the same can be asked again.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SignError {
    #[error("the signer at {socket} cannot be reached: {reason}; is `trellis-oracle signer` running?")]
    Away { socket: String, reason: String },
    #[error("the signer refused: {reason}")]
    Refused { reason: String },
}

/// What can sign for an oracle: receipts, transactions, bundles and what is said to other oracles, nothing else.
pub trait OracleSigner: Send + Sync {
    fn address(&self) -> Address;
    /// One signature for all receipts of an answer, over [`ReceiptRoot::signing_bytes`].
    fn sign_receipts(&self, root: &ReceiptRoot) -> Result<[u8; 64], SignError>;
    fn sign_transaction(&self, message: &Message) -> Result<[u8; 64], SignError>;
    /// The transaction of a message that this key signs alone.
    fn signed(&self, message: Message) -> Result<Transaction, ChainError> {
        let signature = self.sign_transaction(&message).map_err(|error| ChainError::Signing(error.to_string()))?;
        Ok(Transaction { signatures: vec![signature.into()], message })
    }
    /// Over [`ManifestSignature::signing_bytes`] of the bundle's hash.
    fn sign_bundle(&self, hash: &Hash) -> Result<[u8; 64], SignError>;
    /// Over its signing bytes.
    fn sign_statement(&self, statement: &Statement) -> Result<[u8; 64], SignError>;
}

/// Signs transactions in [`crate::post`], receipts in [`crate::ingest`], bundles in [`crate::closing`] and what is said to
/// other oracles in [`crate::quorum`]; nobody else has it.
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

    #[cfg(test)]
    pub(crate) fn of(keypair: Keypair) -> Self {
        Self(Box::new(FileKey(keypair)))
    }

    pub fn address(&self) -> Address {
        self.0.address()
    }

    /// One signature for all receipts of an answer.
    pub fn sign_receipts(&self, root: &ReceiptRoot) -> Result<[u8; 64], SignError> {
        self.0.sign_receipts(root)
    }

    pub fn sign_transaction(&self, message: &Message) -> Result<[u8; 64], SignError> {
        self.0.sign_transaction(message)
    }

    /// The transaction of a message that this key signs alone.
    pub fn signed(&self, message: Message) -> Result<Transaction, ChainError> {
        self.0.signed(message)
    }

    /// What is said to other oracles.
    pub fn sign_statement(&self, statement: &Statement) -> Result<[u8; 64], SignError> {
        self.0.sign_statement(statement)
    }

    /// The signature that goes beside the manifest of the bundle with `hash`.
    pub fn sign_bundle(&self, hash: &Hash) -> Result<ManifestSignature, SignError> {
        Ok(ManifestSignature::new(self.address().to_bytes(), self.0.sign_bundle(hash)?))
    }
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

impl FileKey {
    /// Signs a transaction's message of any version, as its fee payer: for the relay, which has looked at it.
    pub(crate) fn sign_fee_payer(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign_message(message).into()
    }
}

impl OracleSigner for FileKey {
    fn address(&self) -> Address {
        self.0.pubkey()
    }

    fn sign_receipts(&self, root: &ReceiptRoot) -> Result<[u8; 64], SignError> {
        Ok(self.0.sign_message(&root.signing_bytes()).into())
    }

    fn sign_transaction(&self, message: &Message) -> Result<[u8; 64], SignError> {
        Ok(self.0.sign_message(&message.serialize()).into())
    }

    fn sign_bundle(&self, hash: &Hash) -> Result<[u8; 64], SignError> {
        Ok(self.0.sign_message(&ManifestSignature::signing_bytes(hash)).into())
    }

    fn sign_statement(&self, statement: &Statement) -> Result<[u8; 64], SignError> {
        Ok(self.0.sign_message(&statement.signing_bytes()).into())
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
