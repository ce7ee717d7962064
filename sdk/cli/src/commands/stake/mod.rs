//! `trellis stake`: stake with operators, and its rewards.

mod claim;
mod deposit;
mod pool;
mod show;
mod unstake;
mod withdraw;

/// Stakes tokens with operators, and takes stake and rewards out.
///
/// An operator's stake with itself is its bond; what others stake is delegated to it, earns with it, and can be slashed
/// with it. The pool's tiers tell what a stake opens.
#[derive(Clone, Debug, clap::Args)]
pub struct StakeArgs {
    #[command(subcommand)]
    pub command: StakeCommand,
}

#[derive(Clone, Debug, clap::Subcommand)]
pub enum StakeCommand {
    Show(show::ShowArgs),
    Deposit(deposit::DepositArgs),
    Unstake(unstake::UnstakeArgs),
    Withdraw(withdraw::WithdrawArgs),
    Claim(claim::ClaimArgs),
}

/// # Errors
/// What the subcommand says.
pub async fn run(args: &StakeArgs, json: bool) -> anyhow::Result<()> {
    match &args.command {
        StakeCommand::Show(args) => show::run(args, json).await,
        StakeCommand::Deposit(args) => deposit::run(args, json).await,
        StakeCommand::Unstake(args) => unstake::run(args, json).await,
        StakeCommand::Withdraw(args) => withdraw::run(args, json).await,
        StakeCommand::Claim(args) => claim::run(args, json).await,
    }
}
