//! `trellis correction sign`.

use std::path::PathBuf;

use solana_address::Address;
use solana_signer::Signer;
use trellis_core::{Amount, correction::Correction};
use trellis_epoch::corrections::{CorrectionJson, CorrectionKind, CorrectionReason, SignedCorrection};

use super::Unusable;
use crate::{deploy::keys::read_keypair, output};

/// Makes corrections of what operators earned in closed epochs.
#[derive(Clone, Debug, clap::Args)]
pub struct CorrectionArgs {
    #[command(subcommand)]
    pub command: CorrectionCommand,
}

#[derive(Clone, Debug, clap::Subcommand)]
pub enum CorrectionCommand {
    Sign(SignArgs),
}

/// Signs a correction with the key that the network's policy names, and prints it as JSON, for every oracle of the vault:
/// post it to /v1/corrections.
///
/// A debit is withheld from what the operator earns in later epochs until it is paid; a credit is paid from what nobody
/// earned. Each number counts once: the next is in an oracle's answer to GET /v1/corrections.
#[derive(Clone, Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("kind").required(true).args(["debit", "credit"]))]
pub struct SignArgs {
    /// Keypair of the policy's corrections key, in Solana's format
    #[arg(long, value_name = "FILE")]
    pub keypair: PathBuf,
    /// Address of the network
    #[arg(long)]
    pub network: Address,
    /// Address of the reward vault
    #[arg(long)]
    pub vault: Address,
    /// The number that is next
    #[arg(long)]
    pub number: u64,
    /// Index of the operator
    #[arg(long, value_name = "INDEX")]
    pub operator: u32,
    /// What the operator owes, in the mint's smallest unit
    #[arg(long, value_name = "AMOUNT", value_parser = clap::value_parser!(u64).range(1..))]
    pub debit: Option<u64>,
    /// What the operator is owed, in the mint's smallest unit
    #[arg(long, value_name = "AMOUNT", value_parser = clap::value_parser!(u64).range(1..))]
    pub credit: Option<u64>,
    /// Why: fraud, faulty_device, wrong_rules, upheld_appeal or reversal
    #[arg(long, value_parser = parse_reason)]
    pub reason: CorrectionReason,
    /// Hash of what shows it (64 hex digits); of an upheld appeal, the finding's hash
    #[arg(long, value_name = "HEX", value_parser = parse_hash)]
    pub evidence: [u8; 32],
}

fn parse_reason(text: &str) -> Result<CorrectionReason, String> {
    let reason = CorrectionReason::ALL.into_iter().find(|reason| reason.name() == text);
    reason.ok_or_else(|| format!("there are {}", CorrectionReason::ALL.map(CorrectionReason::name).join(", ")))
}

/// A hash in hex.
pub(super) fn parse_hash(text: &str) -> Result<[u8; 32], String> {
    let bytes = hex::decode(text).ok().and_then(|bytes| bytes.try_into().ok());
    bytes.ok_or_else(|| "a hash of 64 hex digits is wanted".to_owned())
}

pub fn run(args: &CorrectionArgs) -> anyhow::Result<()> {
    let CorrectionCommand::Sign(args) = &args.command;
    Ok(output::result(serde_json::to_string_pretty(&sign(args)?)?)?)
}

fn sign(args: &SignArgs) -> Result<CorrectionJson, Unusable> {
    let (kind, amount) = match (args.debit, args.credit) {
        (Some(amount), None) => (CorrectionKind::Debit, amount),
        (None, Some(amount)) => (CorrectionKind::Credit, amount),
        // The group of arguments lets just one through.
        _ => return Err(Unusable("either --debit or --credit is wanted".to_owned())),
    };
    let correction = Correction {
        network: args.network.to_bytes(),
        vault: args.vault.to_bytes(),
        number: args.number,
        operator_index: args.operator,
        kind,
        amount: Amount(amount),
        reason: args.reason,
        evidence: args.evidence,
    };
    let signature = read_keypair(&args.keypair)?.sign_message(&correction.signing_bytes());
    Ok(CorrectionJson::from(&SignedCorrection { correction, signature: signature.into() }))
}
