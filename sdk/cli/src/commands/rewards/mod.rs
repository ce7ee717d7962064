//! `trellis rewards`: what operators have earned.

mod claim_all;

pub use claim_all::ClaimAllArgs;

/// Claims what operators have earned.
#[derive(Clone, Debug, clap::Args)]
pub struct RewardsArgs {
    #[command(subcommand)]
    pub command: RewardsCommand,
}

#[derive(Clone, Debug, clap::Subcommand)]
pub enum RewardsCommand {
    ClaimAll(ClaimAllArgs),
}

pub async fn run(args: &RewardsArgs, json: bool) -> anyhow::Result<()> {
    match &args.command {
        RewardsCommand::ClaimAll(args) => claim_all::run(args, json).await,
    }
}
