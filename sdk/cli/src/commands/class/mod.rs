//! `trellis class`: the device classes of a network.

mod add;
mod list;

/// Lists device classes, and adds one.
#[derive(Clone, Debug, clap::Args)]
pub struct ClassArgs {
    #[command(subcommand)]
    pub command: ClassCommand,
}

#[derive(Clone, Debug, clap::Subcommand)]
pub enum ClassCommand {
    List(list::ListArgs),
    Add(add::AddArgs),
}

/// # Errors
/// What the subcommand says.
pub async fn run(args: &ClassArgs, json: bool) -> anyhow::Result<()> {
    match &args.command {
        ClassCommand::List(args) => list::run(args, json).await,
        ClassCommand::Add(args) => add::run(args, json).await,
    }
}
