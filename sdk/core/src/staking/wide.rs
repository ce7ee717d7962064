//! Products of two u128, without losing their upper half.

/// `a · b` as its upper and lower 128 bits.
pub const fn multiply(a: u128, b: u128) -> (u128, u128) {
    const LOW: u128 = u64::MAX as u128;
    let (a_high, a_low) = (a >> 64, a & LOW);
    let (b_high, b_low) = (b >> 64, b & LOW);
    let low = a_low * b_low;
    let first = a_high * b_low;
    let second = a_low * b_high;
    // Three summands below 2⁶⁴ each.
    let middle = (low >> 64) + (first & LOW) + (second & LOW);
    let high = a_high * b_high + (first >> 64) + (second >> 64) + (middle >> 64);
    (high, (middle << 64) | (low & LOW))
}

/// `a · b / 2^shift`, rounded down, for a shift of 1 to 255; `None` if it needs more than 128 bits.
#[inline(never)]
pub const fn multiply_shift(a: u128, b: u128, shift: u32) -> Option<u128> {
    let (high, low) = multiply(a, b);
    match shift {
        1..128 if high >> shift == 0 => Some((high << (128 - shift)) | (low >> shift)),
        128..256 => Some(high >> (shift - 128)),
        _ => None,
    }
}

/// Quotient, rounded down, and remainder of `a · b / divisor`; `None` if the quotient needs more than 128 bits, as it does
/// for a divisor of zero.
#[inline(never)]
pub const fn multiply_divide(a: u128, b: u128, divisor: u128) -> Option<(u128, u128)> {
    let (mut remainder, mut low) = multiply(a, b);
    if remainder >= divisor {
        return None;
    }
    // Long division in base 2: the quotient's bits move into `low` as the dividend's move out of it.
    let mut bit = 0;
    while bit < 128 {
        let carry = remainder >> 127 != 0;
        remainder = (remainder << 1) | (low >> 127);
        low <<= 1;
        if carry || remainder >= divisor {
            remainder = remainder.wrapping_sub(divisor);
            low |= 1;
        }
        bit += 1;
    }
    Some((low, remainder))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn multiply_of_the_largest_numbers_keeps_every_bit() {
        assert_eq!(multiply(u128::MAX, u128::MAX), (u128::MAX - 1, 1));
        assert_eq!(multiply(1 << 127, 2), (1, 0));
    }

    #[test]
    fn multiply_divide_without_a_quotient_in_128_bits_is_none() {
        assert_eq!(multiply_divide(1, 1, 0), None);
        assert_eq!(multiply_divide(u128::MAX, 2, 1), None);
        assert_eq!(multiply_divide(u128::MAX, u128::MAX, u128::MAX), Some((u128::MAX, 0)));
    }

    #[test]
    fn multiply_shift_at_its_edges_is_exact_or_none() {
        assert_eq!(multiply_shift(u128::MAX, u128::MAX, 128), Some(u128::MAX - 1));
        assert_eq!(multiply_shift(u128::MAX, u128::MAX, 127), None);
        assert_eq!(multiply_shift(u128::MAX, 2, 1), Some(u128::MAX));
        assert_eq!(multiply_shift(1 << 127, 1 << 127, 254), Some(1));
        assert_eq!(multiply_shift(3, 1, 0), None);
    }

    proptest! {
        #[test]
        fn multiply_divide_and_back_is_the_product(a: u128, b: u128, divisor in 1..=u128::MAX) {
            match multiply_divide(a, b, divisor) {
                Some((quotient, remainder)) => {
                    prop_assert!(remainder < divisor);
                    let (high, low) = multiply(quotient, divisor);
                    let (low, carry) = low.overflowing_add(remainder);
                    prop_assert_eq!((high + u128::from(carry), low), multiply(a, b));
                }
                None => prop_assert!(multiply(a, b).0 >= divisor),
            }
        }

        #[test]
        fn multiply_shift_is_division_by_a_power_of_two(a: u128, b: u128, shift in 1..128_u32) {
            let divided = multiply_divide(a, b, 1 << shift).map(|(quotient, _)| quotient);
            prop_assert_eq!(multiply_shift(a, b, shift), divided);
        }
    }
}
