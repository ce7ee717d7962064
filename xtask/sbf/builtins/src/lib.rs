//! The functions that LLVM's BPF back end calls for 128-bit arithmetic and for memory, for programs built without
//! Solana's own toolchain (which brings them along).
//!
//! A program links them by `#[cfg(trellis_sbf_builtins)] use sbf_builtins as _;`.
//!
//! The back end gives a 128-bit result in two registers, r0 and r2. `extern "C"` would give it through memory, so
//! these have the calling convention `"unadjusted"`, which leaves the numbers to LLVM as they are. That convention
//! is unstable in Rust, and there is no other way to name it; the compiler is pinned by `cargo xtask setup`.

#![cfg_attr(target_arch = "bpf", no_std, feature(abi_unadjusted), allow(internal_features))]

pub mod wide;

#[cfg(target_arch = "bpf")]
mod memory;

#[cfg(target_arch = "bpf")]
mod exports {
    use crate::wide;

    /// `a * b` modulo 2^128.
    #[unsafe(no_mangle)]
    pub extern "unadjusted" fn __multi3(a: u128, b: u128) -> u128 {
        wide::multiply(a, b)
    }

    /// `n / d`, rounded down; `d` is not 0.
    #[unsafe(no_mangle)]
    pub extern "unadjusted" fn __udivti3(n: u128, d: u128) -> u128 {
        wide::divide(n, d).0
    }

    /// `n % d`; `d` is not 0.
    #[unsafe(no_mangle)]
    pub extern "unadjusted" fn __umodti3(n: u128, d: u128) -> u128 {
        wide::divide(n, d).1
    }
}
