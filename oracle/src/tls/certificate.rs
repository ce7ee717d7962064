//! Reads a certificate and its key, and holds the ones that new connections are opened with.

use std::{
    path::Path,
    sync::{Arc, PoisonError, RwLock},
};

use tokio_rustls::rustls::{
    self, ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::{private_file, settings::tls::CertificateFiles};

/// Why a certificate cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("the certificate {path} cannot be read: {reason}")]
    Certificate { path: String, reason: String },
    /// Absent, readable by others, or no key.
    #[error("{0}")]
    Key(String),
    #[error("the certificate {certificate} and the key {key} cannot be used together: {reason}")]
    Pair { certificate: String, key: String, reason: rustls::Error },
}

/// A certificate with its key, fit to be served.
#[derive(Clone, Debug)]
pub struct Loaded {
    pub config: Arc<ServerConfig>,
    /// First second at which the certificate holds, unix seconds.
    pub not_before_unix: i64,
    /// Last second at which it holds.
    pub not_after_unix: i64,
}

/// Reads both files, and checks that they belong together. Whether the certificate holds now is not asked here.
pub fn load(files: &CertificateFiles) -> Result<Loaded, TlsError> {
    let shown = files.certificate.display().to_string();
    let unreadable = |reason: String| TlsError::Certificate { path: shown.clone(), reason };
    let pem = std::fs::read(&files.certificate).map_err(|error| unreadable(error.to_string()))?;
    let chain = CertificateDer::pem_slice_iter(&pem).collect::<Result<Vec<_>, _>>();
    let chain = chain.map_err(|error| unreadable(format!("it is no PEM: {error}")))?;
    let first = chain.first().ok_or_else(|| unreadable("there is no certificate in it (PEM is wanted)".to_owned()))?;
    let (_, parsed) = X509Certificate::from_der(first)
        .map_err(|error| unreadable(format!("its first certificate is none by X.509: {error}")))?;
    let validity = parsed.validity();
    let (not_before_unix, not_after_unix) = (validity.not_before.timestamp(), validity.not_after.timestamp());

    let key = read_key(&files.key)?;
    let pair = |reason| TlsError::Pair { certificate: shown.clone(), key: files.key.display().to_string(), reason };
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key));
    let mut config = config.map_err(pair)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Loaded { config: Arc::new(config), not_before_unix, not_after_unix })
}

fn read_key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    let pem = private_file::read("the key", path).map_err(|error| TlsError::Key(format!("{error:#}")))?;
    PrivateKeyDer::from_pem_slice(&pem)
        .map_err(|error| TlsError::Key(format!("the key {} is no private key in PEM: {error}", path.display())))
}

/// What new connections are opened with. Clones share it.
#[derive(Clone, Debug)]
pub struct CertificateCell(Arc<RwLock<Arc<ServerConfig>>>);

impl CertificateCell {
    pub fn new(loaded: &Loaded) -> Self {
        Self(Arc::new(RwLock::new(Arc::clone(&loaded.config))))
    }

    pub fn get(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Connections that are open keep what they have.
    pub fn set(&self, loaded: &Loaded) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&loaded.config);
    }
}
