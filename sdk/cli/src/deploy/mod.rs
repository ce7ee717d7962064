//! Putting the programs on a cluster, through its upgradeable loader (loader-v3).
//!
//! | module | what it does |
//! |---|---|
//! | [`built`] | the built programs, each with the record of what it was built for |
//! | [`keys`] | the programs' keys |
//! | [`state`] | what the loader's accounts on the chain hold |
//! | [`cost`] | what a deployment costs |
//! | [`plan`] | what is to be done for each program, and what it takes; refuses before anything is spent |
//! | [`buffer`] | the buffer: a program's bytes, written in chunks; goes on where an earlier run ended |
//! | [`execute`] | carries a plan out and checks the outcome on the chain |
//!
//! Whatever a run leaves when it is stopped, the next one finds: the buffer's address follows from the payer's key and
//! the program's address, and only what is missing is done.

pub mod buffer;
pub mod built;
pub mod cost;
pub mod execute;
pub mod keys;
pub mod plan;
pub mod state;

pub use built::BuiltProgram;
pub use cost::{DeploymentCost, RentRate, deployment_cost};
pub use execute::{Outcome, execute};
pub use plan::{Action, Plan, ProgramPlan, Wanted};

/// What a deployment failed of; each says what to do next.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct DeployError(pub String);
