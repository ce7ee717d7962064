//! `trellis doctor`.

use std::path::PathBuf;

use serde_json::json;
use solana_signer::Signer;
use trellis_client::Chain;

use super::{
    CheckFailed, Said,
    cluster::{parse_url, read_payer},
};
use crate::{
    doctor::{Check, State, examine},
    localnet::deploy_dir,
    output,
};

/// Checks a cluster: does it answer, does it have what the programs need, are the programs there, byte for byte?
///
/// Says of each thing whether it is as it must be and what to do if not. Exit code 1 if something needed is missing.
#[derive(Clone, Debug, clap::Args)]
pub struct DoctorArgs {
    /// JSON-RPC of the cluster, or one of mainnet-beta, devnet, testnet, localhost
    #[arg(long, value_parser = parse_url)]
    pub url: String,
    /// Keypair whose balance to look at: can it pay for what is missing?
    #[arg(long, value_name = "FILE")]
    pub keypair: Option<PathBuf>,
    /// Folder of the built programs to compare with; the one that `cargo xtask build-sbf` writes if left out
    #[arg(long, value_name = "DIR")]
    pub programs: Option<PathBuf>,
}

pub async fn run(args: &DoctorArgs, json: bool) -> anyhow::Result<()> {
    let payer = args.keypair.as_deref().map(|file| read_payer(Some(file))).transpose()?.map(|key| key.pubkey());
    let build = args.programs.clone().unwrap_or_else(deploy_dir);
    let checks = examine(&Chain::new(&args.url), &build, payer).await?;
    let bad: Vec<&str> =
        checks.iter().filter(|check| check.state == State::Bad).map(|check| check.what.as_str()).collect();
    match json {
        true => output::result(json!({ "ok": bad.is_empty(), "checks": checks }))?,
        false => checks.iter().map(Check::describe).try_for_each(output::result)?,
    }
    match (bad.is_empty(), json) {
        (true, _) => Ok(()),
        (false, true) => Err(Said.into()),
        (false, false) => Err(CheckFailed(format!("not as it must be: {}", bad.join(", "))).into()),
    }
}
