//! One instruction a file: accounts, arguments, `validate`, handler.

pub mod claim;
pub mod close_proposal;
pub mod create_vault;
pub mod finalize_root;
pub mod open_page;
pub mod propose_root;
pub mod set_oracles;
pub mod veto_root;
pub mod vote_root;

pub use claim::*;
pub use close_proposal::*;
pub use create_vault::*;
pub use finalize_root::*;
pub use open_page::*;
pub use propose_root::*;
pub use set_oracles::*;
pub use veto_root::*;
pub use vote_root::*;
