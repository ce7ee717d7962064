//! `trellis-oracle`: see the crate's documentation.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use solana_address::Address;
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
};
use trellis_client::in_words;
use trellis_oracle::{
    backup::{Copied, backup},
    check::check,
    key::{FileKey, OracleKey, OracleSigner},
    service::{self, Process},
    settings::{KeySource, Settings},
    signer::{self, Rules},
    telemetry::{self, LogLevel},
    traces::Traces,
};

/// Takes device attestations in over HTTP, closes epochs, posts their roots to Solana.
#[derive(Parser)]
#[command(version, about, args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
struct Arguments {
    /// Settings, TOML. TRELLIS_ORACLE_<NAME> in the environment overrides <name> of the file.
    #[arg(long, value_name = "FILE", required = true)]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Looks whether settings, key, folders and chain are as an oracle needs them; exit code 1 if not.
    Check {
        /// Settings, TOML.
        settings: PathBuf,
    },
    /// Copies log and bundles of an oracle that is stopped. To restore: start an oracle on the copy.
    Backup {
        /// Settings, TOML.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
        /// A folder that is not there yet.
        #[arg(long, value_name = "DIR")]
        to: PathBuf,
    },
    /// Holds the oracle's key in a process of its own, and signs for the oracle: receipts of one network, and
    /// transactions that call Trellis's programs only.
    Signer {
        /// Where to listen: a Unix socket, for processes of the same user.
        #[arg(long, value_name = "PATH")]
        socket: PathBuf,
        /// The keypair: a JSON array of 64 bytes, readable by its owner alone.
        #[arg(long, value_name = "FILE")]
        keypair: PathBuf,
        /// The network whose receipts are signed.
        #[arg(long, value_name = "ADDRESS")]
        network: Address,
        /// Most that a transaction may pay as priority fee.
        #[arg(long, value_name = "LAMPORTS", default_value_t = 1_000_000)]
        max_priority_fee: u64,
    },
}

/// Exit code for settings and keys that cannot be used: starting again will not help.
const UNUSABLE: u8 = 2;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match (arguments.command, arguments.config) {
        (Some(Command::Check { settings }), _) => run_check(&settings),
        (Some(Command::Backup { config, to }), _) => run_backup(&config, &to),
        (Some(Command::Signer { socket, keypair, network, max_priority_fee }), _) => {
            run_signer(&socket, &keypair, network, max_priority_fee)
        }
        (None, Some(config)) => run_oracle(config),
        // clap wants one of them.
        (None, None) => ExitCode::from(UNUSABLE),
    }
}

fn failed(error: &anyhow::Error, code: u8) -> ExitCode {
    eprintln!("error: {}", in_words(error.as_ref()));
    ExitCode::from(code)
}

fn block_on(work: impl Future<Output = Result<()>>) -> ExitCode {
    let outcome = tokio::runtime::Runtime::new().map_err(Into::into).and_then(|runtime| runtime.block_on(work));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error, 1),
    }
}

fn run_oracle(config: PathBuf) -> ExitCode {
    let prepared =
        Settings::load(&config).map_err(Into::into).and_then(|settings| Ok((read_key(&settings)?, settings)));
    let (key, settings) = match prepared {
        Ok(prepared) => prepared,
        Err(error) => return failed(&error, UNUSABLE),
    };
    let traces = match Traces::start(&settings.traces) {
        Ok(traces) => traces,
        Err(error) => return failed(&error.into(), UNUSABLE),
    };
    let level = telemetry::init(settings.log_json, settings.log_level.as_deref(), traces.as_ref());
    let code = block_on(async move {
        let stop = until_told()?;
        reload_on_hangup(config, level.clone())?;
        service::run(settings, Process { key, level: Some(level), stop }).await
    });
    if let Some(traces) = traces {
        traces.end();
    }
    code
}

fn read_key(settings: &Settings) -> Result<OracleKey> {
    match settings.key_source()? {
        KeySource::File(path) => OracleKey::read(&path),
        KeySource::Socket(path) => Ok(OracleKey::remote(&path)?),
    }
}

/// Becomes true at SIGTERM or Ctrl-C.
fn until_told() -> Result<watch::Receiver<bool>> {
    let (stop, stopped) = watch::channel(false);
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        let _ = stop.send(true);
    });
    Ok(stopped)
}

/// At SIGHUP, takes the log's level from the settings as they are then.
fn reload_on_hangup(config: PathBuf, level: LogLevel) -> Result<()> {
    let mut hangup = signal(SignalKind::hangup()).context("cannot listen for SIGHUP")?;
    tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            let settings = Settings::load(&config).map_err(anyhow::Error::from);
            let changed = settings.and_then(|settings| Ok(level.set_or_default(settings.log_level.as_deref())?));
            if let Err(error) = changed {
                tracing::error!("the log level stays as it is: {}", in_words(error.as_ref()));
            }
        }
    });
    Ok(())
}

fn run_check(settings: &Path) -> ExitCode {
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error.into(), 1),
    };
    let lines = runtime.block_on(check(settings));
    for line in &lines {
        println!("{line}");
    }
    let problems = lines.iter().filter(|line| line.outcome.is_err()).count();
    println!("{}", if problems == 0 { "all is in place".to_owned() } else { format!("problems: {problems}") });
    ExitCode::from(u8::from(problems > 0))
}

fn run_backup(config: &Path, to: &Path) -> ExitCode {
    let settings = match Settings::load(config) {
        Ok(settings) => settings,
        Err(error) => return failed(&error.into(), UNUSABLE),
    };
    match backup(&settings, to) {
        Ok(Copied { attestations, epochs }) => {
            println!("{attestations} attestations and {epochs} closed epochs are in {}", to.display());
            ExitCode::SUCCESS
        }
        Err(error) => failed(&error, 1),
    }
}

fn run_signer(socket: &Path, keypair: &Path, network: Address, max_priority_fee_lamports: u64) -> ExitCode {
    let key = match FileKey::read(keypair) {
        Ok(key) => key,
        Err(error) => return failed(&error, UNUSABLE),
    };
    telemetry::init(false, None, None);
    let rules = Rules { key: key.address(), network, max_priority_fee_lamports };
    block_on(async move { Ok(signer::serve(socket, key, rules, until_told()?).await?) })
}
