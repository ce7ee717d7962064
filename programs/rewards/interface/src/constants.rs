//! Limits, with their units.

/// Version written into every new account.
pub const ACCOUNT_VERSION: u8 = 1;
/// Oracles that a vault's layout has room for: one bit of a proposal's votes each.
pub const ORACLE_SLOTS: usize = 32;
/// Most oracles that a set may have: what one transaction with a fee payer of its own can name.
pub const MAX_ORACLES: usize = 24;
/// A root stays claimable until this many later ones are final.
pub const KEPT_ROOTS: usize = 4;
/// Shortest challenge window: a guardian needs time to look.
pub const MIN_CHALLENGE_SECONDS: u32 = 60;
/// Longest challenge window: 30 days.
pub const MAX_CHALLENGE_SECONDS: u32 = 30 * 86_400;
