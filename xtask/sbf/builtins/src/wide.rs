//! 128-bit products, quotients and remainders out of 64-bit instructions.
//!
//! Numbers are pairs of halves inside, so that the compiler has no reason to call the very functions that these
//! are the bodies of. Nothing here checks for overflow: where a sum may wrap, it is meant to.
//!
//! Each instruction costs the virtual machine one unit, a division like any other, so quotients are found digit by
//! digit, not bit by bit (Knuth, "The Art of Computer Programming" 2, 4.3.1, algorithm D; Warren, "Hacker's
//! Delight", 9-5).

const DIGIT_BITS: u32 = 32;
const DIGIT_MASK: u64 = 0xffff_ffff;

/// The upper 64 bits.
const fn high(n: u128) -> u64 {
    (n >> 64) as u64
}

/// The lower 64 bits.
const fn low(n: u128) -> u64 {
    n as u64
}

const fn join(high: u64, low: u64) -> u128 {
    (high as u128) << 64 | low as u128
}

/// The whole product of two 64-bit numbers, as its upper and its lower half.
#[inline(always)]
fn multiply_64(a: u64, b: u64) -> (u64, u64) {
    let (a1, a0) = (a >> DIGIT_BITS, a & DIGIT_MASK);
    let (b1, b0) = (b >> DIGIT_BITS, b & DIGIT_MASK);
    let (p00, p01, p10, p11) = (a0.wrapping_mul(b0), a0.wrapping_mul(b1), a1.wrapping_mul(b0), a1.wrapping_mul(b1));
    let middle = (p00 >> DIGIT_BITS).wrapping_add(p01 & DIGIT_MASK).wrapping_add(p10 & DIGIT_MASK);
    let upper = p11.wrapping_add(p01 >> DIGIT_BITS).wrapping_add(p10 >> DIGIT_BITS).wrapping_add(middle >> DIGIT_BITS);
    (upper, (p00 & DIGIT_MASK) | (middle << DIGIT_BITS))
}

/// `a * b`, less whatever does not fit in 128 bits. The same for signed and unsigned numbers.
#[inline(always)]
pub fn multiply(a: u128, b: u128) -> u128 {
    let (upper, lower) = multiply_64(low(a), low(b));
    let crossed = low(a).wrapping_mul(high(b)).wrapping_add(high(a).wrapping_mul(low(b)));
    join(upper.wrapping_add(crossed), lower)
}

/// The quotient and the remainder of `n / d`. Callers check that `d` is not 0: Rust does so before it divides.
#[inline(always)]
pub fn divide(n: u128, d: u128) -> (u128, u128) {
    if high(d) != 0 {
        return divide_by_wide(n, d);
    }
    let d = low(d);
    if high(n) == 0 {
        return ((low(n) / d) as u128, (low(n) % d) as u128);
    }
    let (upper, carried) = (high(n) / d, high(n) % d);
    let (lower, remainder) =
        if d <= DIGIT_MASK { divide_by_digit(carried, low(n), d) } else { divide_128_by_64(carried, low(n), d) };
    (join(upper, lower), remainder as u128)
}

/// Divides (`upper`, `lower`) by one digit, where `upper < d`.
#[inline(always)]
fn divide_by_digit(upper: u64, lower: u64, d: u64) -> (u64, u64) {
    let first = upper << DIGIT_BITS | lower >> DIGIT_BITS;
    let second = (first % d) << DIGIT_BITS | lower & DIGIT_MASK;
    // The first quotient is below 2^32, since `upper < d`.
    (((first / d) << DIGIT_BITS) | (second / d), second % d)
}

