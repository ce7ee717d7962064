//! One instruction a file: accounts, arguments, `validate`, handler.

pub mod burn;
pub mod create_emission;
pub mod create_mint;
pub mod emit_epochs;

pub use burn::*;
pub use create_emission::*;
pub use create_mint::*;
pub use emit_epochs::*;
