//! Parts of an amount in basis points, rounded down; what is left over belongs to whoever takes the rest.

use crate::{Amount, BPS};

/// floor(`amount` × `share_bps` / 10,000); all of it for a share above the whole.
///
/// Exact without 128 bits: the quotient by 10,000 times a share of at most the whole is at most `amount`, and the
/// remainder's product is below 10⁸.
#[inline]
pub fn share_of(amount: Amount, share_bps: u16) -> Amount {
    let share_bps = u64::from(share_bps).min(BPS);
    let (wholes, rest) = (amount.get() / BPS, amount.get() % BPS);
    Amount(wholes * share_bps + rest * share_bps / BPS)
}

/// What is left of `amount` when each of `shares_bps` has taken its part, rounded down: the rest's own share and the
/// dust. `None` if the shares sum to more than the whole.
pub fn rest_of(amount: Amount, shares_bps: impl IntoIterator<Item = u16>) -> Option<Amount> {
    let (mut rest, mut sum_bps) = (amount, 0u64);
    for share_bps in shares_bps {
        sum_bps = sum_bps.checked_add(u64::from(share_bps))?;
        rest = rest.checked_sub(share_of(amount, share_bps))?;
    }
    (sum_bps <= BPS).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn share_of_rounds_down_and_the_rest_takes_the_dust() {
        assert_eq!(share_of(Amount(9_999), 1), Amount(0));
        assert_eq!(share_of(Amount(10_000), 1), Amount(1));
        assert_eq!(share_of(Amount(u64::MAX), 10_000), Amount(u64::MAX));
        assert_eq!(rest_of(Amount(100), [3_333, 3_333, 3_334]), Some(Amount(1)));
        assert_eq!(rest_of(Amount(7), []), Some(Amount(7)));
    }

    #[test]
    fn shares_above_the_whole_have_no_rest() {
        assert_eq!(rest_of(Amount(1), [5_000, 5_001]), None);
        assert_eq!(rest_of(Amount(0), [u16::MAX]), None);
        assert_eq!(share_of(Amount(8), u16::MAX), Amount(8));
    }

    proptest! {
        #[test]
        fn shares_are_the_exact_quotients_and_sum_with_the_rest_to_the_amount(
            amount: u64, cuts in prop::collection::vec(0..=10_000u16, 0..6),
        ) {
            let mut cuts = cuts;
            cuts.sort_unstable();
            let before = core::iter::once(0).chain(cuts.iter().copied());
            let shares: alloc::vec::Vec<u16> = cuts.iter().zip(before).map(|(cut, before)| cut - before).collect();
            let mut sum = u128::from(rest_of(Amount(amount), shares.iter().copied()).unwrap().get());
            for &share in &shares {
                let exact = u128::from(amount) * u128::from(share) / 10_000;
                prop_assert_eq!(u128::from(share_of(Amount(amount), share).get()), exact);
                sum += exact;
            }
            prop_assert_eq!(sum, u128::from(amount));
        }
    }
}
