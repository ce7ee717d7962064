//! The connection.

use async_nats::{Client, ConnectOptions};

use super::{ANSWER_TIMEOUT, fault::Fault};
use crate::settings::JetStreamSettings;

/// Connects to whichever of the servers answers, and from then on to another one when that one goes away.
pub async fn connect(settings: &JetStreamSettings) -> Result<Client, Fault> {
    let mut options = ConnectOptions::new().name("trellis-oracle").connection_timeout(ANSWER_TIMEOUT);
    if let Some(path) = &settings.credentials {
        let unreadable =
            |error: std::io::Error| Fault::Credentials { path: path.display().to_string(), error: error.to_string() };
        let text = std::fs::read_to_string(path).map_err(unreadable)?;
        options = options.credentials(&text).map_err(unreadable)?;
    }
    if let Some(path) = &settings.ca_certificate {
        options = options.add_root_certificates(path.clone()).require_tls(true);
    }
    let away = |error: async_nats::ConnectError| {
        tracing::error!(%error, "no broker answers");
        Fault::Away { servers: settings.servers.join(", ") }
    };
    options.connect(settings.servers.clone()).await.map_err(away)
}
