//! Amounts of tokens as people write them.

use anyhow::Context;
use solana_address::Address;
use trellis_client::Chain;

/// Where a mint, of either token program, keeps its decimals.
const MINT_DECIMALS_OFFSET: usize = 44;

/// How many decimals the tokens of `mint` have.
///
/// # Errors
/// There is no mint.
pub async fn decimals_of(chain: &Chain, mint: &Address) -> anyhow::Result<u8> {
    let account = chain.account(mint).await?;
    let decimals = account.and_then(|account| account.data.get(MINT_DECIMALS_OFFSET).copied());
    decimals.with_context(|| format!("there is no mint at {mint} on {}: is it the right --url?", chain.url()))
}

/// `amount` smallest units as tokens with all their decimals, thousands apart.
pub fn tokens(amount: u64, decimals: u8) -> String {
    let Some(unit) = 10u64.checked_pow(u32::from(decimals)) else { return format!("{amount} smallest units") };
    let (whole, fraction) = (amount / unit, amount % unit);
    match decimals {
        0 => thousands(whole),
        digits => format!("{}.{fraction:0width$}", thousands(whole), width = usize::from(digits)),
    }
}

pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Tokens such as `12`, `12.5` or `1,000.25` in smallest units, exactly.
///
/// # Errors
/// Says what is wanted.
pub fn parse_tokens(text: &str, decimals: u8) -> Result<u64, String> {
    let wanted =
        || format!("`{text}` is no amount of tokens: write it as 12 or 12.5, with at most {decimals} decimals");
    let plain = text.replace([',', '_'], "");
    let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let significant = fraction.trim_end_matches('0');
    if !digits(whole) || !digits(fraction) || significant.len() > usize::from(decimals) {
        return Err(wanted());
    }
    let units: String = format!("{whole}{significant:0<width$}", width = usize::from(decimals));
    units.parse().map_err(|_| format!("`{text}` tokens are more than there can be"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tokens_shows_every_unit() {
        assert_eq!(tokens(1_234_567_890_123, 6), "1,234,567.890123");
        assert_eq!(tokens(5, 6), "0.000005");
        assert_eq!(tokens(1_000, 0), "1,000");
        assert_eq!(tokens(7, 20), "7 smallest units");
    }

    #[test]
    fn parse_tokens_is_exact() {
        assert_eq!(parse_tokens("12", 6), Ok(12_000_000));
        assert_eq!(parse_tokens("12.5", 6), Ok(12_500_000));
        assert_eq!(parse_tokens("1,000.000001", 6), Ok(1_000_000_001));
        assert_eq!(parse_tokens("3.000", 0), Ok(3));
        assert_eq!(parse_tokens("18446744073709.551615", 6), Ok(u64::MAX));
    }

    #[test]
    fn parse_tokens_refuses_what_is_no_amount() {
        for text in ["", ".", "1.", ".5", "-1", "+1", "1e3", "0.0000001", "1.2.3", "x"] {
            assert!(parse_tokens(text, 6).is_err(), "{text}");
        }
        assert!(parse_tokens("18446744073709.551616", 6).is_err_and(|error| error.contains("more than")));
    }

    proptest! {
        #[test]
        fn parse_tokens_reads_what_tokens_shows(amount: u64, decimals in 0u8..=12) {
            prop_assert_eq!(parse_tokens(&tokens(amount, decimals), decimals), Ok(amount));
        }
    }
}
