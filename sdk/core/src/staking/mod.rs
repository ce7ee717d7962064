//! Arithmetic of staking: what shares are worth, how a slash changes that, and how rewards reach positions.
//!
//! Everything rounds so that the pool never owes more than it holds. `Σ` runs over the positions (or tickets) of one
//! bucket, `exact` is the rational that the same history gives without any rounding:
//!
//! 1. **Solvency.** `Σ worth(shares) ≤ tokens`: deposits round shares down, withdrawals round the burned shares up, a
//!    slash rounds the [`Bucket`]'s factor down, and a worth is rounded down.
//! 2. **Stake.** `exact − 1 − n·2⁻⁴⁸ − m·exact·2⁻⁹⁸ < worth ≤ exact` after `n` actions of the position and `m` slashes of
//!    the bucket: a share is 2⁻⁴⁸ of an unslashed token, and the factor, which has 112 fractional bits, stays above
//!    2⁻¹⁴ while the bucket takes deposits.
//! 3. **Rewards.** `Σ paid ≤ folded`, and `exact − 1 − (f + (m + n)·2¹⁴)·stake·2⁻⁸⁰ − n·(r·2⁻⁴⁸ + 2⁻⁶⁴) < rewards ≤ exact`
//!    after `f` folds, where `r` is what a token has earned, below 2⁴⁰: per fold, the reward of one token is rounded down
//!    to 2⁻⁸⁰ of a unit; per slash and action, the operator's sum by as much; per action, the position's shares. What
//!    rounding leaves is nobody's and stays in the token account. For 2⁵⁹ units of stake and 2²⁰ folds, and for 128
//!    actions at the largest `r`, this stays within one unit.
//!
//! No sum overflows: a bucket holds less than 2⁶⁴ tokens at more than 2⁻¹⁴, so it has less than 2¹²⁶ shares; and rewards
//! are folded in only while at least [`MIN_ACTIVE_STAKE`] is staked and until 2⁶⁴ units in all, so that the reward of a
//! token stays below 2⁴⁰ units, which with 80 fractional bits is a u128.

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
