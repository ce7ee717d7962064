//! Structured logs, to standard error. What is logged can change while the oracle runs.

use std::io::IsTerminal;

use tracing_subscriber::{
    EnvFilter, Layer, Registry, filter::LevelFilter, fmt, layer::SubscriberExt, reload, util::SubscriberInitExt,
};

use crate::traces::Traces;

/// Ours at `info`, everybody else's at `warn`.
const DEFAULT_LEVEL: &str = "warn,trellis_oracle=info";

/// Changes what is logged. Clones change the same.
#[derive(Clone, Debug)]
pub struct LogLevel(reload::Handle<EnvFilter, Registry>);

/// Why the level stays as it is.
#[derive(Debug, thiserror::Error)]
pub enum LevelError {
    #[error("`{level}` is no log level: such as `info`, or `warn,trellis_oracle=debug`, is wanted")]
    Unknown { level: String },
    #[error("the log level cannot be changed: {0}")]
    Reload(#[from] reload::Error),
}

impl LogLevel {
    pub fn set(&self, level: &str) -> Result<(), LevelError> {
        self.0.reload(parse_level(level)?)?;
        // Not through the log, which may be silent now.
        eprintln!("log level: {level}");
        Ok(())
    }

    /// The settings' level, or the default one.
    pub fn set_or_default(&self, level: Option<&str>) -> Result<(), LevelError> {
        self.set(level.unwrap_or(DEFAULT_LEVEL))
    }
}

/// Reads directives such as `info` or `warn,trellis_oracle=debug`.
pub fn parse_level(level: &str) -> Result<EnvFilter, LevelError> {
    let unknown = || LevelError::Unknown { level: level.to_owned() };
    // A word alone would be taken as a module's name, and everything else fall silent: a mistyped level is told.
    let words = level.split(',').filter(|part| !part.contains(['=', '[']));
    for word in words {
        word.trim().parse::<LevelFilter>().map_err(|_| unknown())?;
    }
    EnvFilter::builder().parse(level.trim()).map_err(|_| unknown())
}

/// Starts logging at `level`; where that is absent, as `RUST_LOG` says, or as is the default. With `traces`, spans are
/// traced, whatever the level.
pub fn init(json: bool, level: Option<&str>, traces: Option<&Traces>) -> LogLevel {
    let named = level.and_then(|level| parse_level(level).ok());
    let filter = named.or_else(|| EnvFilter::try_from_default_env().ok());
    let (filter, handle) = reload::Layer::new(filter.unwrap_or_else(|| EnvFilter::new(DEFAULT_LEVEL)));
    let coloured = std::io::stderr().is_terminal();
    let lines = fmt::layer().with_writer(std::io::stderr).with_ansi(coloured);
    let lines: Box<dyn Layer<Registry> + Send + Sync> =
        if json { lines.json().boxed() } else { lines.with_target(false).boxed() };
    let registry = tracing_subscriber::registry().with(lines.with_filter(filter));
    registry.with(traces.map(Traces::layer)).init();
    LogLevel(handle)
}
