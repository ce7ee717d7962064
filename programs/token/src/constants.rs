//! Limits.

/// Version written into every new account.
pub const ACCOUNT_VERSION: u8 = 1;
/// Most decimals: what wallets and exchanges are used to.
pub const MAX_DECIMALS: u8 = 9;
/// Most destinations beside the treasury.
pub const MAX_DESTINATIONS: usize = 6;
/// Epochs whose amounts an emission remembers.
pub const RECENT_EPOCHS: usize = 64;
/// Most epochs that one call emits: as many as are remembered, so that no amount is forgotten before it could be read.
pub const MAX_EPOCHS_PER_CALL: u8 = RECENT_EPOCHS as u8;
/// Longest memo of a burn.
pub const MAX_MEMO_BYTES: usize = 128;
