//! Rewards in proportion to active stake: by one running sum for the pool, one for each operator, and a position's
//! place in it. Nobody walks over positions.

use super::{
    WHOLE_FACTOR,
    bucket::{FACTOR_BITS, SHARE_BITS},
    wide,
};
use crate::Amount;

/// Rewards wait while less than this is staked in the whole pool, in the mint's smallest unit. It keeps the reward of a
/// token below 2⁴⁰ units, and what is lost by rounding a share below 2⁻⁸ of a unit.
pub const MIN_ACTIVE_STAKE: u64 = 1 << 24;

/// Half of the fractional bits of a reward per token: the division is made in two steps.
const HALF_BITS: u32 = 40;
/// Fractional bits of a reward per token.
const PER_TOKEN_BITS: u32 = 2 * HALF_BITS;
/// Fractional bits of a position's pending rewards.
const PENDING_BITS: u32 = 64;

/// The pool's running sum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PoolRewards {
    /// What one token of active stake has earned since the pool began, with 80 fractional bits.
    pub per_token: u128,
    /// Folded in and not paid out yet.
    pub held: Amount,
    /// Folded in since the pool began; never above a u64, what comes after that stays in the token account.
    pub folded: Amount,
}

impl PoolRewards {
    /// Folds in what lies in the token account, which holds `balance`, beyond what is held already: shares it out over
    /// `active` tokens of stake. How much it was. Nothing while less than [`MIN_ACTIVE_STAKE`] is active.
    ///
    /// What the division leaves over, below 2⁻¹⁶ units, is nobody's: carried into the next fold, it would reach who
    /// stakes then, and could lift them above what is exactly theirs.
    #[inline(never)]
    pub fn fold(&mut self, balance: Amount, active: Amount) -> Option<Amount> {
        let arrived = balance.get().saturating_sub(self.held.get()).min(u64::MAX - self.folded.get());
        if arrived == 0 || active.get() < MIN_ACTIVE_STAKE {
            return Some(Amount::ZERO);
        }
        let active = u128::from(active.get());
        let first = u128::from(arrived) << HALF_BITS;
        let second = (first % active) << HALF_BITS;
        let high = (first / active).checked_mul(1 << HALF_BITS)?;
        let per_token = self.per_token.checked_add(high)?.checked_add(second / active)?;
        *self = Self {
            per_token,
            held: self.held.checked_add(Amount(arrived))?,
            folded: self.folded.checked_add(Amount(arrived))?,
        };
        Some(Amount(arrived))
    }

    /// `amount` leaves the token account.
    pub fn pay(&mut self, amount: Amount) -> Option<()> {
        self.held = self.held.checked_sub(amount)?;
        Some(())
    }
}

/// A running sum that rounding has made uncertain by one in its last bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PerShare {
    /// Rounded down: what is earned until now.
    pub down: u128,
    /// Rounded up: what was earned before now.
    pub up: u128,
}

/// An operator's running sum: rewards of 2⁴⁸ shares, which were one token before slashes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OperatorRewards {
    /// The sum up to the last change of the factor, with 80 fractional bits.
    pub base: u128,
    /// The pool's reward per token then.
    pub since_per_token: u128,
}

impl OperatorRewards {
    /// The sum up to now, at the factor since its last change. Never above the pool's.
    #[inline(never)]
    pub fn per_share(&self, pool: &PoolRewards, factor: u128) -> Option<PerShare> {
        let since = pool.per_token.checked_sub(self.since_per_token)?;
        let down = self.base.checked_add(wide::multiply_shift(since, factor, FACTOR_BITS)?)?;
        // At a whole factor nothing is rounded.
        let up = down.checked_add(u128::from(factor != WHOLE_FACTOR))?;
        Some(PerShare { down, up })
    }

    /// To be called before the factor changes from `factor`.
    pub fn close_interval(&mut self, pool: &PoolRewards, factor: u128) -> Option<()> {
        *self = Self { base: self.per_share(pool, factor)?.down, since_per_token: pool.per_token };
        Some(())
    }
}

