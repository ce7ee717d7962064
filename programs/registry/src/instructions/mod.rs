//! One instruction a file: accounts, arguments, `validate`, handler.

pub mod accept_authority;
pub mod create_class;
pub mod create_network;
pub mod propose_authority;
pub mod register_device;
pub mod register_operator;
pub mod set_device_status;

pub use accept_authority::*;
pub use create_class::*;
pub use create_network::*;
pub use propose_authority::*;
pub use register_device::*;
pub use register_operator::*;
pub use set_device_status::*;
