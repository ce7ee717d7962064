//! Accounts of the staking program. Fixed layouts, each with a version byte and reserved space.

mod operator_stake;
mod position;
mod slash;
mod stake_pool;
mod ticket;

pub use operator_stake::*;
pub use position::*;
pub use slash::*;
pub use stake_pool::*;
pub use ticket::*;
