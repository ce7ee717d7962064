//! Limits.

/// Version written into every new account.
pub const ACCOUNT_VERSION: u8 = 1;
/// Most decimals: what wallets and exchanges are used to.
pub const MAX_DECIMALS: u8 = 9;
