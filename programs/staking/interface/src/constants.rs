//! Limits, with their units.

/// Version written into every new account.
pub const ACCOUNT_VERSION: u8 = 1;
/// Shortest delay of a slash: a guardian needs time to look.
pub const MIN_SLASH_DELAY_SECONDS: u32 = 60;
/// A cooldown is longer than the delay of a slash by this: stake that leaves when a slash is proposed is still there for
/// an hour in which anyone can execute it.
pub const MIN_EXECUTION_SECONDS: u32 = 3_600;
/// Longest cooldown: 90 days.
pub const MAX_COOLDOWN_SECONDS: u32 = 90 * 86_400;
/// How long a slash can be executed once its delay is over: 7 days.
pub const SLASH_EXECUTION_WINDOW_SECONDS: u32 = 7 * 86_400;
/// Most that may be slashed from an operator in an epoch: half.
pub const MAX_SLASH_BPS_PER_EPOCH: u16 = 5_000;
/// A slash that was proposed and is neither vetoed nor executed.
pub const SLASH_OPEN: u8 = 0;
/// A slash that the guardian stopped.
pub const SLASH_VETOED: u8 = 1;
/// A slash that was carried out.
pub const SLASH_EXECUTED: u8 = 2;
