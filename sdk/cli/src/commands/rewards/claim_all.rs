//! `trellis rewards claim-all`.

use std::path::PathBuf;

use anyhow::{Context, bail};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Deserialize;
use serde_json::json;
use trellis_client::{
    Chain,
    claims::{Payee, RewardTree, Standing},
    fleet::{Fleet, FleetError, Options, Progress, Report},
};
use trellis_core::{Amount, Epoch};
use trellis_epoch::bundle::{Bundle, MANIFEST, OPERATORS};

use crate::{
    commands::{
        Unusable,
        audit::location::{AccessArgs, Place},
        cluster::{parse_url, read_payer_file},
        receipt::fetch,
    },
    output,
};

/// Claims what many operators have earned, in as few transactions as there can be; you pay the fees.
///
/// Operators that stand beside each other in the network are paid together, 58 in a transaction of version 1 (SIMD-0385), or
/// about ten on a cluster that does not take these. Others are paid some eight in a transaction: each has a proof of its own.
///
/// What was claimed stands on the chain: a run that was stopped is continued by running it again, and nobody is paid
/// twice. Every claim pays the wallet that its operator named, and no other. The leaves are checked against the chain's root
/// before anything is sent.
#[derive(Clone, Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("source").required(true).args(["oracle", "bundle"]))]
pub struct ClaimAllArgs {
    /// JSON-RPC of the cluster, or one of mainnet-beta, devnet, testnet, localhost
    #[arg(long, value_parser = parse_url)]
    pub url: String,
    /// Keypair that pays for everything [default: ~/.config/solana/id.json]
    #[arg(long, value_name = "FILE")]
    pub keypair: Option<PathBuf>,
    /// An oracle of the vault, such as http://127.0.0.1:8787: the last epoch whose root is final is fetched from there
    #[arg(long, value_name = "URL")]
    pub oracle: Option<String>,
    /// The bundle of one of the last four final epochs: a folder, s3://… or https://…
    #[arg(long, value_name = "BUNDLE")]
    pub bundle: Option<String>,
    #[command(flatten)]
    pub access: AccessArgs,
    /// File with the indices of the fleet's operators, one a line; all operators of the network if left out
    #[arg(long, value_name = "FILE")]
    pub operators: Option<PathBuf>,
    /// Leave out who has less to claim than this, in the mint's smallest unit
    #[arg(long, value_name = "AMOUNT", default_value_t = 1)]
    pub minimum: u64,
    /// Price offered for each compute unit, in millionths of a lamport: what gets transactions into a busy cluster's blocks
    #[arg(long, value_name = "MICROLAMPORTS", default_value_t = 0)]
    pub compute_unit_price: u64,
}

pub async fn run(args: &ClaimAllArgs, json: bool) -> anyhow::Result<()> {
    let payer = read_payer_file(args.keypair.as_deref())?;
    let tree = read_tree(args).await?;
    let operators = read_operators(args, &tree)?;
    let chain = Chain::new(&args.url);
    let options = Options { compute_unit_price: args.compute_unit_price, minimum_amount: args.minimum };
    let fleet = Fleet { chain: &chain, payer: &payer, tree: &tree, operators: &operators, options };
    let bar = Bar::new();
    let report = fleet.claim(|progress| bar.show(progress)).await;
    bar.0.finish_and_clear();
    let report = report.map_err(in_words)?;
    match json {
        true => output::result(report_in_json(&report, tree.epoch()))?,
        false => describe(&report, tree.epoch()).iter().try_for_each(output::result)?,
    }
    Ok(())
}

/// What can be done about it, where the chain's own words do not say.
fn in_words(error: FleetError) -> anyhow::Error {
    let hint = match &error {
        FleetError::NoSuchOperator { .. } => return Unusable(error.to_string()).into(),
        FleetError::Chain(_) | FleetError::NothingWentThrough(_) => {
            "has the payer enough SOL? What was paid is paid: run this again to go on"
        }
        _ => return error.into(),
    };
    anyhow::Error::from(error).context(hint)
}

#[derive(Deserialize)]
struct Status {
    next_to_finalize: Option<u64>,
}

