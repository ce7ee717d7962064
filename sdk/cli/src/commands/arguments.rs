//! What `trellis` is called with: one line for each command.

use clap::{Parser, Subcommand};

use super::{
    agent, appeal, audit, class, completions, correction, demo, deploy, device, doctor, explain, init, localnet,
    network, oracle, receipt, rewards, simulate, stake, up,
};

/// Runs, uses and checks DePIN networks on Solana.
///
/// Exit codes: 0, done, and what was checked holds; 1, what was checked does not hold, or the run failed; 2, the
/// arguments or files cannot be used.
#[derive(Parser)]
#[command(name = "trellis", version)]
pub struct Arguments {
    /// Print the result as JSON on standard output
    #[arg(long, global = true)]
    pub json: bool,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    Init(init::InitArgs),
    Up(up::UpArgs),
    Localnet(localnet::LocalnetArgs),
    Demo(demo::DemoArgs),
    Deploy(deploy::DeployArgs),
    Doctor(doctor::DoctorArgs),
    Network(network::NetworkArgs),
    Class(class::ClassArgs),
    Device(device::DeviceArgs),
    Agent(agent::AgentArgs),
    Rewards(rewards::RewardsArgs),
    Stake(stake::StakeArgs),
    Oracle(oracle::OracleArgs),
    Explain(explain::ExplainArgs),
    Audit(audit::AuditArgs),
    Simulate(simulate::SimulateArgs),
    Receipt(receipt::ReceiptArgs),
    Correction(correction::CorrectionArgs),
    Appeal(appeal::AppealArgs),
    Completions(completions::CompletionsArgs),
    #[command(hide = true)]
    Man(completions::ManArgs),
}

impl Command {
    /// # Errors
    /// What the command says.
    pub async fn run(&self, json: bool) -> anyhow::Result<()> {
        match self {
            Self::Init(args) => init::run(args, json),
            Self::Up(args) => up::run(args, json).await,
            Self::Localnet(args) => localnet::run(args, json).await,
            Self::Demo(args) => demo::run(args, json).await,
            Self::Deploy(args) => deploy::run(args, json).await,
            Self::Doctor(args) => doctor::run(args, json).await,
            Self::Network(args) => network::run(args, json).await,
            Self::Class(args) => class::run(args, json).await,
            Self::Device(args) => device::run(args, json).await,
            Self::Agent(args) => agent::run(args, json).await,
            Self::Rewards(args) => rewards::run(args, json).await,
            Self::Stake(args) => stake::run(args, json).await,
            Self::Oracle(args) => oracle::run(args, json).await,
            Self::Explain(args) => explain::run(args, json).await,
            Self::Audit(args) => audit::run(args, json).await,
            Self::Simulate(args) => simulate::run(args, json).await,
            Self::Receipt(args) => receipt::run(args, json).await,
            Self::Correction(args) => correction::run(args),
            Self::Appeal(args) => appeal::run(args),
            Self::Completions(args) => completions::run_completions(args),
            Self::Man(args) => completions::run_man(args),
        }
    }
}
