//! `trellis rewards`: what an operator has earned, and claiming it.

mod claim;
mod claim_all;
mod proof;
mod relayed;
mod show;

/// Shows what an operator has earned, and claims it.
///
/// Rewards are cumulative: an epoch that is not claimed is claimed with a later one, and nothing is lost.
#[derive(Clone, Debug, clap::Args)]
pub struct RewardsArgs {
    #[command(subcommand)]
    pub command: RewardsCommand,
}

#[derive(Clone, Debug, clap::Subcommand)]
pub enum RewardsCommand {
    Show(show::ShowArgs),
    Claim(claim::ClaimArgs),
    ClaimAll(claim_all::ClaimAllArgs),
}

/// # Errors
/// What the subcommand says.
pub async fn run(args: &RewardsArgs, json: bool) -> anyhow::Result<()> {
    match &args.command {
        RewardsCommand::Show(args) => show::run(args, json).await,
        RewardsCommand::Claim(args) => claim::run(args, json).await,
        RewardsCommand::ClaimAll(args) => claim_all::run(args, json).await,
    }
}
