//! `trellis appeal sign`.

use std::{fs, path::PathBuf};

use serde_json::json;
use solana_address::Address;
use solana_signer::Signer;
use trellis_core::{DeviceKey, appeal::Appeal, hash::sha256};
use trellis_epoch::encoding::{base58, device_key};

use super::{Unusable, correction::parse_hash};
use crate::{deploy::keys::read_keypair, output};

/// Makes appeals against findings.
#[derive(Clone, Debug, clap::Args)]
pub struct AppealArgs {
    #[command(subcommand)]
    pub command: AppealCommand,
}

#[derive(Clone, Debug, clap::Subcommand)]
pub enum AppealCommand {
    Sign(SignArgs),
}

/// Signs an appeal with the operator's wallet, and prints it as JSON: post it to an oracle's /v1/appeals, and send the
/// statement to the network's authority.
///
/// The finding, with its epoch and its hash, is in an oracle's answer to GET /v1/devices/DEVICE.
#[derive(Clone, Debug, clap::Args)]
pub struct SignArgs {
    /// Keypair of the operator's wallet, in Solana's format
    #[arg(long, value_name = "FILE")]
    pub keypair: PathBuf,
    /// Address of the network
    #[arg(long)]
    pub network: Address,
    /// Address of the reward vault
    #[arg(long)]
    pub vault: Address,
    /// The finding's epoch
    #[arg(long)]
    pub epoch: u64,
    /// Key of the device
    #[arg(long, value_name = "KEY", value_parser = parse_device)]
    pub device: DeviceKey,
    /// The finding's hash
    #[arg(long, value_name = "HEX", value_parser = parse_hash)]
    pub finding: [u8; 32],
    /// File with what you have to say; its SHA-256 is signed
    #[arg(long, value_name = "FILE")]
    pub statement: PathBuf,
}

fn parse_device(text: &str) -> Result<DeviceKey, String> {
    device_key::decode(text).ok_or_else(|| "base58 of an ed25519 or P-256 key is wanted".to_owned())
}

pub fn run(args: &AppealArgs) -> anyhow::Result<()> {
    let AppealCommand::Sign(args) = &args.command;
    let statement = fs::read(&args.statement)
        .map_err(|error| Unusable(format!("cannot read the statement {}: {error}", args.statement.display())))?;
    let (network, vault) = (args.network.to_bytes(), args.vault.to_bytes());
    let appeal = Appeal { network, vault, finding: args.finding, statement: sha256(&[&statement]) };
    let signature = read_keypair(&args.keypair)?.sign_message(&appeal.signing_bytes());
    let json = json!({
        "epoch": args.epoch,
        "device": base58::encode(args.device.bytes()),
        "finding": hex::encode(appeal.finding),
        "statement": hex::encode(appeal.statement),
        "signature": hex::encode(signature.as_ref()),
    });
    Ok(output::result(serde_json::to_string_pretty(&json)?)?)
}
