//! Random operators, growth and claims, of one operator and of runs: what is paid is what was earned.

use proptest::{collection::vec, prelude::*};
use solana_address::Address;
use trellis_client::{SPL_TOKEN_ID, instructions::rewards};
use trellis_core::Epoch;
use trellis_rewards::{constants::KEPT_ROOTS, error::RewardsError};
use trellis_tests::{
    World, assert_program_error, expect_success,
    fixtures::{EPOCH_AMOUNT, RootFixture, Stage},
};

use super::support::{payee, vault};

const EPOCHS: usize = 6;
const MAX_OPERATORS: usize = 40;
/// Together the operators never earn more in an epoch than it emits.
const MAX_GROWTH: u64 = EPOCH_AMOUNT / MAX_OPERATORS as u64;

/// One claim: whose, of how many more behind it if it is one of a run, against how old a root. All are taken modulo what
/// there is.
#[derive(Debug, Clone)]
struct Attempt {
    operator: usize,
    run: Option<usize>,
    roots_back: usize,
}

/// One epoch: what every operator earns in it, and the claims before the next.
#[derive(Debug, Clone)]
struct Turn {
    growth: Vec<u64>,
    attempts: Vec<Attempt>,
}

fn turn() -> impl Strategy<Value = Turn> {
    let growth = prop_oneof![1 => Just(0), 1 => Just(MAX_GROWTH), 3 => 0..=MAX_GROWTH];
    let run = prop::option::of(0usize..8);
    let attempt = (0..MAX_OPERATORS, run, 0..KEPT_ROOTS).prop_map(|(operator, run, roots_back)| Attempt {
        operator,
        run,
        roots_back,
    });
    (vec(growth, MAX_OPERATORS), vec(attempt, 0..25)).prop_map(|(growth, attempts)| Turn { growth, attempts })
}

/// The chain, and beside it what it must have done.
struct Model {
    world: World,
    stage: Stage,
    payees: Vec<(Address, Address)>,
    cumulative: Vec<u64>,
    paid: Vec<u64>,
    roots: Vec<RootFixture>,
}

impl Model {
    fn new(operators: usize) -> Self {
        let mut world = World::new();
        let stage = world.stage();
        world.open_page(stage.vault.address, 0);
        let payees = (0..operators).map(|_| payee(&mut world, &stage)).collect();
        Self { world, stage, payees, cumulative: vec![0; operators], paid: vec![0; operators], roots: Vec::new() }
    }

    fn close_epoch(&mut self, growth: &[u64]) {
        for (cumulative, growth) in self.cumulative.iter_mut().zip(growth) {
            *cumulative += growth;
        }
        let wallets = self.payees.iter().map(|(wallet, _)| *wallet);
        let owed: Vec<(Address, u64)> = wallets.zip(self.cumulative.iter().copied()).collect();
        self.roots.push(self.world.final_root(&self.stage, self.roots.len() as u64, &owed));
    }

    /// Claims by a submitter who has nothing to do with the operator.
    fn claim(&mut self, operator: usize, roots_back: usize) {
        let kept = self.roots.len().min(KEPT_ROOTS);
        let root = &self.roots[self.roots.len() - 1 - roots_back % kept];
        let claim = rewards::claim(self.stage.vault.address, self.payees[operator].1, root.claim_args(operator as u32));
        let submitter = self.world.keypair();
        let outcome = self.world.send(&[claim], &[&submitter]);
        let owed = root.leaves[operator].cumulative.get();
        if owed > self.paid[operator] {
            expect_success(outcome);
            self.paid[operator] = owed;
        } else {
            assert_program_error(outcome, RewardsError::NothingToClaim);
        }
    }

    /// Claims for `more` + 1 operators from `first` on, by a submitter who has nothing to do with them.
    fn claim_range(&mut self, first: usize, more: usize, roots_back: usize) {
        let kept = self.roots.len().min(KEPT_ROOTS);
        let root = &self.roots[self.roots.len() - 1 - roots_back % kept];
        let run = first..(first + more + 1).min(self.payees.len());
        let tokens: Vec<Address> = self.payees[run.clone()].iter().map(|(_, tokens)| *tokens).collect();
        let args = root.range_args(first as u32, run.len());
        let claim = rewards::claim_range(self.stage.vault.address, &tokens, SPL_TOKEN_ID, args);
        let submitter = self.world.keypair();
        let outcome = self.world.send(&[claim], &[&submitter]);
        let mut paid_any = false;
        for operator in run {
            let owed = root.leaves[operator].cumulative.get();
            paid_any |= owed > self.paid[operator];
            self.paid[operator] = self.paid[operator].max(owed);
        }
        match paid_any {
            true => drop(expect_success(outcome)),
            false => assert_program_error(outcome, RewardsError::NothingToClaim),
        }
    }

    fn check(&self) {
        for (operator, (_, tokens)) in self.payees.iter().enumerate() {
            assert_eq!(self.world.token_balance(*tokens), self.paid[operator], "operator {operator}");
        }
        let (vault, paid) = (vault(&self.world, &self.stage), self.paid.iter().sum::<u64>());
        let funded = EPOCH_AMOUNT * self.roots.len() as u64;
        assert_eq!(vault.claimed_total, paid);
        assert_eq!(vault.cumulative_total, self.cumulative.iter().sum::<u64>());
        assert_eq!(self.world.token_balance(self.stage.vault.tokens), funded - paid);
        assert!(paid <= vault.cumulative_total && vault.cumulative_total <= funded);
        assert_eq!(vault.next_epoch, Epoch(self.roots.len() as u64).get());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn claims_in_any_order_against_any_kept_root_pay_each_operator_exactly_its_cumulative(
        operators in 1..=MAX_OPERATORS,
        turns in vec(turn(), 1..=EPOCHS),
    ) {
        let mut model = Model::new(operators);
        for turn in turns {
            model.close_epoch(&turn.growth);
            for Attempt { operator, run, roots_back } in turn.attempts {
                match run {
                    Some(more) => model.claim_range(operator % operators, more, roots_back),
                    None => model.claim(operator % operators, roots_back),
                }
            }
            model.check();
        }
        for operator in 0..operators {
            model.claim(operator, 0);
        }
        model.check();
        prop_assert_eq!(&model.paid, &model.cumulative);
    }
}
