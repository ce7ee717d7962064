//! `trellis-oracle`: see the crate's documentation.

use std::{path::PathBuf, process::ExitCode};

use anyhow::{Context, Result};
use clap::Parser;
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
};
use trellis_client::in_words;
use trellis_oracle::{key::OracleKey, service, settings::Settings, telemetry};

/// Takes device attestations in over HTTP, closes epochs, posts their roots to Solana.
#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    /// Settings, TOML. TRELLIS_ORACLE_<NAME> in the environment overrides <name> of the file.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

/// Exit code for settings and keys that cannot be used: starting again will not help.
const UNUSABLE: u8 = 2;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let prepared = prepare(&arguments);
    let (settings, key) = match prepared {
        Ok(prepared) => prepared,
        Err(error) => {
            eprintln!("error: {}", in_words(error.as_ref()));
            return ExitCode::from(UNUSABLE);
        }
    };
    telemetry::init(settings.log_json);
    let outcome =
        tokio::runtime::Runtime::new().map_err(Into::into).and_then(|runtime| runtime.block_on(serve(settings, key)));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", in_words(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}

fn prepare(arguments: &Arguments) -> Result<(Settings, OracleKey)> {
    let settings = Settings::load(&arguments.config)?;
    let key = OracleKey::read(&settings.keypair)?;
    Ok((settings, key))
}

async fn serve(settings: Settings, key: OracleKey) -> Result<()> {
    let (stop, stopped) = watch::channel(false);
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        let _ = stop.send(true);
    });
    service::run(settings, key, stopped).await
}
