//! One file for each account of a network.

pub mod class;
pub mod emission;
pub mod handover;
pub mod mint;
pub mod oracles;
pub mod registry;
pub mod staking;
pub mod suspension;
pub mod treasury;
pub mod vault;
