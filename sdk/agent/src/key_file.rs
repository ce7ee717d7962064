//! The device's key in a file: Solana's keypair format, a JSON array of 64 bytes, so that Solana's own tools read it too.

use std::{
    fs::{self, File},
    io::Write,
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use ed25519_dalek::SigningKey;
use trellis_device::key::SoftwareKey;

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    #[error("there is a key at {path} already, and it is not overwritten: it is this device's name in its network")]
    Exists { path: PathBuf },
    #[error("the key {path} cannot be written: {source}")]
    Write { path: PathBuf, source: std::io::Error },
    #[error("the key {path} cannot be read: {source}; `trellis agent init` makes one")]
    Read { path: PathBuf, source: std::io::Error },
    #[error("the key {path} may be read by others (mode {mode:o}): run `chmod 600 {path}`")]
    Open { path: PathBuf, mode: u32 },
    #[error(
        "{path} is no key: a JSON array of 64 bytes is wanted, the secret ones and the public ones that belong to them"
    )]
    Format { path: PathBuf },
}

/// Writes a new key from its 32 secret bytes. Never overwrites one.
pub fn create(path: &Path, seed: &[u8; 32]) -> Result<(), KeyFileError> {
    let failed = |source: std::io::Error| match source.kind() {
        std::io::ErrorKind::AlreadyExists => KeyFileError::Exists { path: path.to_owned() },
        _ => KeyFileError::Write { path: path.to_owned(), source },
    };
    let bytes = SigningKey::from_bytes(seed).to_keypair_bytes();
    let numbers: Vec<String> = bytes.iter().map(u8::to_string).collect();
    let mut file = File::options().write(true).create_new(true).mode(0o600).open(path).map_err(failed)?;
    file.write_all(format!("[{}]\n", numbers.join(",")).as_bytes()).and_then(|()| file.sync_all()).map_err(failed)
}

/// Reads a key. Refuses a file that others may read.
pub fn read(path: &Path) -> Result<SoftwareKey, KeyFileError> {
    let failed = |source| KeyFileError::Read { path: path.to_owned(), source };
    let mode = fs::metadata(path).map_err(failed)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(KeyFileError::Open { path: path.to_owned(), mode });
    }
    let text = fs::read(path).map_err(failed)?;
    let wrong = || KeyFileError::Format { path: path.to_owned() };
    let bytes: Vec<u8> = serde_json::from_slice(&text).map_err(|_| wrong())?;
    let bytes: [u8; 64] = bytes.try_into().map_err(|_| wrong())?;
    let key = SigningKey::from_keypair_bytes(&bytes).map_err(|_| wrong())?;
    Ok(SoftwareKey::from_seed(key.as_bytes()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use trellis_core::DeviceKey;
    use trellis_device::DeviceSigner;

    use super::*;

    #[test]
    fn key_is_written_once_for_its_owner_alone_and_reads_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key.json");
        create(&path, &[5; 32]).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let public = SigningKey::from_bytes(&[5; 32]).verifying_key().to_bytes();
        assert_eq!(read(&path).unwrap().public_key(), DeviceKey::Ed25519(public));
        let error = create(&path, &[6; 32]).unwrap_err();
        assert!(matches!(error, KeyFileError::Exists { .. }), "{error}");
        assert_eq!(read(&path).unwrap().public_key(), DeviceKey::Ed25519(public));
        let nowhere = create(&folder.path().join("no/key.json"), &[6; 32]).unwrap_err();
        assert!(matches!(nowhere, KeyFileError::Write { .. }), "{nowhere}");
    }

    #[test]
    fn file_that_is_no_private_key_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key.json");
        let error = read(&path).err().unwrap();
        assert!(matches!(error, KeyFileError::Read { .. }) && error.to_string().contains("agent init"), "{error}");
        let mut other = SigningKey::from_bytes(&[5; 32]).to_keypair_bytes();
        other[63] ^= 1;
        for content in ["", "[]", "[1,2,3]", "{}", &format!("{other:?}")] {
            fs::write(&path, content).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
            let error = read(&path).err().unwrap();
            assert!(matches!(error, KeyFileError::Format { .. }), "{content}: {error}");
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let error = read(&path).err().unwrap();
        assert!(error.to_string().contains("mode 640") && error.to_string().contains("chmod 600"), "{error}");
    }
}
