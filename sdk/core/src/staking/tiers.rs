//! Tiers by bonded amount, which open premium features.

use crate::Amount;

/// Most tiers of a pool.
pub const MAX_TIERS: usize = 8;

/// The highest tier that `amount` reaches: how many of the ascending `thresholds` it is not below. 0 is no tier.
pub fn tier_of(amount: Amount, thresholds: &[u64]) -> u8 {
    let reached = thresholds.iter().take_while(|&&threshold| amount.get() >= threshold).count();
    u8::try_from(reached).unwrap_or(u8::MAX)
}

/// Does each threshold lie above the one before, and the first above zero?
pub fn are_ascending(thresholds: &[u64]) -> bool {
    let mut last = 0;
    thresholds.iter().all(|&threshold| core::mem::replace(&mut last, threshold) < threshold)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tier_of_amounts_at_and_below_thresholds_counts_those_reached() {
        let thresholds = [10, 20, 30];
        let tiers = [0, 9, 10, 19, 20, 30, u64::MAX].map(|amount| tier_of(Amount(amount), &thresholds));
        assert_eq!(tiers, [0, 0, 1, 1, 2, 3, 3]);
        assert_eq!(tier_of(Amount(5), &[]), 0);
    }

    #[test]
    fn are_ascending_refuses_zero_equal_and_falling() {
        assert!(are_ascending(&[]) && are_ascending(&[1, 2, u64::MAX]));
        assert!(!are_ascending(&[0]) && !are_ascending(&[1, 1]) && !are_ascending(&[2, 1]));
    }
}
