//! The registry, the staking and the token program, one file an instruction, as built `.so` files in LiteSVM.
#![allow(clippy::unwrap_used)]

mod registry;
mod staking;
mod token;
