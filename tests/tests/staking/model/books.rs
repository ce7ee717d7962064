//! The program's bookkeeping, run natively: many histories, fast.

use std::collections::BTreeMap;

use bytemuck::Zeroable;
use proptest::prelude::*;
use trellis_client::accounts::{OperatorStake, Position, StakePool};
use trellis_core::{
    Amount,
    staking::{Bucket, MIN_ACTIVE_STAKE},
};
use trellis_staking::books;

use super::history::{Action, OPERATORS, Subject, WALLETS, agree, histories};

struct Books {
    pool: StakePool,
    stakes: [OperatorStake; OPERATORS],
    positions: [[Position; WALLETS]; OPERATORS],
    /// Operator, wallet, destination, shares.
    tickets: BTreeMap<usize, (usize, usize, Option<usize>, u128)>,
    stake_tokens: u64,
    reward_tokens: u64,
}

impl Books {
    fn new() -> Self {
        let mut stake = OperatorStake::zeroed();
        stake.set_active(Bucket::EMPTY);
        stake.set_unbonding(Bucket::EMPTY);
        // No wallet of the test's is an operator's.
        stake.wallet = [9; 32].into();
        Self {
            pool: StakePool::zeroed(),
            stakes: [stake; OPERATORS],
            positions: [[Position::zeroed(); WALLETS]; OPERATORS],
            tickets: BTreeMap::new(),
            stake_tokens: 0,
            reward_tokens: 0,
        }
    }

    fn settle(&mut self, operator: usize, wallet: usize) {
        self.distribute();
        books::settle(&self.pool, &self.stakes[operator], &mut self.positions[operator][wallet]).unwrap();
    }

    /// Can the operator take stake?
    fn takes(&self, operator: usize) -> bool {
        !self.stakes[operator].active().is_slashed_out()
    }
}

impl Subject for Books {
    fn stake(&mut self, operator: usize, wallet: usize, amount: u64) -> bool {
        if !self.takes(operator) {
            return false;
        }
        self.settle(operator, wallet);
        let (stake, position) = (&mut self.stakes[operator], &mut self.positions[operator][wallet]);
        books::activate(&mut self.pool, stake, position, Amount(amount)).unwrap();
        self.stake_tokens += amount;
        true
    }

    fn worth(&self, operator: usize, wallet: usize) -> u64 {
        self.positions[operator][wallet].worth(&self.stakes[operator]).get()
    }

    fn earned(&self, operator: usize, wallet: usize) -> u64 {
        let mut position = self.positions[operator][wallet];
        books::settle(&self.pool, &self.stakes[operator], &mut position).unwrap();
        position.claimed_total + position.rewards().whole().get()
    }

    fn leave(&mut self, operator: usize, wallet: usize, amount: u64, to: Option<usize>, ticket: usize) -> bool {
        if self.stakes[operator].unbonding().is_slashed_out() {
            return false;
        }
        self.settle(operator, wallet);
        let (stake, position) = (&mut self.stakes[operator], &mut self.positions[operator][wallet]);
        books::deactivate(&mut self.pool, stake, position, Amount(amount)).unwrap();
        let shares = books::unbond(&mut self.pool, stake, Amount(amount)).unwrap();
        self.tickets.insert(ticket, (operator, wallet, to, shares));
        true
    }

    fn release(&mut self, ticket: usize) -> Option<u64> {
        let (operator, wallet, to, shares) = self.tickets[&ticket];
        if let Some(destination) = to {
            if !self.takes(destination) {
                return None;
            }
            self.settle(destination, wallet);
        }
        self.tickets.remove(&ticket);
        let amount = books::release(&mut self.pool, &mut self.stakes[operator], shares).unwrap();
        match to {
            None => self.stake_tokens -= amount.get(),
            Some(to) => {
                let (stake, position) = (&mut self.stakes[to], &mut self.positions[to][wallet]);
                books::activate(&mut self.pool, stake, position, amount).unwrap();
            }
        }
        Some(amount.get())
    }

    fn slash(&mut self, operator: usize, bps: u16) {
        self.distribute();
        let slashed = books::slash(&mut self.pool, &mut self.stakes[operator], bps).unwrap();
        self.stake_tokens -= slashed.get();
    }

    fn arrive(&mut self, amount: u64) {
        self.reward_tokens += amount;
    }

    fn distribute(&mut self) {
        let mut rewards = self.pool.rewards();
        rewards.fold(Amount(self.reward_tokens), Amount(self.pool.active_total)).unwrap();
        self.pool.set_rewards(rewards);
    }

    fn claim(&mut self, operator: usize, wallet: usize) {
        self.settle(operator, wallet);
        let position = &mut self.positions[operator][wallet];
        let mut rewards = position.rewards();
        let amount = rewards.take_whole();
        position.set_rewards(rewards);
        position.claimed_total += amount.get();
        let mut rewards = self.pool.rewards();
        rewards.pay(amount).unwrap();
        self.pool.set_rewards(rewards);
        self.reward_tokens -= amount.get();
    }

    fn books(&self, operator: usize) -> (u64, u64) {
        (self.stakes[operator].active_tokens, self.stakes[operator].unbonding_tokens)
    }

    fn custody(&self) -> (u64, u64) {
        let totals = self.stakes.iter().map(|stake| stake.active_tokens + stake.unbonding_tokens).sum::<u64>();
        assert_eq!(self.pool.staked_total, totals);
        assert_eq!(self.pool.active_total, self.stakes.iter().map(|stake| stake.active_tokens).sum::<u64>());
        (self.stake_tokens, self.reward_tokens)
    }

    fn claimed(&self) -> u64 {
        self.positions.iter().flatten().map(|position| position.claimed_total).sum()
    }
}

/// A share rounded down, at the largest reward that a token can earn, is where most is lost.
#[test]
fn books_after_the_largest_reward_on_the_least_stake_agree_to_the_unit() {
    let mut actions = vec![
        Action::Stake { operator: 1, wallet: 0, amount: MIN_ACTIVE_STAKE },
        Action::Slash { operator: 1, bps: 76 },
        Action::Stake { operator: 0, wallet: 0, amount: MIN_ACTIVE_STAKE / 100 },
    ];
    actions.extend((1..=20).map(|amount| Action::Stake { operator: 1, wallet: 3, amount }));
    actions.push(Action::Arrive { amount: u64::MAX });
    agree(&mut Books::new(), &actions);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn books_after_random_histories_agree_with_exact_fractions_to_the_unit(
        actions in histories(60, 1 << 40),
    ) {
        agree(&mut Books::new(), &actions);
    }

    #[test]
    fn books_after_random_histories_of_the_largest_amounts_agree_to_the_unit(
        actions in histories(40, u64::MAX / 128),
    ) {
        agree(&mut Books::new(), &actions);
    }
}
