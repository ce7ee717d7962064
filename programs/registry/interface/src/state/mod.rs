//! Accounts of the registry. Fixed layouts, each with a version byte and reserved space.

mod case;
mod class;
mod device;
mod network;
mod operator;

pub use case::*;
pub use class::*;
pub use device::*;
pub use network::*;
pub use operator::*;
