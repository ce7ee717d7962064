//! `trellis network create`.

use std::path::PathBuf;

use serde_json::json;
use solana_signer::Signer;
use trellis_client::Chain;

use super::cluster::{parse_url, read_payer};
use crate::{
    network::{Creation, NetworkPlan, StepReport},
    output::{self, Say, sol},
};

/// Creates a network on a cluster.
#[derive(Clone, Debug, clap::Args)]
pub struct NetworkArgs {
    #[command(subcommand)]
    pub command: NetworkCommand,
}

#[derive(Clone, Debug, clap::Subcommand)]
pub enum NetworkCommand {
    Create(CreateArgs),
}

/// Makes a whole network from one file: its account, device classes, mint, vaults, emission and oracles.
///
/// The network's address follows from the keypair and the name in the file. What is on the chain already is compared
/// with the file first; if anything differs, the fields are named and nothing is done. Otherwise what is missing is
/// done, so a run that failed in the middle is continued by running it again.
#[derive(Clone, Debug, clap::Args)]
pub struct CreateArgs {
    /// The network's file; migrations/la-haute-borne/network.toml is an example, migrations/README.md explains it
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
    /// JSON-RPC of the cluster, or one of mainnet-beta, devnet, testnet, localhost
    #[arg(long, value_parser = parse_url)]
    pub url: String,
    /// Keypair of the creator, who pays and is the network's first authority [default: ~/.config/solana/id.json]
    #[arg(long, value_name = "FILE")]
    pub keypair: Option<PathBuf>,
    /// Say what would be done, and do nothing
    #[arg(long)]
    pub dry_run: bool,
}

pub async fn run(args: &NetworkArgs, json: bool) -> anyhow::Result<()> {
    match &args.command {
        NetworkCommand::Create(args) => create(args, json).await,
    }
}

async fn create(args: &CreateArgs, json: bool) -> anyhow::Result<()> {
    let say = Say::new(json);
    let creator = read_payer(args.keypair.as_deref())?;
    let mut plan = NetworkPlan::read(&args.config, creator.pubkey())?;
    let chain = Chain::new(&args.url);
    plan.settle_genesis(&chain).await?;
    let creation = Creation::look(&chain, &plan).await?;
    say.line(format!("{} at {}, created by {}", plan.file.name, plan.address, plan.creator));
    say.line(format!("the payer needs {} SOL", sol(creation.needed_lamports)));
    if args.dry_run {
        creation.reports().iter().for_each(|report| say.line(line(report, "to be created")));
    } else {
        creation.check_balance().await?;
        creation.carry_out(&*creator, |report| say.line(line(report, "created"))).await?;
    }
    let report = json!({
        "ok": true,
        "dry_run": args.dry_run,
        "network": plan.address.to_string(),
        "mint": plan.mint.to_string(),
        "vault": plan.vault().to_string(),
        "steps": creation.reports(),
        "needed_lamports": creation.needed_lamports,
    });
    match json {
        true => output::result(report)?,
        false => output::result(format!("OK: network {}, vault {}, mint {}", plan.address, plan.vault(), plan.mint))?,
    }
    Ok(())
}

fn line(report: &StepReport, what: &str) -> String {
    let what = if report.was_there { "is there" } else { what };
    format!("{what:<13} {}  {}", report.account, report.name)
}
