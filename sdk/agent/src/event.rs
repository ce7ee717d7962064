//! What the agent tells, in words or as JSON.

use std::{fmt, sync::Arc, time::Duration};

use serde::Serialize;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    Started {
        device: String,
        network: String,
        waiting: usize,
    },
    /// An oracle was heard, for the first time or again.
    OracleHeard {
        url: String,
    },
    /// No oracle can be had now; everything is kept.
    OracleAway {
        url: String,
        problem: String,
        waiting: usize,
        retry: Pause,
    },
    /// Receipts are on the disk.
    Accepted {
        count: usize,
        epochs: Vec<u64>,
        waiting: usize,
    },
    /// One attestation was refused for good.
    Refused {
        sequence: u64,
        interval_start_unix: i64,
        reason: String,
        detail: String,
    },
    /// Attestations are sent again later.
    Kept {
        count: usize,
        why: String,
        retry: Pause,
    },
    /// A row or message says nothing that can be signed.
    BadReading {
        origin: String,
        problem: String,
    },
    /// Readings of intervals that are signed already: after a restart, a file is read from its beginning.
    Skipped {
        count: u64,
        signed_until_unix: i64,
    },
    /// The agent cannot go on with the source for now.
    Waiting {
        why: String,
        /// Only until the running interval is over, as with every reading.
        #[serde(skip)]
        is_usual: bool,
    },
    SourceAway {
        problem: String,
    },
    SourceBack {
        what: String,
    },
    /// The source has no more.
    SourceEnded {
        readings: u64,
    },
    Stopped {
        waiting: usize,
    },
}

/// How long until the next try.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Pause(#[serde(serialize_with = "seconds")] pub Duration);

fn seconds<S: serde::Serializer>(pause: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(pause.as_secs_f64())
}

impl fmt::Display for Pause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            short if short < Duration::from_secs(10) => write!(f, "{:.1} s", short.as_secs_f64()),
            long => write!(f, "{} s", long.as_secs()),
        }
    }
}

fn readings(count: impl Into<u64>) -> String {
    match count.into() {
        1 => "1 reading".to_owned(),
        count => format!("{count} readings"),
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Started { device, network, waiting } => {
                write!(f, "device {device} of network {network}; {} waiting to be sent", readings(*waiting as u64))
            }
            Self::OracleHeard { url } => write!(f, "the oracle {url} answers"),
            Self::OracleAway { url, problem, waiting, retry } => write!(
                f,
                "the oracle {url} cannot be had: {problem}; {} kept, next try in {retry}",
                readings(*waiting as u64)
            ),
            Self::Accepted { count, epochs, waiting } => {
                let epochs: Vec<String> = epochs.iter().map(u64::to_string).collect();
                write!(
                    f,
                    "accepted: {}, for epoch {}; receipts are kept, {waiting} left to send",
                    readings(*count as u64),
                    epochs.join(", ")
                )
            }
            Self::Refused { sequence, interval_start_unix, reason, detail } => write!(
                f,
                "refused: reading {sequence} of the interval at {interval_start_unix} (unix seconds): {reason}: {detail}"
            ),
            Self::Kept { count, why, retry } => {
                write!(f, "kept: {}: {why}; sent again in {retry}", readings(*count as u64))
            }
            Self::BadReading { origin, problem } => write!(f, "passed over: {origin}: {problem}"),
            Self::Skipped { count, signed_until_unix } => write!(
                f,
                "passed over: {} from before {signed_until_unix} (unix seconds), up to where everything is signed",
                readings(*count)
            ),
            Self::Waiting { why, .. } => write!(f, "waiting: {why}"),
            Self::SourceAway { problem } => write!(f, "the source cannot be read: {problem}; tried again and again"),
            Self::SourceBack { what } => write!(f, "reading {what}"),
            Self::SourceEnded { readings: count } => {
                write!(f, "the source has ended after {}", readings(*count))
            }
            Self::Stopped { waiting } => {
                write!(f, "stopped; {} kept for the next start", readings(*waiting as u64))
            }
        }
    }
}

/// Whoever is told.
#[derive(Clone)]
pub struct Say(Arc<dyn Fn(Event) + Send + Sync>);

impl Say {
    pub fn new(hear: impl Fn(Event) + Send + Sync + 'static) -> Self {
        Self(Arc::new(hear))
    }

    pub fn event(&self, event: Event) {
        (self.0)(event);
    }
}
