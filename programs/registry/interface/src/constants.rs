//! Limits, with their units.

/// Version written into every new account.
pub const ACCOUNT_VERSION: u8 = 1;
/// Shortest epoch: below a minute, posting could not keep up.
pub const MIN_EPOCH_SECONDS: u32 = 60;
/// Longest epoch: 31 days.
pub const MAX_EPOCH_SECONDS: u32 = 31 * 86_400;
/// Furthest ahead that a genesis may lie: a year. Catches milliseconds given for seconds.
pub const MAX_GENESIS_AHEAD_SECONDS: i64 = 366 * 86_400;
/// Heaviest class. With it, a month of the whole world's electricity (2.5e15 Wh) is still a seventh of a u64 of points.
pub const MAX_WEIGHT: u32 = 1_000;
/// Most rated power of a class: 10 GW, above any power station. Catches milliwatts given for watts.
pub const MAX_RATED_POWER_WATTS: u64 = 10_000_000_000;
