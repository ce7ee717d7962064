//! Instructions of the rewards program. Where a token program is not asked for, it is SPL Token.

mod claims;
mod roots;
mod vault;

pub use claims::*;
pub use roots::*;
use solana_address::Address;
pub use vault::*;

const SYSTEM_PROGRAM: Address = solana_sdk_ids::system_program::ID;
