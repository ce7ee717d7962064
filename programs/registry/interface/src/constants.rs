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
/// Stands for an H3 resolution: the class's devices have no location.
pub const NO_LOCATION: u8 = u8::MAX;
/// A device that has a location keeps it this long: a day.
pub const MOVE_COOLDOWN_SECONDS: i64 = 86_400;
/// A lost key is replaced this long after the request: three days, in which operator or key can object.
pub const RECOVERY_DELAY_SECONDS: i64 = 3 * 86_400;
/// A key's proof may be made this long before it is used: a day.
pub const MAX_PROOF_SECONDS: i64 = 86_400;
/// Oracles can vote on a suspension this long: a week.
pub const CASE_SECONDS: i64 = 7 * 86_400;
