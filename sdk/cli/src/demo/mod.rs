//! A whole network from readings to claimed tokens, on the local chain.
//!
//! The readings' own time drives everything: the chain starts on the eve of the first reading and travels to the end of
//! each day; the oracle takes its time from the chain.

mod agent;
mod cheats;
mod claiming;
mod day;
mod keys;
mod network;
pub(crate) mod oracle;
mod readings;
mod report;
mod stage;

use std::{path::Path, time::Instant};

use anyhow::{Context, Result, bail};

pub use report::Report;

use crate::{
    commands::{CheckFailed, StopSignal, Unusable, audit, dashboard_folder, demo::DemoArgs},
    demo::stage::Stage,
    output::{self, Say},
};

/// Days, and so epochs, that the demo replays.
pub const DAYS: u64 = 7;
/// The day in whose middle the oracle is killed.
const KILL_DAY: u64 = 3;
/// The day among whose readings the demo tries to cheat.
const CHEAT_DAY: u64 = 1;

pub async fn run(args: &DemoArgs, json: bool) -> Result<()> {
    let temporary = tempfile::tempdir()?;
    let folder = args.work_dir.as_deref().unwrap_or(temporary.path());
    std::fs::create_dir_all(folder).map_err(|error| {
        Unusable(format!("cannot create {}: {error}; name a folder that can be written", folder.display()))
    })?;
    if folder.join("data").exists() {
        return Err(Unusable(format!("{} holds an earlier run: name an empty folder", folder.display())).into());
    }
    let folder = folder.canonicalize()?;
    play(args, json, &folder).await
}

async fn play(args: &DemoArgs, json: bool, folder: &Path) -> Result<()> {
    let mut stop = StopSignal::listen()?;
    // What is dropped in the middle takes chain and oracle with it.
    let (stage, report) = tokio::select! {
        played = play_to_the_end(args, folder, Say::new(json)) => played?,
        () = stop.wait() => bail!("stopped by a signal in the middle; chain and oracle are stopped too"),
    };
    match json {
        true => output::result(serde_json::to_string_pretty(&report)?)?,
        false => output::result(describe(&report))?,
    }
    if args.keep {
        stage.say_where_it_runs(args.dashboard.is_some());
        stop.wait().await;
    }
    stage.strike().await
}

/// Plays all days, claims, audits, and checks that everything adds up.
async fn play_to_the_end(args: &DemoArgs, folder: &Path, say: Say) -> Result<(Stage, Report)> {
    let started = Instant::now();
    let dashboard = args.dashboard.as_deref().map(dashboard_folder).transpose()?;
    let mut stage = Stage::set(args.seed, folder, dashboard.as_deref(), say).await?;
    for day in 0..DAYS {
        stage.play_day(day).await.with_context(|| format!("day {}", day + 1))?;
    }
    match args.unclaimed {
        true => stage.write_wallets(folder)?,
        false => stage.claim_at_the_end().await?,
    }
    let audits = audit_all(&stage, say).await?;
    let mut report = stage.report().await?;
    report.audits = audits;
    report.seconds = started.elapsed().as_secs();
    check(&report, args.unclaimed)?;
    report.ok = true;
    Ok((stage, report))
}

fn describe(report: &Report) -> String {
    let roots = report.roots.iter().enumerate().map(|(epoch, root)| format!("root of epoch {epoch}: {root}\n"));
    format!("\n{}\n{}\nOK ({} s)", report.table(), roots.collect::<String>(), report.seconds)
}

/// Audits every bundle, each against the one before it and the chain.
async fn audit_all(stage: &Stage, say: Say) -> Result<usize> {
    for epoch in 0..DAYS {
        let folder = stage.bundle_folder(epoch);
        let report = audit::check(&folder, Some((&stage.rpc_url(), stage.vault()))).await?;
        let chain = match report.on_chain {
            audit::OnChain::Same => "same root on the chain",
            audit::OnChain::NoLongerKept => "continued by later bundles up to the chain's",
            other => return Err(CheckFailed(format!("audit of epoch {epoch}: on the chain: {other:?}")).into()),
        };
        say.line(format!(
            "audit of epoch {epoch}: {} attestations recomputed, {} accepted, {chain}",
            report.attestations, report.accepted
        ));
    }
    Ok(DAYS as usize)
}

/// The sums that must agree to the last unit.
fn check(report: &Report, unclaimed: bool) -> Result<()> {
    let (emitted, earned, claimed) = (report.emitted, report.earned(), report.claimed());
    let left = report.left_in_vault;
    if earned != emitted || claimed.checked_add(left) != Some(emitted) || (left != 0 && !unclaimed) {
        let found = format!("emitted {emitted}, earned {earned}, claimed {claimed}, left in the vault {left}");
        return Err(CheckFailed(found).into());
    }
    match report.operators.last() {
        Some(gasless) if gasless.lamports != 0 => {
            Err(CheckFailed(format!("{} was to have no SOL, but has {} lamports", gasless.name, gasless.lamports))
                .into())
        }
        _ => Ok(()),
    }
}
