//! Structured logs, to standard error.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// Starts logging. `RUST_LOG` sets the level; by default ours is `info`, everybody else's `warn`.
pub fn init(json: bool) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn,trellis_oracle=info"));
    let coloured = std::io::stderr().is_terminal();
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(coloured);
    if json {
        lines.json().init();
    } else {
        lines.with_target(false).init();
    }
}
