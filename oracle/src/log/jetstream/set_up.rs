//! What there must be on the brokers: created by the first node, found by all others.

use std::time::Duration;

use async_nats::jetstream::{
    Context,
    kv::Store,
    stream::{Config, DiscardPolicy, StorageType},
};
use futures_util::future::try_join_all;
use tokio::time::Instant;

use super::{control::Control, fault::Fault, names::Names, partition::Partition};
use crate::settings::JetStreamSettings;

/// How long a broker remembers message ids.
const DUPLICATE_WINDOW: Duration = Duration::from_secs(120);
/// How long brokers may take to agree on leaders, which a broker that comes back upsets. Short of the 90 s that systemd
/// lets a service take to start.
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(500);

/// The store of what nodes agree on, and the partitions. Brokers that do not answer are asked again for [`PATIENCE`]:
/// each step does nothing when it was done before.
pub async fn set_up(
    context: &Context,
    names: &Names,
    settings: &JetStreamSettings,
) -> Result<(Control, Vec<Partition>), Fault> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match try_to_set_up(context, names, settings).await {
            Err(fault @ Fault::Broker(_)) if Instant::now() < deadline => {
                tracing::warn!(%fault, "the brokers are asked again");
                tokio::time::sleep(PAUSE).await;
            }
            outcome => return outcome,
        }
    }
}

async fn try_to_set_up(
    context: &Context,
    names: &Names,
    settings: &JetStreamSettings,
) -> Result<(Control, Vec<Partition>), Fault> {
    let replicas = usize::from(settings.replicas);
    let control = Control::new(open_bucket(context, names.control(), replicas).await?);
    control.agree_on_partitions(settings.partitions).await?;
    let partition = |number| open_partition(context, names, number, replicas);
    let partitions = try_join_all((0..names.partitions()).map(partition)).await?;
    // What is asked first once the log is open.
    control.closed().await?;
    Ok((control, partitions))
}

/// Creates the partition's stream, or takes the one that is there.
async fn open_partition(context: &Context, names: &Names, number: u64, replicas: usize) -> Result<Partition, Fault> {
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
async fn open_bucket(context: &Context, bucket: String, replicas: usize) -> Result<Store, Fault> {
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
