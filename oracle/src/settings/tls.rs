//! `[tls]`: the API over HTTPS.

use std::path::PathBuf;

use serde::Deserialize;

use super::{SettingsError, invalid};

/// Both or neither. Without them the API speaks plain HTTP.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TlsSettings {
    /// PEM: the API's certificate, then those that lead to the authority.
    pub certificate: Option<PathBuf>,
    /// PEM: the certificate's private key, readable by its owner alone.
    pub key: Option<PathBuf>,
}

/// Where the certificate and its key lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateFiles {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

impl TlsSettings {
    pub fn validate(&self) -> Result<(), SettingsError> {
        match (&self.certificate, &self.key) {
            (Some(_), None) => Err(invalid("tls.key", "", "the private key of `tls.certificate` is wanted")),
            (None, Some(_)) => Err(invalid("tls.certificate", "", "the certificate of `tls.key` is wanted")),
            _ => Ok(()),
        }
    }

    /// `None`: plain HTTP.
    pub fn files(&self) -> Option<CertificateFiles> {
        let (certificate, key) = (self.certificate.clone()?, self.key.clone()?);
        Some(CertificateFiles { certificate, key })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> TlsSettings {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn certificate_and_key_come_together_or_not_at_all() {
        assert_eq!(parsed("").files(), None);
        assert!(parsed("").validate().is_ok());
        let both = parsed("certificate = \"a.pem\"\nkey = \"b.pem\"");
        assert!(both.validate().is_ok());
        assert_eq!(both.files(), Some(CertificateFiles { certificate: "a.pem".into(), key: "b.pem".into() }));
        for (text, named) in [("certificate = \"a.pem\"", "`tls.key`"), ("key = \"b.pem\"", "`tls.certificate`")] {
            let message = parsed(text).validate().unwrap_err().to_string();
            assert!(message.contains(named), "{message}");
            assert_eq!(parsed(text).files(), None);
        }
        assert!(toml::from_str::<TlsSettings>("chain = \"a.pem\"").is_err());
    }
}
