//! One instruction a file: accounts, arguments, `validate`, handler. What several share stands in
//! `authority`; claims, and what the others share with them, are in a crate of their own.

pub mod close_proposal;
pub mod create_vault;
pub mod finalize_root;
pub mod open_page;
pub mod pause_vault;
pub mod propose_root;
pub mod retire_vault;
pub mod set_oracles;
pub mod sweep_vault;
pub mod unpause_vault;
pub mod update_vault;
pub mod veto_root;
pub mod vote_root;
pub mod withdraw_proposal;
pub mod withdraw_vote;

mod authority;

pub use close_proposal::*;
pub use create_vault::*;
pub use finalize_root::*;
pub use open_page::*;
pub use pause_vault::*;
pub use propose_root::*;
pub use retire_vault::*;
pub use set_oracles::*;
pub use sweep_vault::*;
pub use trellis_rewards_claims::{claim::*, claim_range::*};
pub use unpause_vault::*;
pub use update_vault::*;
pub use veto_root::*;
pub use vote_root::*;
pub use withdraw_proposal::*;
pub use withdraw_vote::*;
