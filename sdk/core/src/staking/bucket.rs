//! Stake that is slashed together.

use super::{StakeError, wide};
use crate::{Amount, BPS};

/// Fractional bits of a share: one unslashed token is 2⁴⁸ shares.
pub(super) const SHARE_BITS: u32 = 48;
/// Fractional bits of a factor.
pub(super) const FACTOR_BITS: u32 = 112;
/// The factor of a bucket that was never slashed.
pub const WHOLE_FACTOR: u128 = 1 << FACTOR_BITS;
/// A bucket below this factor, of which 99.994 % was slashed, takes no more deposits until it is empty.
pub const MIN_FACTOR: u128 = 1 << (FACTOR_BITS - 14);

/// Stake of many owners that is slashed as one, however many they are. Each owner has shares; a share is worth `factor`.
///
/// Only slashes change what a share is worth, and only downwards: no deposit, withdrawal or donation of one owner can
/// move the price of another's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// What is held for all owners; at least what their shares are worth.
    pub tokens: Amount,
    /// All owners' shares.
    pub shares: u128,
    /// What is left of an unslashed token, with 112 fractional bits.
    pub factor: u128,
}

impl Default for Bucket {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl Bucket {
    pub const EMPTY: Self = Self { tokens: Amount::ZERO, shares: 0, factor: WHOLE_FACTOR };

    pub const fn is_slashed_out(&self) -> bool {
        self.factor < MIN_FACTOR
    }

    /// What `shares` are worth, rounded down to whole units; never above the bucket's tokens.
    #[inline(never)]
    pub fn worth(&self, shares: u128) -> Amount {
        let worth = wide::multiply_shift(shares, self.factor, SHARE_BITS + FACTOR_BITS).unwrap_or(0);
        // Above what is held only if the shares are not this bucket's.
        Amount(u64::try_from(worth).unwrap_or(u64::MAX)).min(self.tokens)
    }

    /// Puts `amount` in; the shares for it, rounded down.
    #[inline(never)]
    pub fn deposit(&mut self, amount: Amount) -> Result<u128, StakeError> {
        if self.is_slashed_out() {
            return Err(StakeError::SlashedOut);
        }
        let (shares, _) = self.shares_for(amount).ok_or(StakeError::Overflow)?;
        self.tokens = self.tokens.checked_add(amount).ok_or(StakeError::Overflow)?;
        self.shares = self.shares.checked_add(shares).ok_or(StakeError::Overflow)?;
        Ok(shares)
    }

    /// Takes `amount` out for an owner of `owned` shares; the shares that this burns, rounded up. Taking all that the
    /// shares are worth burns all of them: a fraction of a unit is given up. When the last share goes, what remains of
    /// such fractions is nobody's, and the bucket starts anew.
    #[inline(never)]
    pub fn take(&mut self, owned: u128, amount: Amount) -> Result<u128, StakeError> {
        let worth = self.worth(owned);
        if amount > worth {
            return Err(StakeError::Insufficient);
        }
        let burned = if amount == worth {
            owned
        } else {
            let (shares, is_exact) = self.shares_for(amount).ok_or(StakeError::Overflow)?;
            // Fits: at most `owned`, since `amount` is at most what those are worth.
            shares + u128::from(!is_exact)
        };
        self.shares = self.shares.checked_sub(burned).ok_or(StakeError::Overflow)?;
        self.tokens = self.tokens.checked_sub(amount).ok_or(StakeError::Overflow)?;
        if self.shares == 0 {
            *self = Self::EMPTY;
        }
        Ok(burned)
    }

    /// Takes `bps` of the tokens away from all owners alike; how many. They are rounded down, and the factor after them
    /// too, so that what is left covers all shares. `None` above 10,000 bps.
    #[inline(never)]
    pub fn slash(&mut self, bps: u16) -> Option<Amount> {
        let kept_bps = BPS.checked_sub(u64::from(bps))?;
        if self.tokens == Amount::ZERO {
            return Some(Amount::ZERO);
        }
        let kept = (u128::from(self.tokens.get()) * u128::from(kept_bps)).div_ceil(u128::from(BPS));
        let (factor, _) = wide::multiply_divide(self.factor, kept, u128::from(self.tokens.get()))?;
        // At most the tokens before, so it fits.
        let kept = Amount(kept as u64);
        let slashed = self.tokens.checked_sub(kept)?;
        *self = Self { tokens: kept, factor, ..*self };
        Some(slashed)
    }

