//! Decimal numbers, exactly: no floats on the way from a meter to a signature.

/// `text` × 10^`digits` as a whole number, rounded towards zero. Takes what meters write: `642.78`, `-0.13`, `+5`, `1.5e3`.
/// `None` if it is no number, or too large to be one of a meter.
pub fn scaled(text: &str, digits: u32) -> Option<i128> {
    /// More than any meter counts in the smallest unit there is here.
    const MOST_DIGITS: usize = 30;
    let text = text.trim();
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok().filter(|one| one.abs() <= 40)?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let is_number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() && fraction.is_empty() || !is_number(whole) || !is_number(fraction) {
        return None;
    }
    let mut all = format!("{whole}{fraction}");
    // Where the point goes.
    let kept = i64::try_from(whole.len()).ok()? + i64::from(exponent) + i64::from(digits);
    let kept = usize::try_from(kept).unwrap_or(0);
    match kept <= all.len() {
        true => all.truncate(kept),
        false => all.extend(std::iter::repeat_n('0', kept - all.len())),
    }
    let significant = all.trim_start_matches('0');
    if significant.len() > MOST_DIGITS {
        return None;
    }
    let magnitude: i128 = if significant.is_empty() { 0 } else { significant.parse().ok()? };
    Some(if negative { -magnitude } else { magnitude })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn scaled_takes_what_meters_write() {
        for (text, digits, wanted) in [
            ("642.78003", 12, 642_780_030_000_000),
            ("-0.13000000000000001", 12, -130_000_000_000),
            (" +7 ", 3, 7_000),
            ("1.5e3", 0, 1_500),
            ("15E-1", 0, 1),
            ("1e-20", 3, 0),
            (".5", 1, 5),
            ("5.", 1, 50),
            ("000123.999", 0, 123),
            ("18446744073709551615", 0, i128::from(u64::MAX)),
        ] {
            assert_eq!(scaled(text, digits), Some(wanted), "{text}");
        }
        for text in
            ["", "-", ".", "e3", "NaN", "inf", "1,5", "--1", "1e", "1e99", "1e1.5", "0x10", "1 2", &"9".repeat(31)]
        {
            assert_eq!(scaled(text, 0), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn scaled_reads_back_every_number(number in -1_000_000_000_000_000i128..1_000_000_000_000_000, digits in 0u32..12) {
            let unit = 10i128.pow(digits);
            let sign = if number < 0 { "-" } else { "" };
            let (whole, fraction) = (number.abs() / unit, number.abs() % unit);
            let text = format!("{sign}{whole}.{fraction:0width$}", width = digits as usize);
            prop_assert_eq!(scaled(&text, digits), Some(number));
        }

        #[test]
        fn scaled_never_panics(text in "\\PC{0,40}", digits in 0u32..20) {
            let _ = scaled(&text, digits);
        }
    }
}
