//! `sdk/core`'s leaves, tree and receipts for browsers: the dashboard checks with the very code that the chain and the oracle use.
//!
//! | module | what it does |
//! |---|---|
//! | [`check`] | a proof and a whole root, from plain bytes |
//! | [`receipt`] | a receipt, with the oracle's signature |
//! | `exports` | the same for WebAssembly: places in memory in, numbers out |
//! | `heap` | memory that is given out until the next call, and then all at once taken back |
//!
//! Built by `cargo xtask wasm`. On other targets it is a library whose tests run.
#![cfg_attr(target_family = "wasm", no_std)]

extern crate alloc;

pub mod check;
#[cfg(target_family = "wasm")]
mod exports;
#[cfg(target_family = "wasm")]
mod heap;
pub mod receipt;
