//! A whole network from one file: `network.toml`.
//!
//! | module | what is in it |
//! |---|---|
//! | [`file`] | what the file may say |
//! | [`check`] | what the file may not say, beyond single fields |
//! | [`plan`] | the file, checked, with every address that follows from it |
//! | [`steps`] | one file for each account that is made |
//! | [`step`] | what a step is: looks at its account, compares it with the file, makes it |
//! | [`create`] | looks at the chain, refuses what differs from the file, does what is missing |

mod check;
pub mod create;
pub mod file;
pub mod plan;
pub mod step;
pub mod steps;

pub use create::{Creation, StepReport};
pub use file::NetworkFile;
pub use plan::NetworkPlan;
