//! `trellis`: runs and checks networks of Trellis.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use trellis_cli::commands::{CheckFailed, audit, demo, localnet};

/// Runs and checks DePIN networks on Solana.
///
/// Exit codes: 0, done, and what was checked holds; 1, what was checked does not hold, or the run failed; 2, the
/// arguments or files cannot be used.
#[derive(Parser)]
#[command(name = "trellis", version)]
struct Arguments {
    /// Print the result as JSON on standard output
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Localnet(localnet::LocalnetArgs),
    Demo(demo::DemoArgs),
    Audit(audit::AuditArgs),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error.into(), arguments.json),
    };
    let outcome = runtime.block_on(async {
        match &arguments.command {
            Command::Localnet(args) => localnet::run(args, arguments.json).await,
            Command::Demo(args) => demo::run(args, arguments.json).await,
            Command::Audit(args) => audit::run(args, arguments.json).await,
        }
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error, arguments.json),
    }
}

/// Says what went wrong, in words or as JSON, and picks the exit code.
fn fail(error: &anyhow::Error, json: bool) -> ExitCode {
    let check_failed = error.downcast_ref::<CheckFailed>().is_some();
    if json {
        println!("{}", serde_json::json!({ "ok": false, "error": format!("{error:#}") }));
    } else if check_failed {
        eprintln!("FAILED: {error}");
    } else {
        eprintln!("error: {error:#}");
    }
    match check_failed || error.downcast_ref::<audit::Unusable>().is_none() {
        true => ExitCode::FAILURE,
        false => ExitCode::from(2),
    }
}
