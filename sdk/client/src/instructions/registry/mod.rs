//! Instructions of the registry.

mod classes;
mod devices;
mod keys;
mod networks;
mod operators;
mod suspensions;

use solana_address::Address;
pub use trellis_registry::{CreateClassArgs, CreateNetworkArgs, SuspendDeviceArgs, UpdateClassArgs, UpdateNetworkArgs};

pub use classes::*;
pub use devices::*;
pub use keys::*;
pub use networks::*;
pub use operators::*;
pub use suspensions::*;

const SYSTEM_PROGRAM: Address = solana_sdk_ids::system_program::ID;
const INSTRUCTIONS_SYSVAR: Address = solana_sdk_ids::sysvar::instructions::ID;
