//! `trellis agent`: a device in software.

mod init;
mod run;
mod show;
mod source;
mod words;

use std::path::PathBuf;

use solana_address::Address;
use trellis_agent::AgentError;

use super::Unusable;
use source::SourceArgs;

/// Runs a device: reads a meter, signs its readings, sends them to an oracle, and keeps the receipts.
#[derive(Clone, Debug, clap::Args)]
pub struct AgentArgs {
    #[command(subcommand)]
    pub command: AgentCommand,
}

#[derive(Clone, Debug, clap::Subcommand)]
pub enum AgentCommand {
    Init(InitArgs),
    Show(ShowArgs),
    Run(RunArgs),
}

/// Makes a new device: its key, and its settings in agent.toml.
///
/// The oracle tells the network, its own key and the length of intervals; check that they are the network's that you mean. A key
/// that is there is never overwritten: it is the device's name in its network.
#[derive(Clone, Debug, clap::Args)]
pub struct InitArgs {
    /// The device's folder, which is made if it is not there
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// Where an oracle of the network listens, such as http://127.0.0.1:8787; may be repeated
    #[arg(long = "oracle", value_name = "URL", required = true)]
    pub oracles: Vec<String>,
    /// The network that it must be: an error if the oracle works for another one
    #[arg(long, value_name = "ADDRESS")]
    pub network: Option<Address>,
    /// Number of the device's class in the network
    #[arg(long, default_value_t = 0)]
    pub class: u16,
    /// Length of the network's intervals, if the oracle does not tell it
    #[arg(long, value_name = "SECONDS")]
    pub interval_seconds: Option<u32>,
    #[command(flatten)]
    pub source: SourceArgs,
}

/// Shows the device's key, as text and as a QR code for the page on which it is registered.
///
/// With --operator, the device signs that it belongs to this operator, and the code holds the proof: then the wallet alone
/// registers it, without this key at hand. The proof holds for an hour, unless --valid-seconds says otherwise. Where the class names a
/// maker, the maker's wallet signs on that page beside the owner's, or `trellis device register` takes its keypair.
#[derive(Clone, Debug, clap::Args)]
pub struct ShowArgs {
    /// The device's folder
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// Wallet of the operator that is to own the device
    #[arg(long, value_name = "ADDRESS")]
    pub operator: Option<Address>,
    /// How long the proof holds: at most a day
    #[arg(long, value_name = "SECONDS", default_value_t = 3_600, value_parser = clap::value_parser!(u32).range(60..=86_400))]
    pub valid_seconds: u32,
    /// No QR code
    #[arg(long)]
    pub no_qr: bool,
}

/// Runs the device until its source has ended and everything is settled, or until Ctrl-C or SIGTERM.
///
/// It can be stopped, or killed, at any moment: what is signed is on the disk, and is sent at the next start. Receipts are in
/// data/receipts, a line each; what was refused, with the reason, in data/refused.jsonl.
#[derive(Clone, Debug, clap::Args)]
pub struct RunArgs {
    /// The device's folder
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
}

pub async fn run(args: &AgentArgs, json: bool) -> anyhow::Result<()> {
    match &args.command {
        AgentCommand::Init(args) => init::run(args, json).await,
        AgentCommand::Show(args) => show::run(args, json),
        AgentCommand::Run(args) => run::run(args, json).await,
    }
}

/// What cannot be used is exit code 2: a service that is started again and again leaves it be then.
fn failed(error: AgentError) -> anyhow::Error {
    match error.is_unusable() {
        true => Unusable(trellis_client::in_words(&error)).into(),
        false => error.into(),
    }
}
