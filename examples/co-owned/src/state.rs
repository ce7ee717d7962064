use anchor_lang::prelude::*;

/// Begins the seeds of a [`CoOwned`] account; the operator's account in Trellis's registry follows.
pub const CO_OWNED: &[u8] = b"co-owned";
/// Basis points in the whole.
pub const BPS: u64 = 10_000;

/// Who owns an operator's devices. Its address is the operator's payout wallet.
#[account]
pub struct CoOwned {
    pub operator: Address,
    pub host: Address,
    pub investor: Address,
    pub investor_bps: u16,
    pub bump: u8,
    pub reserved: [u8; 5],
}

impl CoOwned {
    /// The investor's and the host's part of `amount`. The fraction that cannot be split is the host's.
    pub fn parts(&self, amount: u64) -> (u64, u64) {
        // At most `amount`, since the part is below the whole.
        let investor = (u128::from(amount) * u128::from(self.investor_bps) / u128::from(BPS)) as u64;
        (investor, amount - investor)
    }
}
