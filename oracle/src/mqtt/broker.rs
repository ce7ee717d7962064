//! Whom to connect to, as whom.

use std::{path::PathBuf, sync::Arc};

use rumqttc::v5::mqttbytes::v5::Login;
use solana_address::Address;
use tokio::net::TcpStream;
use tokio_rustls::{
    TlsConnector,
    rustls::{
        ClientConfig, RootCertStore,
        crypto::ring,
        pki_types::{CertificateDer, ServerName, pem::PemObject},
    },
};

use crate::{
    private_file,
    settings::mqtt::{BrokerAddress, MqttSettings},
    stream::Stream,
};

/// The name that an oracle has with the broker unless the settings give it another.
pub fn default_client_id(oracle: &Address) -> String {
    format!("trellis-oracle-{oracle}")
}

/// Why the broker cannot be connected to as the settings say.
#[derive(Debug, thiserror::Error)]
pub enum BrokerError {
    #[error("`{host}` is no name that a certificate can be for")]
    Host { host: String },
    #[error("the authorities {path} cannot be used: {reason}")]
    Authorities { path: String, reason: String },
    /// Absent, readable by others, or no line of the form.
    #[error("{0}")]
    Credentials(String),
}

/// The broker, and our name with it.
#[derive(Clone)]
pub struct Broker {
    pub address: BrokerAddress,
    pub client_id: String,
    pub max_in_flight: u16,
    credentials: Option<PathBuf>,
    tls: Option<(TlsConnector, ServerName<'static>)>,
}

impl Broker {
    /// `address`: that of `settings`. Reads all files, so that what is wrong with them is known at once.
    pub fn new(
        settings: &MqttSettings,
        address: BrokerAddress,
        default_client_id: String,
    ) -> Result<Self, BrokerError> {
        let tls = if address.tls { Some(connector(settings, &address.host)?) } else { None };
        let broker = Self {
            address,
            client_id: settings.client_id.clone().unwrap_or(default_client_id),
            max_in_flight: settings.max_in_flight,
            credentials: settings.credentials.clone(),
            tls,
        };
        broker.login()?;
        Ok(broker)
    }

    /// User and password, as they are in the file now.
    pub fn login(&self) -> Result<Option<Login>, BrokerError> {
        let Some(path) = &self.credentials else { return Ok(None) };
        let shown = path.display();
        let bytes = private_file::read("the MQTT credentials", path);
        let bytes = bytes.map_err(|error| BrokerError::Credentials(format!("{error:#}")))?;
        let text = std::str::from_utf8(&bytes).unwrap_or_default().trim_end_matches(['\r', '\n']);
        match text.split_once(':') {
            Some((user, password)) if !user.is_empty() && !text.contains('\n') => Ok(Some(Login::new(user, password))),
            _ => Err(BrokerError::Credentials(format!("the MQTT credentials {shown} are no line `USER:PASSWORD`"))),
        }
    }

    /// A connection, with TLS if the address asks for it.
    pub async fn open(&self) -> std::io::Result<Stream> {
        let tcp = TcpStream::connect((self.address.host.as_str(), self.address.port)).await?;
        tcp.set_nodelay(true)?;
        match &self.tls {
            None => Ok(Stream::Plain(tcp)),
            Some((connector, name)) => Ok(Stream::Tls(Box::new(connector.connect(name.clone(), tcp).await?.into()))),
        }
    }

    /// For people.
    pub fn shown(&self) -> String {
        let BrokerAddress { host, port, tls } = &self.address;
        format!("{}://{host}:{port}", if *tls { "mqtts" } else { "mqtt" })
    }
}

fn connector(settings: &MqttSettings, host: &str) -> Result<(TlsConnector, ServerName<'static>), BrokerError> {
    let name = ServerName::try_from(host.to_owned()).map_err(|_| BrokerError::Host { host: host.to_owned() })?;
    let mut roots = RootCertStore::empty();
    match &settings.ca {
        None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        Some(path) => {
            let unusable = |reason: String| BrokerError::Authorities { path: path.display().to_string(), reason };
            let pem = std::fs::read(path).map_err(|error| unusable(error.to_string()))?;
            for certificate in CertificateDer::pem_slice_iter(&pem) {
                let certificate = certificate.map_err(|error| unusable(format!("no PEM: {error}")))?;
                roots.add(certificate).map_err(|error| unusable(error.to_string()))?;
            }
            if roots.is_empty() {
                return Err(unusable("there is no certificate in it (PEM is wanted)".to_owned()));
            }
        }
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    // By construction: ring has the ciphers of both versions.
    let builder = builder.with_safe_default_protocol_versions().expect("ring speaks TLS 1.2 and 1.3");
    let config = builder.with_root_certificates(roots).with_no_client_auth();
    Ok((TlsConnector::from(Arc::new(config)), name))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use super::*;

    fn broker(url: &str, change: impl FnOnce(&mut MqttSettings)) -> Result<Broker, BrokerError> {
        let mut settings = MqttSettings { url: Some(url.to_owned()), ..MqttSettings::default() };
        change(&mut settings);
        Broker::new(&settings, settings.address().unwrap().unwrap(), "oracle".to_owned())
    }

    #[test]
    fn credentials_are_one_line_in_a_private_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("credentials");
        let with = |content: &str, mode: u32| {
            fs::write(&path, content).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            broker("mqtt://b", |settings| settings.credentials = Some(path.clone()))
        };
        for (content, user, password) in [("me:a:b\n", "me", "a:b"), ("me:\r\n", "me", "")] {
            let login = with(content, 0o600).unwrap().login().unwrap().unwrap();
            assert_eq!((login.username.as_str(), login.password.as_str()), (user, password));
        }
        for content in ["", "me", ":secret", "me:secret\nyou:other", "\u{0}"] {
            let said = with(content, 0o600).err().unwrap().to_string();
            assert!(said.contains("USER:PASSWORD") && !said.contains("secret"), "{said}");
        }
        assert!(with("me:secret", 0o644).err().unwrap().to_string().contains("chmod 600"));
        fs::remove_file(&path).unwrap();
        let absent = broker("mqtt://b", |settings| settings.credentials = Some(path.clone())).err().unwrap();
        assert!(matches!(&absent, BrokerError::Credentials(said) if said.contains("No such file")), "{absent}");
    }

    #[test]
    fn authorities_and_host_that_cannot_be_used_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ca.pem");
        for (content, words) in [
            ("", "no certificate in it"),
            ("-----BEGIN CERTIFICATE-----\n%%\n-----END CERTIFICATE-----\n", "no PEM"),
            ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "ca.pem cannot be used"),
        ] {
            fs::write(&path, content).unwrap();
            let error = broker("mqtts://b", |settings| settings.ca = Some(path.clone())).err().unwrap();
            assert!(matches!(error, BrokerError::Authorities { .. }), "{error}");
            assert!(error.to_string().contains(words), "{error}");
        }
        let error = broker("mqtts://a_*b", |_| {}).err().unwrap();
        assert!(matches!(&error, BrokerError::Host { host } if host == "a_*b"), "{error}");
        assert_eq!(broker("mqtts://b", |_| {}).unwrap().shown(), "mqtts://b:8883");
    }
}
