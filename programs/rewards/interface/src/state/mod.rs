//! Accounts of the rewards program. Fixed layouts, each with a version byte and reserved space.

mod claim_page;
mod proposal;
mod vault;
mod votes;

pub use claim_page::*;
pub use proposal::*;
pub use vault::*;
