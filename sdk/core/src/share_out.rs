//! Splitting an amount in proportion to weights, to the last unit.

use alloc::vec::Vec;

use crate::{Amount, Points};

/// Splits `total` in proportion to `weights` by the largest-remainder method (Hamilton's).
///
/// Each share is rounded down first; the units left over go one each to the largest remainders, ties to the lower
/// position. The shares always sum to `total`, each is within one unit of its exact quota, and zero weight gets zero.
/// `None` if all weights are zero (there is nobody to pay) or their sum overflows a u64.
pub fn share_out(total: Amount, weights: &[Points]) -> Option<Vec<Amount>> {
    let sum = Points::checked_sum(weights.iter().copied())?.get();
    if sum == 0 {
        return None;
    }
    let sum = u128::from(sum);
    let quota = |weight: &Points| u128::from(total.get()) * u128::from(weight.get());
    let mut shares: Vec<Amount> = Vec::with_capacity(weights.len());
    let mut remainders: Vec<(u128, usize)> = Vec::with_capacity(weights.len());
    let mut left = total.get();
    for (position, weight) in weights.iter().enumerate() {
        // At most `total`, since no weight exceeds the sum.
        let share = (quota(weight) / sum) as u64;
        left -= share;
        shares.push(Amount(share));
        remainders.push((quota(weight) % sum, position));
    }
    remainders.sort_unstable_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    for &(_, position) in remainders.iter().take(left as usize) {
        shares[position].0 += 1;
    }
    Some(shares)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn split(total: u64, weights: &[u64]) -> Option<Vec<u64>> {
        let weights: Vec<Points> = weights.iter().copied().map(Points).collect();
        share_out(Amount(total), &weights).map(|shares| shares.iter().map(|share| share.get()).collect())
    }

    #[test]
    fn share_out_by_hand() {
        // Quotas 33.33…, 33.33…, 33.33…: the unit left over goes to the first.
        assert_eq!(split(100, &[1, 1, 1]), Some(alloc::vec![34, 33, 33]));
        // Quotas 1.5, 3.5 → remainders tie, lower position wins.
        assert_eq!(split(5, &[3, 7]), Some(alloc::vec![2, 3]));
        assert_eq!(split(7, &[0, 5, 0]), Some(alloc::vec![0, 7, 0]));
        assert_eq!(split(0, &[1, 2]), Some(alloc::vec![0, 0]));
    }

    #[test]
    fn share_out_without_weight_has_nobody_to_pay() {
        assert_eq!(split(5, &[]), None);
        assert_eq!(split(5, &[0, 0]), None);
        assert_eq!(split(5, &[u64::MAX, 1]), None);
    }

    proptest! {
        #[test]
        fn shares_sum_to_the_total_and_stay_within_one_unit(
            total: u64,
            weights in prop::collection::vec(prop_oneof![Just(0u64), 1..1000u64, 0..u64::MAX / 200], 1..100),
        ) {
            let sum: u128 = weights.iter().map(|&weight| u128::from(weight)).sum();
            prop_assume!(sum > 0);
            let shares = split(total, &weights).unwrap();
            prop_assert_eq!(shares.iter().map(|&share| u128::from(share)).sum::<u128>(), u128::from(total));
            for (share, weight) in shares.iter().zip(&weights) {
                let floor = u128::from(total) * u128::from(*weight) / sum;
                prop_assert!(u128::from(*share) == floor || u128::from(*share) == floor + 1);
                prop_assert!(*weight > 0 || *share == 0);
            }
        }
    }
}
