//! TLS to the broker: who it is, a certificate must prove.

use std::{path::Path, sync::Arc};

use rumqttc::{TlsConfiguration, Transport};
use tokio_rustls::rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, pem::PemObject},
};

use super::MqttError;

/// `ca`: a file with the authorities that may vouch for the broker; `None`: those that browsers trust.
pub fn transport(ca: Option<&Path>) -> Result<Transport, MqttError> {
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    // By construction: ring has the ciphers of both versions.
    let builder = builder.with_safe_default_protocol_versions().expect("ring speaks TLS 1.2 and 1.3");
    let config = builder.with_root_certificates(authorities(ca)?).with_no_client_auth();
    Ok(Transport::tls_with_config(TlsConfiguration::Rustls(Arc::new(config))))
}

fn authorities(ca: Option<&Path>) -> Result<RootCertStore, MqttError> {
    let mut roots = RootCertStore::empty();
    let Some(path) = ca else {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        return Ok(roots);
    };
    let unusable = |detail: String| MqttError::Authorities { path: path.display().to_string(), detail };
    let pem = std::fs::read(path).map_err(|error| unusable(error.to_string()))?;
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|error| unusable(format!("no PEM: {error}")))?;
        roots.add(certificate).map_err(|error| unusable(error.to_string()))?;
    }
    match roots.is_empty() {
        true => Err(unusable("there is no certificate in it (PEM is wanted)".to_owned())),
        false => Ok(roots),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn authorities_that_cannot_be_used_are_named() {
        assert!(transport(None).is_ok());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ca.pem");
        for (content, words) in [
            (None, "No such file"),
            (Some(""), "no certificate in it"),
            (Some("-----BEGIN CERTIFICATE-----\n%%\n-----END CERTIFICATE-----\n"), "no PEM"),
            (Some("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), "cannot be used"),
        ] {
            if let Some(content) = content {
                fs::write(&path, content).unwrap();
            }
            let error = transport(Some(&path)).err().unwrap();
            assert!(matches!(&error, MqttError::Authorities { .. }), "{error}");
            assert!(error.to_string().contains(words) && error.to_string().contains("ca.pem"), "{error}");
        }
    }
}