    /// The shares that `amount` is, rounded down, and whether they are exactly that.
    fn shares_for(&self, amount: Amount) -> Option<(u128, bool)> {
        let amount = u128::from(amount.get());
        if self.factor == WHOLE_FACTOR {
            return Some((amount << SHARE_BITS, true));
        }
        let (shares, remainder) = wide::multiply_divide(amount << SHARE_BITS, WHOLE_FACTOR, self.factor)?;
        Some((shares, remainder == 0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAX: Amount = Amount(u64::MAX);

    #[test]
    fn worth_of_an_unslashed_deposit_is_the_deposit() {
        for amount in [Amount(1), Amount(1_000_003), MAX] {
            let mut bucket = Bucket::EMPTY;
            let shares = bucket.deposit(amount).unwrap();
            assert_eq!(bucket.worth(shares), amount);
            assert_eq!(bucket.take(shares, amount), Ok(shares));
            assert_eq!(bucket, Bucket::EMPTY);
        }
    }

    #[test]
    fn slash_of_one_unit_below_the_whole_takes_nothing() {
        let mut bucket = Bucket::EMPTY;
        let shares = bucket.deposit(Amount(1)).unwrap();
        assert_eq!(bucket.slash(9_999), Some(Amount(0)));
        assert_eq!(bucket.worth(shares), Amount(1));
        assert_eq!(bucket.slash(10_001), None);
        let mut empty = Bucket::EMPTY;
        assert_eq!(empty.slash(5_000), Some(Amount(0)));
    }

    #[test]
    fn slash_of_the_whole_leaves_shares_worth_nothing_and_no_deposits() {
        let mut bucket = Bucket::EMPTY;
        let shares = bucket.deposit(MAX).unwrap();
        assert_eq!(bucket.slash(10_000), Some(MAX));
        assert_eq!(bucket.worth(shares), Amount(0));
        assert_eq!(bucket.deposit(Amount(1)), Err(StakeError::SlashedOut));
        assert_eq!(bucket.take(shares, Amount(0)), Ok(shares));
        assert_eq!(bucket, Bucket::EMPTY);
    }

    #[test]
    fn slash_by_halves_keeps_worth_to_the_unit_until_slashed_out() {
        let mut bucket = Bucket::EMPTY;
        let shares = bucket.deposit(MAX).unwrap();
        let mut wanted = MAX.get();
        for _ in 0..14 {
            assert!(!bucket.is_slashed_out());
            bucket.slash(5_000).unwrap();
            wanted = wanted.div_ceil(2);
            assert_eq!(bucket.tokens, Amount(wanted));
            assert!(bucket.worth(shares).get() + 1 >= wanted);
        }
        bucket.slash(5_000).unwrap();
        assert!(bucket.is_slashed_out());
    }

    #[test]
    fn deposits_up_to_the_width_after_slashes_neither_overflow_nor_gain() {
        let mut bucket = Bucket::EMPTY;
        let first = bucket.deposit(MAX).unwrap();
        let mut others = 0;
        while !bucket.is_slashed_out() {
            let room = MAX.checked_sub(bucket.tokens).unwrap();
            if room > Amount::ZERO {
                others += bucket.deposit(room).unwrap();
            }
            assert!(bucket.shares < 1 << 126);
            assert!(bucket.worth(first).checked_add(bucket.worth(others)).unwrap() <= bucket.tokens);
            assert_eq!(bucket.deposit(Amount(1)), Err(StakeError::Overflow));
            bucket.slash(4_999).unwrap();
        }
    }

    #[test]
    fn take_of_more_than_the_worth_is_insufficient_and_changes_nothing() {
        let mut bucket = Bucket::EMPTY;
        let shares = bucket.deposit(Amount(10)).unwrap();
        bucket.deposit(Amount(10)).unwrap();
        let before = bucket;
        assert_eq!(bucket.take(shares, Amount(11)), Err(StakeError::Insufficient));
        assert_eq!(bucket, before);
    }

    #[test]
    fn take_of_the_last_share_writes_fractions_off() {
        let mut bucket = Bucket::EMPTY;
        let (one, other) = (bucket.deposit(Amount(1)).unwrap(), bucket.deposit(Amount(2)).unwrap());
        assert_eq!(bucket.slash(5_000), Some(Amount(1)));
        // Two thirds and four thirds of two units.
        assert_eq!((bucket.worth(one), bucket.worth(other)), (Amount(0), Amount(1)));
        assert_eq!(bucket.take(one, Amount(0)), Ok(one));
        assert_eq!(bucket.take(other, Amount(1)), Ok(other));
        assert_eq!(bucket, Bucket::EMPTY);
    }
}
