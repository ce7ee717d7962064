//! The connection, and what there must be on the brokers.

use std::time::Duration;

use async_nats::{
    Client, ConnectOptions,
    jetstream::{
        Context,
        kv::Store,
        stream::{Config, DiscardPolicy, StorageType},
    },
};

use super::{ANSWER_TIMEOUT, fault::Fault, names::Names, partition::Partition};
use crate::settings::JetStreamSettings;

/// How long a broker remembers message ids.
const DUPLICATE_WINDOW: Duration = Duration::from_secs(120);

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

/// Creates the partition's stream, or takes the one that is there.
pub async fn open_partition(
    context: &Context,
    names: &Names,
    number: u64,
    replicas: usize,
) -> Result<Partition, Fault> {
    let config = Config {
        name: names.stream(number),
        subjects: vec![names.all(number)],
        storage: StorageType::File,
        num_replicas: replicas,
        duplicate_window: DUPLICATE_WINDOW,
        // Nothing goes away by itself.
        max_messages: -1,
        max_bytes: -1,
        discard: DiscardPolicy::New,
        deny_delete: true,
        ..Default::default()
    };
    let stream = context.get_or_create_stream(config).await.map_err(Fault::of)?;
    Ok(Partition::new(number, names.clone(), context.clone(), stream))
}

/// Creates a bucket of the key-value store, or takes the one that is there. As a stream, which it is: the client's own call
/// wants answers of newer brokers than Debian's.
pub async fn open_bucket(context: &Context, bucket: String, replicas: usize) -> Result<Store, Fault> {
    let config = Config {
        name: format!("KV_{bucket}"),
        subjects: vec![format!("$KV.{bucket}.>")],
        storage: StorageType::File,
        num_replicas: replicas,
        max_messages_per_subject: 1,
        max_messages: -1,
        max_bytes: -1,
        discard: DiscardPolicy::New,
        allow_rollup: true,
        deny_delete: true,
        ..Default::default()
    };
    context.get_or_create_stream(config).await.map_err(Fault::of)?;
    context.get_key_value(bucket).await.map_err(Fault::of)
}
