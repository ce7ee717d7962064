//! Chores of the workspace: `cargo xtask COMMAND`.
//!
//! | module | what it does |
//! |---|---|
//! | [`build_sbf`] | builds the on-chain programs, by whichever of the two routes this machine has |
//! | [`ids`] | the programs' addresses: reading them, and putting those of one's own keys in their place |
//! | [`build_record`] | what a program was built for, in a file beside it |
//! | [`route_platform_tools`], [`route_debian`] | the two routes |
//! | [`toolchain`] | sets the second route's tools up |
//! | [`elf`], [`stack`], [`report`] | reads a built program and says how large it and its stack frames are |
//! | [`idl`] | writes the programs' IDLs, or checks that they are as they should be |
//! | [`firmware`] | compiles `sdk/device` for a microcontroller |
//! | [`reproducible`] | builds twice and compares |
//! | [`wasm`] | builds `sdk/wasm` for browsers |
//! | [`workspace`] | where sources and build output are |

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod build_record;
mod build_sbf;
mod elf;
mod firmware;
mod idl;
mod ids;
mod process;
mod report;
mod reproducible;
mod route_debian;
mod route_platform_tools;
mod stack;
mod toolchain;
mod wasm;
mod workspace;

/// The 128-bit arithmetic that is linked into programs, so that this crate's tests run it on the build machine.
#[cfg(test)]
#[path = "../sbf/builtins/src/wide.rs"]
mod wide;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Chores of the Trellis workspace")]
struct Arguments {
    #[command(subcommand)]
    command: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Builds the on-chain programs into target/deploy (or $TRELLIS_TARGET/deploy)
    BuildSbf {
        /// Programs to build, such as `registry` or `trellis-registry`; all of them when none is named
        names: Vec<String>,
        /// Put them here, and leave target/deploy as it is
        #[arg(long, value_name = "DIR", conflicts_with = "check_reproducible")]
        deploy_to: Option<PathBuf>,
        /// Build twice, from two source and two target folders, and compare the bytes
        #[arg(long)]
        check_reproducible: bool,
    },
    /// Puts the addresses of your own program keys into program-ids.toml; makes the keys that are not there yet
    ///
    /// Programs, client and `trellis` have these addresses from the next build on. Keep the keys safe until the programs
    /// are deployed: whoever has one can take its address on a cluster where it is free.
    Ids {
        /// Folder of the keys: trellis_registry-keypair.json and so on
        #[arg(long, value_name = "DIR", default_value = "keys")]
        keys: PathBuf,
    },
    /// Writes the programs' IDLs into sdk/idl
    Idl {
        /// Write nothing; fail if a file is not as it would be written
        #[arg(long)]
        check: bool,
    },
    /// Checks that sdk/device compiles for a microcontroller, without std
    Firmware,
    /// Builds sdk/wasm, with which the dashboard checks proofs and roots
    Wasm {
        /// Where to write the module
        #[arg(long, value_name = "FILE")]
        to: PathBuf,
    },
    /// Sets up what build-sbf needs, and builds nothing
    Setup,
}

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Chore::BuildSbf { names, check_reproducible: true, .. } => reproducible::check(&names),
        Chore::BuildSbf { names, deploy_to, .. } => build_sbf::run(&names, deploy_to),
        Chore::Ids { keys } => ids::write_own(&keys),
        Chore::Idl { check } => idl::run(check),
        Chore::Firmware => firmware::check(),
        Chore::Wasm { to } => wasm::build(&to),
        Chore::Setup => setup(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        // With its causes, and without a backtrace, which would say nothing to whoever must mend it.
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn setup() -> Result<()> {
    println!("programs are built by {}", build_sbf::Route::find()?.version());
    Ok(())
}
