//! What is paid for a place in a block.

/// Most compute units that a transaction may take.
pub const MOST_UNITS: u32 = 1_400_000;
/// What each signature of a transaction costs.
pub const LAMPORTS_PER_SIGNATURE: u64 = 5_000;
const MICRO_LAMPORTS: u128 = 1_000_000;

/// How much is offered for a compute unit: what others paid lately for the accounts that a transaction writes to, within a
/// limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fees {
    /// Percentile of the recent prices.
    pub percentile: u8,
    /// Most for a compute unit, in micro-lamports; 0: nothing.
    pub max_micro_lamports: u64,
}

impl Default for Fees {
    /// At most a lamport for a compute unit: a claim costs 0.00001 SOL then, and 0.000005 more.
    fn default() -> Self {
        Self { percentile: 75, max_micro_lamports: 1_000_000 }
    }
}

impl Fees {
    /// The price for a compute unit after `recent` ones, in micro-lamports. Each signing after the first, when a
    /// transaction expired, doubles it.
    pub fn price(&self, mut recent: Vec<u64>, signing: u32) -> u64 {
        recent.sort_unstable();
        let last = recent.len().saturating_sub(1);
        let usual = recent.get(last * usize::from(self.percentile.min(100)) / 100).copied().unwrap_or(0);
        let price = match signing {
            0 => usual,
            again => usual.max(1).saturating_mul(1 << again.min(20)),
        };
        price.min(self.max_micro_lamports)
    }
}

/// What a transaction costs with so many signatures, a limit of compute units, and a price for each; rounded up.
pub fn fee_lamports(signatures: u64, unit_limit: u32, price_micro_lamports: u64) -> u64 {
    signatures
        .saturating_mul(LAMPORTS_PER_SIGNATURE)
        .saturating_add(priority_lamports(unit_limit, price_micro_lamports))
}

/// The part of it that the price makes.
pub fn priority_lamports(unit_limit: u32, price_micro_lamports: u64) -> u64 {
    let priority = (u128::from(unit_limit) * u128::from(price_micro_lamports)).div_ceil(MICRO_LAMPORTS);
    u64::try_from(priority).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn price_is_the_percentile_within_the_limit_and_doubles_when_it_was_too_little() {
        let fees = Fees { percentile: 75, max_micro_lamports: 1_000 };
        let recent = || vec![400, 100, 0, 300, 200];
        assert_eq!(fees.price(vec![], 0), 0);
        assert_eq!(fees.price(recent(), 0), 300);
        assert_eq!(fees.price(recent(), 1), 600);
        assert_eq!(fees.price(recent(), 2), 1_000);
        assert_eq!(fees.price(vec![u64::MAX], 31), 1_000);
        assert_eq!(fees.price(vec![], 1), 2);
        assert_eq!(Fees { percentile: 100, ..fees }.price(recent(), 0), 400);
        assert_eq!(Fees { percentile: 0, ..fees }.price(recent(), 0), 0);
        assert_eq!(Fees { max_micro_lamports: 0, ..fees }.price(recent(), 2), 0);
    }

    #[test]
    fn fee_is_that_of_the_signatures_and_the_priority_rounded_up() {
        assert_eq!(fee_lamports(1, 200_000, 0), 5_000);
        assert_eq!(fee_lamports(2, 100_000, 15), 10_002);
        assert_eq!(fee_lamports(1, MOST_UNITS, u64::MAX), u64::MAX);
        assert_eq!(fee_lamports(u64::MAX, 1, 1), u64::MAX);
    }
}
