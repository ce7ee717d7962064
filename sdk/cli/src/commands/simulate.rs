//! `trellis simulate`.

use std::path::{Path, PathBuf};

use serde_json::json;
use trellis_epoch::{
    Policy,
    bundle::{Bundle, BundleError, MANIFEST},
};

use super::{
    CheckFailed, Unusable,
    amounts::{thousands, tokens},
};
use crate::{
    output,
    simulate::{OperatorDifference, Simulation, SimulationError, simulate},
};

/// What would another policy have paid? Judges and scores closed epochs again under it, and shows for each operator what
/// it was paid, what it would have been, and the difference.
///
/// Each epoch begins with what the one before would have left. Attestations stay in the epoch that they were taken in:
/// `late_seconds` changes what counts there, not what an oracle would have taken.
#[derive(Clone, Debug, clap::Args)]
pub struct SimulateArgs {
    /// The policy, as TOML
    #[arg(value_name = "POLICY")]
    pub policy: PathBuf,
    /// Bundles of epochs that follow on one another, or folders that hold such; in any order
    #[arg(value_name = "BUNDLE", required = true)]
    pub bundles: Vec<PathBuf>,
    /// Decimals of the network's token, to show tokens instead of smallest units
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u8).range(0..=19))]
    pub decimals: Option<u8>,
}

/// # Errors
/// The policy or a bundle cannot be used.
pub async fn run(args: &SimulateArgs, json: bool) -> anyhow::Result<()> {
    let path = args.policy.display();
    let text = std::fs::read_to_string(&args.policy)
        .map_err(|error| Unusable(format!("cannot read the policy {path}: {error}")))?;
    let policy = Policy::from_toml(&text).map_err(|error| Unusable(format!("{path}: {error}")))?;
    let mut bundles = Vec::new();
    for place in &args.bundles {
        bundles.extend(open(place)?);
    }
    // Bundles may be long.
    let simulating = tokio::task::spawn_blocking(move || simulate(&policy, bundles));
    let simulation = simulating.await?.map_err(unusable)?;
    match json {
        true => output::result(in_json(&simulation))?,
        false => output::result(in_words(&simulation, args.decimals))?,
    }
    Ok(())
}

/// The bundle in `place`, or the bundles below it.
fn open(place: &Path) -> anyhow::Result<Vec<Bundle>> {
    if place.join(MANIFEST).exists() {
        return Ok(vec![Bundle::open(place).map_err(|error| unusable(error.into()))?]);
    }
    let unreadable = |error| Unusable(format!("cannot read {}: {error}", place.display()));
    let mut found = Vec::new();
    for entry in std::fs::read_dir(place).map_err(unreadable)? {
        let folder = entry.map_err(unreadable)?.path();
        if folder.join(MANIFEST).exists() {
            found.push(Bundle::open(&folder).map_err(|error| unusable(error.into()))?);
        }
    }
    match found.is_empty() {
        true => Err(Unusable(format!("{} is no bundle, and holds none", place.display())).into()),
        false => Ok(found),
    }
}

/// A file that was changed is a finding; anything else makes policy or bundles unusable.
fn unusable(error: SimulationError) -> anyhow::Error {
    match error {
        SimulationError::Bundle(BundleError::Changed { .. }) => CheckFailed(error.to_string()).into(),
        error => Unusable(error.to_string()).into(),
    }
}

fn in_json(simulation: &Simulation) -> serde_json::Value {
    let operator = |line: &OperatorDifference| {
        json!({
            "index": line.index,
            "payout_wallet": line.payout_wallet,
            "points": line.points,
            "would_be_points": line.would_be_points,
            "paid": line.paid.to_string(),
            "would_be_paid": line.would_be_paid.to_string(),
            "difference": line.difference().to_string(),
        })
    };
    json!({
        "ok": true,
        "epochs": simulation.epochs,
        "operators": simulation.operators.iter().map(operator).collect::<Vec<_>>(),
    })
}

fn in_words(simulation: &Simulation, decimals: Option<u8>) -> String {
    let amount = |units: u64| decimals.map_or_else(|| thousands(units), |decimals| tokens(units, decimals));
    let mut lines = Vec::new();
    for line in &simulation.epochs {
        let (was, would) = (thousands(line.accepted), thousands(line.would_be_accepted));
        let mut words = format!(
            "epoch {}: of {} attestations {was} count, {would} would",
            line.epoch,
            thousands(line.attestations)
        );
        for (reason, count) in &line.would_be_refused {
            words += &format!("; {} {reason}", thousands(*count));
        }
        lines.push(words);
    }
    let row = |cells: [String; 4]| {
        let [operator, paid, would, difference] = cells;
        format!("{operator:<9} {paid:>24} {would:>24} {difference:>24}")
    };
    lines.push(row(["operator", "was paid", "would be paid", "difference"].map(str::to_owned)));
    for line in &simulation.operators {
        let sign = if line.difference() < 0 { "-" } else { "+" };
        // The difference of two amounts fits an amount.
        let difference = u64::try_from(line.difference().unsigned_abs()).unwrap_or(u64::MAX);
        let cells = [
            line.index.to_string(),
            amount(line.paid),
            amount(line.would_be_paid),
            format!("{sign}{}", amount(difference)),
        ];
        lines.push(row(cells));
    }
    lines.join("\n")
}
