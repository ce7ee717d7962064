//! `trellis deploy`.

use std::path::PathBuf;

use serde_json::json;
use solana_address::Address;
use solana_signer::Signer;
use trellis_client::Chain;

use super::cluster::{parse_url, read_payer_file};
use crate::{
    deploy::{
        Action, Plan, ProgramPlan, Wanted, built,
        cost::FeeRate,
        execute::{Sender, execute},
    },
    localnet::deploy_dir,
    output::{self, Say, sol},
};

/// Puts Trellis's programs on a cluster, or upgrades those that are there.
///
/// Says what it will cost and checks the payer's balance before it sends anything. A run that was stopped is continued
/// by running it again: what is on the chain already is not paid for twice. A second run with the same build finds the
/// same bytes and does nothing. At the end, every byte on the chain is compared with the build.
///
/// A new program needs the key of the address that it was built for. `cargo xtask ids --keys keys` makes your own keys
/// and sets the addresses for the build; `make deploy URL=devnet` does all of it in one go.
#[derive(Clone, Debug, clap::Args)]
pub struct DeployArgs {
    /// JSON-RPC of the cluster, or one of mainnet-beta, devnet, testnet, localhost
    #[arg(long, value_parser = parse_url)]
    pub url: String,
    /// Keypair that pays for everything and upgrades programs that are there [default: ~/.config/solana/id.json]
    #[arg(long, value_name = "FILE")]
    pub keypair: Option<PathBuf>,
    /// Folder of the programs' keys: trellis_registry-keypair.json and so on; only needed for programs not there yet
    #[arg(long, value_name = "DIR", default_value = "keys")]
    pub program_keys: PathBuf,
    /// Folder of the built programs; the one that `cargo xtask build-sbf` writes if left out
    #[arg(long, value_name = "DIR")]
    pub programs: Option<PathBuf>,
    /// Who may upgrade the programs from now on, such as a Squads vault; the payer if left out
    ///
    /// The address does not sign, so nobody checks that it is one: a wrong one takes the programs away for good. After
    /// this, the payer can no longer upgrade them.
    #[arg(long, value_name = "ADDRESS")]
    pub upgrade_authority: Option<Address>,
    /// Price offered for each compute unit, in millionths of a lamport: what gets transactions into a busy cluster's blocks
    #[arg(long, value_name = "MICROLAMPORTS", default_value_t = 0)]
    pub compute_unit_price: u64,
    /// Chunks of a program that are under way at a time
    #[arg(long, value_name = "COUNT", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub parallel_writes: u16,
    /// Say what would be done and what it would cost, and do nothing
    #[arg(long)]
    pub dry_run: bool,
}

pub async fn run(args: &DeployArgs, json: bool) -> anyhow::Result<()> {
    let say = Say::new(json);
    let folder = args.programs.clone().unwrap_or_else(deploy_dir);
    let programs = built::read_all(&folder)?;
    let payer = read_payer_file(args.keypair.as_deref())?;
    let chain = Chain::new(&args.url);
    let fees = FeeRate { compute_unit_price: args.compute_unit_price };
    let wanted = Wanted { payer: &payer, keys: &args.program_keys, upgrade_authority: args.upgrade_authority, fees };
    let plan = Plan::make(&chain, &wanted, programs).await?;
    say.line(describe(&plan, &args.url, &payer.pubkey()));
    plan.check_balance(&payer.pubkey())?;
    if args.dry_run {
        return done(
            json,
            json!({ "ok": true, "dry_run": true, "needed_lamports": plan.needed_lamports }),
            "nothing done",
        );
    }
    let sender = Sender { chain: &chain, payer: &payer, fees, say };
    let outcomes = execute(&sender, &plan, usize::from(args.parallel_writes)).await?;
    let after = chain.balance_lamports(&payer.pubkey()).await?;
    let spent = plan.balance_lamports.saturating_sub(after);
    let words = format!("OK, {} SOL spent", sol(spent));
    done(json, json!({ "ok": true, "programs": outcomes, "spent_lamports": spent }), &words)
}

fn done(json: bool, report: serde_json::Value, words: &str) -> anyhow::Result<()> {
    match json {
        true => output::result(report)?,
        false => output::result(words)?,
    }
    Ok(())
}

fn describe(plan: &Plan, url: &str, payer: &Address) -> String {
    let mut lines =
        vec![format!("cluster   {url}"), format!("payer     {payer}, which has {} SOL", sol(plan.balance_lamports))];
    lines.extend(plan.programs.iter().map(describe_one));
    let sum = |part: fn(&ProgramPlan) -> u64| sol(plan.programs.iter().map(part).sum());
    if !plan.is_empty() {
        lines.push(format!(
            "cost      {} SOL of rent, which stays with the programs; {} SOL of fees; {} SOL lent to buffers; {} SOL \
             are needed at the start",
            sum(|program| program.rent_lamports),
            sum(|program| program.fee_lamports),
            sum(|program| program.loan_lamports),
            sol(plan.needed_lamports)
        ));
    }
    if let Some(next) = plan.programs.iter().find_map(|program| program.hand_to) {
        lines.push(format!(
            "authority {next} will be the only one who may upgrade, and did not sign: nobody checks that it is right"
        ));
    }
    lines.join("\n")
}

fn describe_one(plan: &ProgramPlan) -> String {
    let (name, id, bytes) = (plan.program.name, plan.program.id, plan.program.elf.len());
    let what = match plan.action {
        Action::Nothing => "the same bytes are there".to_owned(),
        Action::Deploy { max_bytes } => format!("to be deployed: {bytes} bytes, with room for {max_bytes}"),
        Action::Upgrade { extend_bytes: 0 } => format!("to be upgraded: {bytes} bytes"),
        Action::Upgrade { extend_bytes } => {
            format!("to be upgraded: {bytes} bytes, for which it grows by {extend_bytes}")
        }
    };
    format!("{name:<9} {id}  {what}")
}