/// Divides (`upper`, `lower`) by `d`, where `upper < d`, so that the quotient has 64 bits.
#[inline(always)]
fn divide_128_by_64(upper: u64, lower: u64, d: u64) -> (u64, u64) {
    // With the divisor's highest bit set, a digit guessed from the divisor's upper half is too large by 2 at most.
    let shift = d.leading_zeros();
    let (d, _) = shift_left(d, 0, shift);
    let (upper, lower) = shift_left(upper, lower, shift);
    let (first, rest) = divide_step(upper, lower >> DIGIT_BITS, d);
    let (second, rest) = divide_step(rest, lower & DIGIT_MASK, d);
    (first << DIGIT_BITS | second, rest.wrapping_shr(shift))
}

/// Shifts (`upper`, `lower`) left by less than 64 bits. Two shifts bring the lower half's bits up, since one by
/// 64 would not be a shift at all.
#[inline(always)]
fn shift_left(upper: u64, lower: u64, shift: u32) -> (u64, u64) {
    let carried = (lower >> 1).wrapping_shr(63_u32.wrapping_sub(shift));
    (upper.wrapping_shl(shift) | carried, lower.wrapping_shl(shift))
}

/// One digit of a quotient: divides `n * 2^32 + next` by `d`, where `n < d`, `next` is one digit, and the highest
/// bit of `d` is set.
#[inline(always)]
fn divide_step(n: u64, next: u64, d: u64) -> (u64, u64) {
    let (d1, d0) = (d >> DIGIT_BITS, d & DIGIT_MASK);
    let (mut digit, mut rest) = (n / d1, n % d1);
    while digit > DIGIT_MASK || digit.wrapping_mul(d0) > (rest << DIGIT_BITS | next) {
        digit = digit.wrapping_sub(1);
        rest = rest.wrapping_add(d1);
        if rest > DIGIT_MASK {
            break;
        }
    }
    // The true rest is below `d`, so what overflows on the way cancels out.
    let rest = (n << DIGIT_BITS | next).wrapping_sub(digit.wrapping_mul(d));
    (digit, rest)
}

/// Divides by a divisor of more than 64 bits; the quotient has 64 bits at most.
#[inline(always)]
fn divide_by_wide(n: u128, d: u128) -> (u128, u128) {
    if n < d {
        return (0, n);
    }
    // Half the dividend by the divisor's highest 64 bits: a guess that is right, or too large by 1.
    let shift = high(d).leading_zeros();
    let (top, _) = shift_left(high(d), low(d), shift);
    let (guess, _) = divide_128_by_64(high(n) >> 1, high(n) << 63 | low(n) >> 1, top);
    let guess = guess.wrapping_shr(63_u32.wrapping_sub(shift));
    // One less is right, or too small by 1.
    let mut quotient = guess.saturating_sub(1);
    let mut remainder = n.wrapping_sub(multiply(quotient as u128, d));
    if remainder >= d {
        quotient = quotient.wrapping_add(1);
        remainder = remainder.wrapping_sub(d);
    }
    (quotient as u128, remainder)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers of every length, with runs of ones and zeros, which is where carries and guesses go wrong.
    fn numbers() -> Vec<u128> {
        let mut numbers = vec![0, 1, 2, 3, 7, 10, 1_000_000_000, u128::MAX, u128::MAX - 1];
        for bits in 1..128 {
            let power = 1_u128 << bits;
            numbers.extend([power - 1, power, power + 1, u128::MAX << bits, !power]);
        }
        let mut state = 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835_u128;
        for round in 0..600 {
            state ^= state << 29;
            state ^= state >> 51;
            state ^= state << 43;
            numbers.push(state >> (round % 128));
        }
        numbers
    }

    #[test]
    fn multiply_any_pair_agrees_with_the_build_machine() {
        for a in numbers() {
            for b in numbers() {
                assert_eq!(multiply(a, b), a.wrapping_mul(b), "{a} * {b}");
            }
        }
    }

    #[test]
    fn divide_any_pair_agrees_with_the_build_machine() {
        for n in numbers() {
            for d in numbers() {
                if d != 0 {
                    assert_eq!(divide(n, d), (n / d, n % d), "{n} / {d}");
                }
            }
        }
    }
}
