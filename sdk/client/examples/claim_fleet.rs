//! Claims for a fleet, of thousands of operators, and shows how far it is. A run that was stopped goes on where it was when it is
//! started again: what was claimed stands on the chain.
//!
//! ```text
//! cargo run -p trellis-client --example claim_fleet -- RPC_URL PAYER.json BUNDLE_FOLDER [FIRST LAST]
//! ```
//!
//! FIRST and LAST are the indices of the fleet's operators; all of the network's if left out.

use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use indicatif::{ProgressBar, ProgressStyle};
use solana_keypair::read_keypair_file;
use trellis_client::{
    Chain,
    claims::{Payee, RewardTree},
    fleet::{Fleet, Options, Progress},
};
use trellis_core::{Amount, Epoch};
use trellis_epoch::bundle::Bundle;

#[tokio::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (required, indices) = match arguments.split_at_checked(3) {
        Some((required, [])) => (required, None),
        Some((required, [first, last])) => (required, Some(parse(first)?..=parse(last)?)),
        _ => bail!("three or five arguments are wanted: RPC_URL PAYER.json BUNDLE_FOLDER [FIRST LAST]"),
    };
    let [rpc_url, payer, bundle] = required else { bail!("three arguments are wanted first") };
    let payer = read_keypair_file(payer).map_err(|error| anyhow!("cannot read the keypair {payer}: {error}"))?;
    let (chain, tree) = (Chain::new(rpc_url), read_tree(Path::new(bundle))?);
    let operators: Vec<u32> = indices.unwrap_or(0..=u32::try_from(tree.len())?.saturating_sub(1)).collect();

    // The tree is checked against the chain's root first: a wrong bundle claims nothing.
    let fleet = Fleet { chain: &chain, payer: &payer, tree: &tree, operators: &operators, options: Options::default() };
    let bar = ProgressBar::new(0).with_style(ProgressStyle::with_template("operators paid [{bar:40}] {pos}/{len}")?);
    let claimed = fleet.claim(|progress| show(&bar, progress)).await;
    bar.finish_and_clear();
    let report = claimed.context("what was paid is paid: run this again to go on")?;

    println!("{} operators were paid {} in {} transactions", report.operators, report.amount, report.transactions);
    for (index, standing) in &report.left_out {
        println!("operator {index} cannot be paid as it is: {standing:?}");
    }
    Ok(())
}

fn parse(index: &str) -> Result<u32> {
    index.parse().with_context(|| format!("`{index}` is no operator's index"))
}

/// The rewards of a bundle's epoch: what everybody has earned, and where it is paid.
fn read_tree(folder: &Path) -> Result<RewardTree> {
    let bundle = Bundle::open(folder)?;
    let payees = bundle.operators()?.all()?.into_iter();
    let payees = payees
        .map(|line| Payee { payout_wallet: line.payout_wallet.into(), cumulative: Amount(line.cumulative) })
        .collect();
    Ok(RewardTree::new(bundle.manifest.vault.into(), Epoch(bundle.manifest.epoch), payees))
}

fn show(bar: &ProgressBar, progress: Progress) {
    match progress {
        Progress::Due { operators, .. } => bar.set_length(operators as u64),
        Progress::Sending { transactions, .. } => bar.println(format!("sending {transactions} transactions")),
        Progress::Paid { operators, .. } => bar.inc(operators as u64),
    }
}