/// The tree of the bundle that the arguments name.
async fn read_tree(args: &ClaimAllArgs) -> anyhow::Result<RewardTree> {
    match (&args.oracle, &args.bundle) {
        (Some(oracle), _) => {
            let url = oracle.trim_end_matches('/');
            let asked = reqwest::get(format!("{url}/v1/status")).await;
            let asked = asked.with_context(|| format!("the oracle at {url} cannot be asked"))?;
            let status: Status = asked.error_for_status()?.json().await.context("the oracle's answer")?;
            let Some(epoch) = status.next_to_finalize.and_then(|next| next.checked_sub(1)) else {
                bail!("no epoch's root is final yet, so there is nothing to claim: ask again later");
            };
            let folder = fetch::files(url, Epoch(epoch), &[MANIFEST, OPERATORS]).await?;
            tree_of(&Bundle::open(folder.path()).map_err(unusable)?)
        }
        (None, Some(bundle)) => {
            let place = Place::open(bundle, &args.access).await?;
            tree_of(&Bundle::open(place.folder()).map_err(unusable)?)
        }
        // The group of arguments wants one of them.
        (None, None) => Err(Unusable("either --oracle or --bundle is wanted".to_owned()).into()),
    }
}

fn unusable(error: impl std::fmt::Display) -> anyhow::Error {
    Unusable(error.to_string()).into()
}

fn tree_of(bundle: &Bundle) -> anyhow::Result<RewardTree> {
    let lines = bundle.operators().and_then(|operators| operators.all()).map_err(unusable)?;
    let payee = |line: &trellis_epoch::bundle::OperatorLine| Payee {
        payout_wallet: line.payout_wallet.into(),
        cumulative: Amount(line.cumulative),
    };
    let manifest = &bundle.manifest;
    Ok(RewardTree::new(manifest.vault.into(), Epoch(manifest.epoch), lines.iter().map(payee).collect()))
}

fn read_operators(args: &ClaimAllArgs, tree: &RewardTree) -> anyhow::Result<Vec<u32>> {
    let Some(file) = &args.operators else { return Ok((0..).take(tree.len()).collect()) };
    let text = std::fs::read_to_string(file);
    let text = text.map_err(|error| Unusable(format!("cannot read {}: {error}", file.display())))?;
    let lines = text.lines().map(str::trim).enumerate().filter(|(_, line)| !line.is_empty());
    let parse = |(number, line): (usize, &str)| {
        let wrong = || Unusable(format!("{}, line {}: `{line}` is no operator's index", file.display(), number + 1));
        line.parse().map_err(|_| wrong())
    };
    let operators: std::collections::BTreeSet<u32> = lines.map(parse).collect::<Result<_, _>>()?;
    Ok(operators.into_iter().collect())
}

/// On standard error, and only where a person sees it.
struct Bar(ProgressBar);

impl Bar {
    fn new() -> Self {
        let bar = ProgressBar::new(0);
        if let Ok(style) = ProgressStyle::with_template("{msg} [{bar:40}] {pos}/{len}") {
            bar.set_style(style);
        }
        Self(bar)
    }

    fn show(&self, progress: Progress) {
        match progress {
            Progress::Due { operators, .. } => {
                self.0.set_message("operators paid");
                self.0.set_length(operators as u64);
            }
            Progress::Sending { operators, .. } => {
                self.0.set_message("operators paid");
                self.0.set_length(operators as u64);
                self.0.set_position(0);
            }
            Progress::Paid { operators, .. } => self.0.inc(operators as u64),
        }
    }
}

/// Why an operator was left out: a name for programs, and words.
fn reason(standing: Standing) -> (&'static str, &'static str) {
    match standing {
        Standing::NoAccount(_) => ("no_token_account", "its payout wallet has no token account for these tokens"),
        Standing::UnusableAccount(_) => {
            ("unusable_token_account", "its payout wallet's token account is frozen or has another owner")
        }
        Standing::NoPage(_) => ("no_claim_page", "its claim page is not open yet: an oracle opens it"),
        Standing::Due(_) | Standing::NothingDue { .. } => ("nothing", "it has nothing to claim"),
    }
}

fn report_in_json(report: &Report, epoch: Epoch) -> serde_json::Value {
    let left_out: Vec<_> = report
        .left_out
        .iter()
        .map(|(index, standing)| json!({ "operator_index": index, "reason": reason(*standing).0 }))
        .collect();
    json!({
        "ok": true, "epoch": epoch.get(), "operators": report.operators, "amount": report.amount.get().to_string(),
        "transactions": report.transactions, "left_out": left_out,
    })
}

/// Most operators that are named one by one.
const MOST_NAMED: usize = 20;

fn describe(report: &Report, epoch: Epoch) -> Vec<String> {
    let mut lines = vec![format!(
        "{} operators were paid {} units by the root of epoch {epoch}, in {} transactions",
        report.operators, report.amount, report.transactions
    )];
    for (index, standing) in report.left_out.iter().take(MOST_NAMED) {
        lines.push(format!("operator {index} was left out: {}", reason(*standing).1));
    }
    if report.left_out.len() > MOST_NAMED {
        lines.push(format!("and {} more were left out", report.left_out.len() - MOST_NAMED));
    }
    lines.push("OK".to_owned());
    lines
}
