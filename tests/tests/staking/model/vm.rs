//! The program on the VM: fewer histories, through the public door.

use std::collections::BTreeMap;

use proptest::prelude::*;
use solana_address::Address;
use solana_signer::Signer;
use trellis_client::{
    SPL_TOKEN_ID,
    accounts::{OperatorStake, Position, StakePool, UnbondingTicket},
    addresses,
    instructions::staking,
};
use trellis_staking::{books, error::StakingError};
use trellis_tests::{
    World, assert_program_error, expect_success,
    fixtures::{COOLDOWN_SECONDS, EPOCH_SECONDS, StakingStage, WALLET_TOKENS},
};

use super::history::{OPERATORS, Subject, WALLETS, agree, histories};

struct Vm {
    world: World,
    stage: StakingStage,
    tickets: BTreeMap<usize, Address>,
}

impl Vm {
    fn new() -> Self {
        let mut world = World::new();
        let stage = world.staking_stage();
        for (operator, wallet) in (0..OPERATORS).flat_map(|o| (0..WALLETS).map(move |w| (o, w))) {
            world.open_position(&stage, operator, wallet);
        }
        Self { world, stage, tickets: BTreeMap::new() }
    }

    fn stake_account(&self, operator: usize) -> OperatorStake {
        self.world.account(self.stage.stakes[operator])
    }

    fn tokens_of_wallets(&self) -> u64 {
        self.stage.tokens.iter().map(|&tokens| self.world.token_balance(tokens)).sum()
    }
}

impl Subject for Vm {
    fn stake(&mut self, operator: usize, wallet: usize, amount: u64) -> bool {
        if self.stake_account(operator).active().is_slashed_out() {
            return false;
        }
        self.world.stake(&self.stage, operator, wallet, amount);
        true
    }

    fn worth(&self, operator: usize, wallet: usize) -> u64 {
        self.world.stake_worth(&self.stage, operator, wallet)
    }

    fn earned(&self, operator: usize, wallet: usize) -> u64 {
        let pool = self.world.account::<StakePool>(self.stage.pool.address);
        let mut position = self.world.account::<Position>(self.stage.position(operator, wallet));
        books::settle(&pool, &self.stake_account(operator), &mut position).unwrap();
        position.claimed_total + position.rewards().whole().get()
    }

    fn leave(&mut self, operator: usize, wallet: usize, amount: u64, to: Option<usize>, ticket: usize) -> bool {
        if self.stake_account(operator).unbonding().is_slashed_out() {
            return false;
        }
        let opened = self.world.unstake(&self.stage, operator, wallet, to, amount);
        self.tickets.insert(ticket, addresses::unbonding_ticket(&opened.position, opened.number));
        true
    }

    fn release(&mut self, ticket: usize) -> Option<u64> {
        let address = self.tickets[&ticket];
        let account = self.world.account::<UnbondingTicket>(address);
        let stake = self.world.account::<OperatorStake>(account.operator_stake);
        let worth = stake.unbonding().worth(account.shares.get()).get();
        let early = self.world.now() < account.release_unix;
        if account.is_redelegation() {
            let destination = self.world.account::<OperatorStake>(account.destination);
            if destination.active().is_slashed_out() {
                return None;
            }
        }
        let pool = self.stage.pool.address;
        let wallet = self.stage.wallets.iter().position(|w| w.pubkey() == account.wallet).unwrap();
        let payout = self.stage.tokens[wallet];
        let release = match account.is_redelegation() {
            true => staking::complete_redelegation(pool, &account),
            false => staking::withdraw(pool, SPL_TOKEN_ID, &account, payout),
        };
        if early {
            assert_program_error(self.world.run(release.clone(), &[]), StakingError::TicketNotReleased);
            self.world.advance(i64::from(COOLDOWN_SECONDS));
        }
        let before = self.world.token_balance(payout);
        expect_success(self.world.run(release, &[]));
        let paid = self.world.token_balance(payout) - before;
        assert_eq!(paid, if account.is_redelegation() { 0 } else { worth });
        Some(worth)
    }

    fn slash(&mut self, operator: usize, bps: u16) {
        // Another epoch, so that the cap never stands in the way.
        self.world.advance(i64::from(EPOCH_SECONDS));
        self.world.slash(&self.stage, operator, bps);
    }

    fn arrive(&mut self, amount: u64) {
        self.world.reward_stakers(&self.stage, amount);
    }

    fn distribute(&mut self) {
        expect_success(self.world.run(staking::distribute_rewards(self.stage.pool.address), &[]));
    }

    fn claim(&mut self, operator: usize, wallet: usize) {
        let (pool, stake) = (self.stage.pool.address, self.stage.stakes[operator]);
        let (owner, tokens) = (self.stage.wallet(wallet), self.stage.tokens[wallet]);
        self.distribute();
        let position = self.stage.position(operator, wallet);
        let pending = self.earned(operator, wallet) - self.world.account::<Position>(position).claimed_total;
        let claim = staking::claim_stake_rewards(pool, SPL_TOKEN_ID, stake, owner, tokens);
        let before = self.world.token_balance(tokens);
        match pending {
            0 => assert_program_error(self.world.run(claim, &[]), StakingError::NothingToClaim),
            _ => drop(expect_success(self.world.run(claim, &[]))),
        }
        assert_eq!(self.world.token_balance(tokens) - before, pending);
    }

    fn books(&self, operator: usize) -> (u64, u64) {
        let stake = self.stake_account(operator);
        (stake.active_tokens, stake.unbonding_tokens)
    }

    fn custody(&self) -> (u64, u64) {
        let pool = &self.stage.pool;
        let (stake, rewards) =
            (self.world.token_balance(pool.stake_tokens), self.world.token_balance(pool.reward_tokens));
        assert!(self.world.account::<StakePool>(pool.address).staked_total <= stake);
        // Nothing of the stake has gone anywhere else.
        let slashed = self.world.token_balance(pool.treasury);
        let everything = self.tokens_of_wallets() + stake + slashed - self.claimed();
        assert_eq!(everything, WALLET_TOKENS * WALLETS as u64);
        (stake, rewards)
    }

    fn claimed(&self) -> u64 {
        let positions = (0..OPERATORS).flat_map(|o| (0..WALLETS).map(move |w| (o, w)));
        positions.map(|(o, w)| self.world.account::<Position>(self.stage.position(o, w)).claimed_total).sum()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn program_after_random_histories_agrees_with_exact_fractions_to_the_unit(
        actions in histories(40, WALLET_TOKENS / 64),
    ) {
        agree(&mut Vm::new(), &actions);
    }
}
