//! A device in software: it reads a meter, signs a reading for every interval, keeps it on the disk until an oracle's receipt
//! is there, and keeps the receipt.
//!
//! ```text
//! source ─► recorder ─► queue (fsync) ─► sender ─► oracle
//!   ▲                                      │ receipts (fsync), then the queue forgets
//!   └── acknowledged after the fsync       ▼
//!                                    data/receipts/epoch-….jsonl
//! ```
//!
//! | module | what it does |
//! |---|---|
//! | [`config`] | `agent.toml` |
//! | [`key_file`] | the device's key |
//! | [`sources`] | files, standard input, Modbus, SunSpec, MQTT |
//! | [`measurement`], [`decimal`] | what they say, in exact numbers |
//! | [`recorder`] | from measurements to signed readings in the queue |
//! | [`sender`], [`oracle_api`] | from the queue to an oracle |
//! | [`record_book`], [`json_lines`] | receipts, and what was refused, on the disk |
//! | [`clock`] | the oracle's time |
//! | [`event`] | what the agent tells |
//! | [`shared_device`] | the device, which recorder and sender share |
//!
//! It can be killed at any moment: what is in the queue is sent, once; what is not is read again where the source still has it.
#![forbid(unsafe_code)]

pub mod clock;
pub mod config;
pub mod decimal;
pub mod event;
pub mod json_lines;
pub mod key_file;
pub mod measurement;
pub mod oracle_api;
pub mod record_book;
pub mod recorder;
pub mod sender;
pub mod shared_device;
pub mod sources;

use std::{future::Future, path::Path, sync::Arc};

use tokio::sync::{Notify, watch};
use trellis_core::WattHours;
use trellis_device::{Device, QueueError, Settings, storage::FileStorage, storage::FileStorageError};
use trellis_epoch::encoding::base58;

use clock::{AgentClock, machine_unix};
use config::{AgentConfig, ConfigError, SourceConfig};
use event::{Event, Say};
use json_lines::KeepError;
use key_file::KeyFileError;
use recorder::Recorder;
use sender::Sender;
use shared_device::{AgentDevice, SharedDevice};

/// Why the agent cannot start, or go on.
#[derive(Debug, thiserror::Error)]
pub enum AgentError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Key(#[from] KeyFileError),
    #[error(transparent)]
    Storage(#[from] FileStorageError),
    #[error("{0}")]
    Queue(QueueError<FileStorageError>),
    #[error(transparent)]
    Keep(#[from] KeepError),
    #[error("{0}")]
    Oracle(String),
    #[error("the readings {path} cannot be read: {source}")]
    Readings { path: String, source: std::io::Error },
    #[error(transparent)]
    Mqtt(#[from] sources::MqttError),
}

impl AgentError {
    /// Does starting again not help: are settings, key or files to be mended first?
    pub fn is_unusable(&self) -> bool {
        !matches!(self, Self::Keep(_) | Self::Queue(QueueError::Storage(_) | QueueError::Unreadable { .. }))
    }
}

/// Watt-hours that a new queue's counter starts from, for each second since 1970: see [`AgentConfig::first_counter_wh`].
const FIRST_COUNTER_WH_PER_SECOND: u64 = 1_000;

/// Opens the device of `config`: its key and its queue.
pub fn open_device(config: &AgentConfig) -> Result<AgentDevice, AgentError> {
    let key = key_file::read(&config.key)?;
    let storage = FileStorage::open(&config.data_dir.join("queue"), config.queue_mib << 20)?;
    let since_1970 = machine_unix().and_then(|unix| u64::try_from(unix).ok()).unwrap_or(0);
    let first = config.first_counter_wh.unwrap_or(since_1970.saturating_mul(FIRST_COUNTER_WH_PER_SECOND));
    let settings = Settings {
        network: config.network,
        interval_seconds: config.interval_seconds,
        cell: config.cell()?,
        first_counter: WattHours(first),
    };
    Device::open(settings, key, storage).map_err(AgentError::Queue)
}

/// Runs the agent in `folder` until its source has ended and everything is settled, or `stop` ends.
pub async fn run(folder: &Path, say: Say, stop: impl Future<Output = ()>) -> Result<(), AgentError> {
    let config = Arc::new(AgentConfig::read(folder)?);
    check_source(&config.source)?;
    let device = open_device(&config)?;
    let key = device.public_key();
    let shown = base58::encode(key.bytes());
    let network = base58::encode(&config.network);
    say.event(Event::Started { device: shown.clone(), network, waiting: device.pending() });
    let clock = AgentClock::new(plausible_unix(&config, &device));
    let device = SharedDevice::new(device);
    let (recorded, (ended, source_ended)) = (Arc::new(Notify::new()), watch::channel(false));
    let sender = Sender::new(
        Arc::clone(&config),
        device.clone(),
        clock.clone(),
        say.clone(),
        Arc::clone(&recorded),
        source_ended,
        key.bytes().last().copied().unwrap_or(0),
    )?;
    let recorder = Recorder::new(device.clone(), config.interval_seconds, clock.clone(), say.clone(), recorded);
    let (measured, source) = sources::start(&config, &shown, clock, say.clone());
    let recording = async {
        recorder.run(measured).await?;
        // The sender may have ended with an error, and then nobody listens.
        let _ = ended.send(true);
        Ok(())
    };
    let outcome = tokio::select! {
        outcome = async { tokio::try_join!(recording, sender.run()) } => outcome.map(drop),
        // Everything that counts is on the disk; what is under way is sent again.
        () = stop => Ok(()),
    };
    drop(source);
    let waiting = device.with(|device| device.pending()).await;
    say.event(Event::Stopped { waiting });
    outcome
}

/// Longest outage after which the machine's clock is believed before an oracle was heard.
const LONGEST_OUTAGE_SECONDS: i64 = 2 * 86_400;

/// What the machine's clock may show to be believed: a time soon after the last reading. Of a new device nothing is known.
fn plausible_unix(config: &AgentConfig, device: &AgentDevice) -> Option<std::ops::RangeInclusive<i64>> {
    let signed_until = device.signed_until_unix().filter(|_| config.machine_clock)?;
    Some(signed_until..=signed_until.saturating_add(LONGEST_OUTAGE_SECONDS))
}

/// Files that a source needs are there: an agent that waits for a file with a wrong name would wait for ever.
fn check_source(source: &SourceConfig) -> Result<(), AgentError> {
    match source {
        SourceConfig::Csv(lines) | SourceConfig::JsonLines(lines) if !lines.is_stdin() => {
            let opened = std::fs::File::open(&lines.path);
            let failed = |source| AgentError::Readings { path: lines.path.display().to_string(), source };
            opened.map(drop).map_err(failed)
        }
        SourceConfig::Mqtt(mqtt) => Ok(sources::check_mqtt(mqtt)?),
        SourceConfig::Csv(_) | SourceConfig::JsonLines(_) | SourceConfig::Modbus(_) | SourceConfig::Sunspec(_) => {
            Ok(())
        }
    }
}
