//! Limits, with their units.

/// Version written into every new account.
pub const ACCOUNT_VERSION: u8 = 1;
/// Most oracles that a set may have: one bit of a proposal's votes each. More than one transaction can name: a set of
/// this size is built up in two steps.
pub const MAX_ORACLES: usize = 32;
/// A root stays claimable until this many later ones are final.
pub const KEPT_ROOTS: usize = 4;
/// Shortest challenge window: a guardian needs time to look.
pub const MIN_CHALLENGE_SECONDS: u32 = 60;
/// Longest challenge window: 30 days.
pub const MAX_CHALLENGE_SECONDS: u32 = 30 * 86_400;
/// Shortest window of the circuit breaker.
pub const MIN_BREAKER_SECONDS: u32 = 60;
/// Longest window of the circuit breaker: a year.
pub const MAX_BREAKER_SECONDS: u32 = 365 * 86_400;
/// Longest pause: three days.
pub const MAX_PAUSE_SECONDS: u32 = 3 * 86_400;
/// From the end of a pause until the guardian may pause again: a week. So a guardian can stop payments for at most three
/// days in any ten.
pub const PAUSE_REST_SECONDS: u32 = 7 * 86_400;
/// [`crate::state::Vault::last_epoch`] of a vault that is not retired.
pub const NO_LAST_EPOCH: u64 = u64::MAX;