/// A position's place in its operator's sum, and what it has earned before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PositionRewards {
    /// Earned and not paid, with 64 fractional bits.
    pub pending: u128,
    /// The operator's sum when the position last settled.
    pub checkpoint: u128,
}

impl PositionRewards {
    /// Earns up to now, for the shares held since it last settled. To be called before they change.
    #[inline(never)]
    pub fn settle(&mut self, shares: u128, per_share: PerShare) -> Option<()> {
        const SHIFT: u32 = SHARE_BITS + PER_TOKEN_BITS - PENDING_BITS;
        // Rounded up before and down now, the sum can seem to have fallen when it stood still.
        let since = per_share.down.saturating_sub(self.checkpoint);
        let earned = wide::multiply_shift(shares, since, SHIFT)?;
        *self = Self { pending: self.pending.checked_add(earned)?, checkpoint: per_share.up };
        Some(())
    }

    /// Whole units that can be paid.
    pub const fn whole(&self) -> Amount {
        Amount((self.pending >> PENDING_BITS) as u64)
    }

    /// Takes the whole units; the fraction stays.
    pub fn take_whole(&mut self) -> Amount {
        let whole = self.whole();
        self.pending &= u128::from(u64::MAX);
        whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::staking::Bucket;

    #[test]
    fn fold_below_the_least_active_stake_waits() {
        let mut pool = PoolRewards::default();
        assert_eq!(pool.fold(Amount(5), Amount(MIN_ACTIVE_STAKE - 1)), Some(Amount(0)));
        assert_eq!(pool, PoolRewards::default());
        assert_eq!(pool.fold(Amount(5), Amount(MIN_ACTIVE_STAKE)), Some(Amount(5)));
        assert_eq!(pool.held, Amount(5));
    }

    #[test]
    fn fold_of_the_largest_amount_on_the_least_stake_fits_and_no_more_is_folded() {
        let mut pool = PoolRewards::default();
        let active = Amount(MIN_ACTIVE_STAKE);
        assert_eq!(pool.fold(Amount(u64::MAX), active), Some(Amount(u64::MAX)));
        assert_eq!(pool.per_token >> 80, u128::from(u64::MAX >> 24));
        pool.pay(Amount(u64::MAX)).unwrap();
        assert_eq!(pool.fold(Amount(u64::MAX), active), Some(Amount(0)));
    }

    #[test]
    fn fold_of_a_balance_that_fell_folds_nothing() {
        let mut pool = PoolRewards { held: Amount(10), ..PoolRewards::default() };
        assert_eq!(pool.fold(Amount(9), Amount(MIN_ACTIVE_STAKE)), Some(Amount(0)));
        assert_eq!(pool.pay(Amount(11)), None);
    }

    #[test]
    fn fold_over_and_over_loses_less_than_a_unit_and_never_gains() {
        let mut pool = PoolRewards::default();
        let active = Amount(3 * MIN_ACTIVE_STAKE);
        for folds in 1..=1_000 {
            pool.fold(Amount(folds), active).unwrap();
        }
        let paid = pool.per_token * u128::from(active.get());
        assert!(paid <= 1_000 << 80 && paid > 999 << 80);
    }

    #[test]
    fn settle_of_all_shares_earns_all_but_a_fraction() {
        let mut bucket = Bucket::EMPTY;
        let shares = bucket.deposit(Amount(u64::MAX)).unwrap();
        let (mut pool, operator) = (PoolRewards::default(), OperatorRewards::default());
        pool.fold(Amount(u64::MAX), bucket.tokens).unwrap();
        let mut position = PositionRewards::default();
        position.settle(shares, operator.per_share(&pool, WHOLE_FACTOR).unwrap()).unwrap();
        assert_eq!(position.take_whole(), Amount(u64::MAX));
        assert_eq!(position.whole(), Amount(0));
    }
}
