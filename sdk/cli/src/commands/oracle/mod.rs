//! `trellis oracle`: who decides on a network's roots, and how far they are.

mod status;

/// Shows a network's oracles.
#[derive(Clone, Debug, clap::Args)]
pub struct OracleArgs {
    #[command(subcommand)]
    pub command: OracleCommand,
}

#[derive(Clone, Debug, clap::Subcommand)]
pub enum OracleCommand {
    Status(status::StatusArgs),
}

/// # Errors
/// What the subcommand says.
pub async fn run(args: &OracleArgs, json: bool) -> anyhow::Result<()> {
    match &args.command {
        OracleCommand::Status(args) => status::run(args, json).await,
    }
}
