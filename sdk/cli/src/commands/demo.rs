//! `trellis demo`.

use std::path::PathBuf;

/// Runs a whole network on a local chain: seven days of real readings of four wind turbines become claimed tokens.
///
/// Starts a local chain and an oracle, registers devices, replays the readings, tries to cheat, kills the oracle in the
/// middle of day 4, posts seven roots, claims, and audits every bundle.
#[derive(Clone, Debug, clap::Args)]
pub struct DemoArgs {
    /// Make all keys from this number, so that every run gives the same roots; random keys if left out
    #[arg(long)]
    pub seed: Option<u64>,
    /// Leave chain and oracle running at the end, until Ctrl-C
    #[arg(long)]
    pub keep: bool,
    /// Leave what Bravo and Charlie earned unclaimed, and write the operators' wallets into WORK_DIR/wallets: for a look at
    /// the dashboard
    #[arg(long)]
    pub unclaimed: bool,
    /// The folder of the built dashboard, which the oracle then serves
    #[arg(long, value_name = "DIR")]
    pub dashboard: Option<PathBuf>,
    /// Where to put the oracle's files and the bundles; a temporary folder, removed at the end, if left out
    #[arg(long, value_name = "DIR")]
    pub work_dir: Option<PathBuf>,
}

pub async fn run(args: &DemoArgs, json: bool) -> anyhow::Result<()> {
    crate::demo::run(args, json).await
}
