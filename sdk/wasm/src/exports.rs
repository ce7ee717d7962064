//! What a page calls. It lays bytes into memory that it was given by [`reserve`], and passes their places.

use trellis_core::{AddressBytes, Amount, Hash, leaf::RewardLeaf};

use crate::{check, heap, receipt};

/// Room for so many bytes, until the next [`reset`].
#[unsafe(no_mangle)]
extern "C" fn reserve(bytes: usize) -> *mut u8 {
    heap::reserve(bytes)
}

/// Takes back all that was given out.
#[unsafe(no_mangle)]
extern "C" fn reset() {
    heap::reset();
}

/// 1 if the proof of `nodes` hashes leads from the leaf to the root, else 0.
///
/// # Safety
/// `vault`, `wallet` and `root` are places of 32 bytes each, `proof` one of `nodes` times 32.
#[unsafe(no_mangle)]
unsafe extern "C" fn verify(
    vault: *const AddressBytes,
    operator_index: u32,
    wallet: *const AddressBytes,
    cumulative: u64,
    leaf_count: u32,
    root: *const Hash,
    proof: *const Hash,
    nodes: usize,
) -> u32 {
    // SAFETY: the caller's.
    let (vault, payout_wallet, root, proof) =
        unsafe { (*vault, *wallet, *root, core::slice::from_raw_parts(proof, nodes)) };
    let leaf = RewardLeaf { vault, operator_index, payout_wallet, cumulative: Amount(cumulative) };
    u32::from(check::proves(&leaf, leaf_count, &root, proof))
}

/// Writes the root over `leaves` leaves to `out`.
///
/// # Safety
/// `vault` and `out` are places of 32 bytes, `wallets` one of `leaves` times 32, `cumulatives` one of `leaves` times 8 that
/// [`reserve`] gave.
#[unsafe(no_mangle)]
unsafe extern "C" fn root(
    vault: *const AddressBytes,
    wallets: *const AddressBytes,
    cumulatives: *const u64,
    leaves: usize,
    out: *mut Hash,
) {
    // SAFETY: the caller's; what `reserve` gives is aligned for u64.
    unsafe {
        let wallets = core::slice::from_raw_parts(wallets, leaves);
        let cumulatives = core::slice::from_raw_parts(cumulatives, leaves);
        *out = check::root(*vault, wallets, cumulatives);
    }
}

/// Writes the BLAKE3 of `length` bytes to `out`.
///
/// # Safety
/// `bytes` is a place of `length` bytes, `out` one of 32.
#[unsafe(no_mangle)]
unsafe extern "C" fn hash(bytes: *const u8, length: usize, out: *mut Hash) {
    // SAFETY: the caller's.
    unsafe { *out = *blake3::hash(core::slice::from_raw_parts(bytes, length)).as_bytes() }
}

/// What [`receipt::check`] finds.
///
/// # Safety
/// `receipt` is a place of `length` bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn receipt(receipt: *const u8, length: usize) -> u32 {
    // SAFETY: the caller's.
    receipt::check(unsafe { core::slice::from_raw_parts(receipt, length) }) as u32
}
