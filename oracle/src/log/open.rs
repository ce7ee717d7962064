//! The log that the settings name.

use std::{sync::Arc, thread};

use anyhow::{Context, Result};
use tokio::task::JoinHandle;

use super::{Append, JetStreamLog, Log, LogStore, start};
use crate::settings::{LogKind, Role, Settings};

/// A log, for appending and for all else.
pub struct Opened {
    pub log: Arc<dyn Log>,
    pub appender: Arc<dyn Append>,
    /// Ends when the log can be written no more, or after the last appender is gone.
    pub writing: Option<JoinHandle<thread::Result<()>>>,
    /// The brokers, for whoever watches them.
    pub jetstream: Option<Arc<JetStreamLog>>,
}

/// Opens or creates the log of `vault`.
pub async fn open(settings: &Settings, vault: &[u8; 32]) -> Result<Opened> {
    std::fs::create_dir_all(&settings.data_dir)
        .with_context(|| format!("cannot create the data folder {}", settings.data_dir.display()))?;
    match settings.log {
        LogKind::Embedded => {
            let store = Arc::new(LogStore::open(&settings.data_dir, vault)?);
            let (appender, writer) = start(Arc::clone(&store), settings.max_pending)?;
            let writing = Some(tokio::task::spawn_blocking(move || writer.join()));
            Ok(Opened { log: store, appender: Arc::new(appender), writing, jetstream: None })
        }
        LogKind::JetStream => {
            let log = JetStreamLog::open(&settings.jetstream, vault, settings.max_pending).await;
            let log = Arc::new(log.context("the log on JetStream")?);
            if settings.role == Role::All {
                log.take_turns();
            }
            Ok(Opened { log: log.clone(), appender: log.clone(), writing: None, jetstream: Some(log) })
        }
    }
}
