//! SHA-256, the one hash that the chain checks. (The BLAKE3 syscall is not active on every cluster.)

/// A SHA-256 digest.
pub type Hash = [u8; 32];

/// SHA-256 of the concatenation of `parts`: a syscall on the chain, the `sha2` crate elsewhere.
#[inline]
pub fn sha256(parts: &[&[u8]]) -> Hash {
    solana_sha256_hasher::hashv(parts).to_bytes()
}
