//! A network's supply as it must be: what the schedule emits, what was burned, what comes back.

use solana_address::Address;
use trellis_client::instructions::token::CreateEmissionArgs;
use trellis_tests::fixtures::EPOCH_AMOUNT;

/// In basis points: the vault's, the stakers' reward account's, and each staker's; the treasury takes what is left.
pub const SHARES_BPS: [u16; 5] = [6_000, 1_001, 501, 499, 333];

#[derive(Clone)]
pub struct Supply {
    args: CreateEmissionArgs,
    /// In the order of the shares.
    pub destinations: Vec<Address>,
    pub next_epoch: u64,
    period_amount: u64,
    pub emitted: u64,
    pub recycled: u64,
    pub burned: u64,
}

/// A schedule that decays; `epochs` bounds how many full epochs the cap is good for.
pub fn emission_args(epochs: u64) -> CreateEmissionArgs {
    CreateEmissionArgs {
        first_amount: EPOCH_AMOUNT,
        tail_amount: EPOCH_AMOUNT / 4,
        cap: EPOCH_AMOUNT * epochs,
        recycle_epoch_cap: EPOCH_AMOUNT / 20,
        decay_every_epochs: 7,
        decay_bps: 333,
        recycle_bps: 5_000,
        shares_bps: SHARES_BPS.to_vec(),
    }
}

impl Supply {
    pub fn new(args: CreateEmissionArgs, destinations: Vec<Address>) -> Self {
        let period_amount = args.first_amount;
        Self { args, destinations, next_epoch: 0, period_amount, emitted: 0, recycled: 0, burned: 0 }
    }

    pub fn cap(&self) -> u64 {
        self.args.cap
    }

    /// What all token accounts hold together.
    pub fn total(&self) -> u64 {
        self.emitted + self.recycled - self.burned
    }

    /// Most that may have come back.
    pub fn most_recycled(&self) -> u64 {
        part(self.burned, self.args.recycle_bps)
    }

    /// Emits the next epoch; the vault's part, and the stakers'.
    pub fn emit(&mut self) -> (u64, u64) {
        let scheduled = self.period_amount.min(self.args.cap - self.emitted);
        let recycled = (self.most_recycled() - self.recycled).min(self.args.recycle_epoch_cap);
        self.next_epoch += 1;
        self.emitted += scheduled;
        self.recycled += recycled;
        if self.next_epoch.is_multiple_of(u64::from(self.args.decay_every_epochs)) {
            let kept = part(self.period_amount, 10_000 - self.args.decay_bps);
            self.period_amount = kept.max(self.args.tail_amount);
        }
        let total = scheduled + recycled;
        (part(total, SHARES_BPS[0]), part(total, SHARES_BPS[1]))
    }
}

/// Rounded down.
fn part(amount: u64, bps: u16) -> u64 {
    (u128::from(amount) * u128::from(bps) / 10_000) as u64
}
