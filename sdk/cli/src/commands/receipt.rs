//! `trellis receipt`: what an oracle's receipt is worth.

mod check;
pub(super) mod fetch;
mod file;
mod verify;

pub use check::{Checked, check};
pub use verify::{Verified, verify};

use std::path::PathBuf;

use solana_address::Address;

/// Verifies receipts that an oracle gave for attestations, and whether it kept its word.
#[derive(Clone, Debug, clap::Args)]
pub struct ReceiptArgs {
    #[command(subcommand)]
    pub command: ReceiptCommand,
}

#[derive(Clone, Debug, clap::Subcommand)]
pub enum ReceiptCommand {
    Verify(VerifyArgs),
    Check(CheckArgs),
}

/// Verifies a receipt offline: its signature, and that it is among the receipts that were signed.
///
/// FILE is JSON: a receipt as the API gives it, or an answer that holds one; or evidence that `trellis receipt check`
/// wrote: then the oracle's signature of the bundle is verified too, and with --bundle that it does not hold the
/// attestation.
#[derive(Clone, Debug, clap::Args)]
pub struct VerifyArgs {
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The attestation that it must be for: its wire bytes, or these in base64
    #[arg(long, value_name = "FILE")]
    pub attestation: Option<PathBuf>,
    /// The oracle that must have signed it
    #[arg(long, value_name = "ADDRESS")]
    pub oracle: Option<Address>,
    /// Of evidence: folder of the bundle that it is about
    #[arg(long, value_name = "DIR")]
    pub bundle: Option<PathBuf>,
}

/// Was my work counted? Looks the receipt's attestation up in the bundle of its epoch.
///
/// Says the verdict with its reason. If the bundle does not hold the attestation, the oracle broke its word: exit code 1,
/// and a file of evidence that anyone can check.
#[derive(Clone, Debug, clap::Args)]
pub struct CheckArgs {
    /// JSON: a receipt as the API gives it, or an answer that holds one
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Folder of the epoch's bundle
    #[arg(long, value_name = "DIR", required_unless_present = "url", conflicts_with = "url")]
    pub bundle: Option<PathBuf>,
    /// Address of an oracle that serves the bundle, such as http://127.0.0.1:8787
    #[arg(long, value_name = "ORACLE")]
    pub url: Option<String>,
    /// Where evidence goes, if there is any
    #[arg(long, value_name = "FILE", default_value = "evidence.json")]
    pub evidence: PathBuf,
}

pub async fn run(args: &ReceiptArgs, json: bool) -> anyhow::Result<()> {
    match &args.command {
        ReceiptCommand::Verify(args) => verify::run(args, json),
        ReceiptCommand::Check(args) => check::run(args, json).await,
    }
}
