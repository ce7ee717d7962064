//! Arithmetic of staking: what shares are worth, how a slash changes that, and how rewards reach positions.
//!
//! Everything rounds so that the pool never owes more than it holds. `Σ` runs over the positions (or tickets) of one
//! bucket, `exact` is the rational that the same history gives without any rounding:
//!
//! 1. **Solvency.** `Σ worth(shares) ≤ tokens`: deposits round shares down, withdrawals round the burned shares up, a
//!    slash rounds the [`Bucket`]'s factor down, and a worth is rounded down.
//! 2. **Stake.** `exact − 1 − n·2⁻⁴⁰ − m·exact·2⁻⁹⁶ < worth ≤ exact` after `n` actions of the position and `m` slashes of
//!    the bucket: a share is 2⁻⁴⁰ of an unslashed token, and the factor, which has 112 fractional bits, stays above
//!    2⁻¹⁶ while the bucket takes deposits.
//! 3. **Rewards.** `Σ paid ≤ folded`, and `exact − 1 − (f + (m + n)·2¹⁶)·stake·2⁻⁸⁰ − n·2⁻⁶⁴ < rewards ≤ exact` after `f`
//!    folds: per fold, the reward of one token is rounded down to 2⁻⁸⁰ of a unit; per slash and action, the operator's
//!    sum by as much. What rounding leaves is nobody's and stays in the token account. For 2⁵⁹ units of stake and 2²⁰ folds this
//!    stays within one unit.
//!
//! No sum overflows: a bucket holds less than 2⁶⁴ tokens at more than 2⁻¹⁶, so it has less than 2¹²⁰ shares; and rewards
//! are folded in only while at least [`MIN_ACTIVE_STAKE`] is staked and until 2⁶⁴ units in all, so that the reward of a
//! token stays below 2⁴⁸ units, which with 80 fractional bits is a u128.

mod bucket;
mod rewards;
mod tiers;
pub mod wide;

pub use bucket::{Bucket, MIN_FACTOR, WHOLE_FACTOR};
pub use rewards::{MIN_ACTIVE_STAKE, OperatorRewards, PerShare, PoolRewards, PositionRewards};
pub use tiers::{MAX_TIERS, are_ascending, tier_of};

/// Why an amount cannot be moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StakeError {
    /// So much was slashed from the bucket that its shares are too many to add to.
    SlashedOut,
    /// The shares are worth less than the amount asked for.
    Insufficient,
    /// A sum does not fit its width; a sound history never comes here.
    Overflow,
}
