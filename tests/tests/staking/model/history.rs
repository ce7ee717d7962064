//! Random histories, and what must hold after each.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{
    exact::{Event, replay},
    fraction::Fraction,
};

pub const OPERATORS: usize = 2;
pub const WALLETS: usize = 4;

/// What somebody does next. Operators, wallets and tickets are picked from those there are.
#[derive(Debug, Clone)]
pub enum Action {
    Stake {
        operator: usize,
        wallet: usize,
        amount: u64,
    },
    /// Takes so many quarters of a position out, to the wallet or to the other operator.
    Leave {
        operator: usize,
        wallet: usize,
        quarters: u64,
        moves: bool,
    },
    /// Closes a ticket.
    Release {
        pick: usize,
    },
    Slash {
        operator: usize,
        bps: u16,
    },
    Arrive {
        amount: u64,
    },
    Distribute,
    Claim {
        operator: usize,
        wallet: usize,
    },
}

/// Something that stakes: the bookkeeping alone, or the program.
pub trait Subject {
    /// `false` if the operator takes no more.
    fn stake(&mut self, operator: usize, wallet: usize, amount: u64) -> bool;
    /// What a position is worth.
    fn worth(&self, operator: usize, wallet: usize) -> u64;
    /// All that a position has earned in whole units, claimed or not.
    fn earned(&self, operator: usize, wallet: usize) -> u64;
    /// Opens ticket `ticket`; `false` if the operator's unbonding stake takes no more.
    fn leave(&mut self, operator: usize, wallet: usize, amount: u64, to: Option<usize>, ticket: usize) -> bool;
    /// Closes a ticket once it is released: what it paid or moved; `None` if its destination takes no more.
    fn release(&mut self, ticket: usize) -> Option<u64>;
    fn slash(&mut self, operator: usize, bps: u16);
    fn arrive(&mut self, amount: u64);
    fn distribute(&mut self);
    fn claim(&mut self, operator: usize, wallet: usize);
    /// Active and unbonding tokens in the operator's books.
    fn books(&self, operator: usize) -> (u64, u64);
    /// What lies in the stake account and in the reward account.
    fn custody(&self) -> (u64, u64);
    /// All that was claimed.
    fn claimed(&self) -> u64;
}

/// A ticket that is open: whose, and where it goes.
#[derive(Clone, Copy)]
struct Open {
    wallet: usize,
    to: Option<usize>,
}

/// Runs `actions`, then compares with the reference.
pub fn agree(subject: &mut impl Subject, actions: &[Action]) {
    let mut history = Vec::new();
    let mut open = BTreeMap::new();
    let mut tickets = 0;
    let mut arrived = 0_u64;
    for action in actions {
        match *action {
            Action::Stake { operator, wallet, amount } => {
                if subject.stake(operator, wallet, amount) {
                    history.push(Event::Staked { operator, wallet, amount });
                }
            }
            Action::Leave { operator, wallet, quarters, moves } => {
                let worth = subject.worth(operator, wallet);
                let amount = (u128::from(worth) * u128::from(quarters) / 4) as u64;
                let to = moves.then_some(1 - operator);
                if amount > 0 && subject.leave(operator, wallet, amount, to, tickets) {
                    let all = amount == worth;
                    history.push(Event::Left { operator, wallet, amount, all, ticket: tickets });
                    open.insert(tickets, Open { wallet, to });
                    tickets += 1;
                }
            }
            Action::Release { pick } => {
                let Some((&ticket, &Open { wallet, to })) = open.iter().nth(pick % open.len().max(1)) else { continue };
                let Some(amount) = subject.release(ticket) else { continue };
                open.remove(&ticket);
                history.push(match to {
                    Some(operator) => Event::Moved { ticket, operator, wallet, amount },
                    None => Event::Paid { ticket, amount },
                });
            }
            Action::Slash { operator, bps } => {
                subject.slash(operator, bps);
                history.push(Event::Slashed { operator, bps });
            }
            Action::Arrive { amount } => {
                subject.arrive(amount);
                arrived += amount;
                history.push(Event::Arrived { amount });
            }
            Action::Distribute => {
                subject.distribute();
                history.push(Event::Distributed);
            }
            Action::Claim { operator, wallet } => {
                subject.claim(operator, wallet);
                history.push(Event::Distributed);
            }
        }
    }
    subject.distribute();
    history.push(Event::Distributed);
    compare(subject, &history, arrived);
}

fn compare(subject: &impl Subject, history: &[Event], arrived: u64) {
    let exact = replay(history);
    let nothing = Fraction::zero();
    let (mut owed_rewards, mut owed_stake) = (0, 0);
    for operator in 0..OPERATORS {
        let (active, unbonding) = subject.books(operator);
        let books = &exact.operators[operator];
        assert_eq!((active, unbonding), (books.active, books.unbonding), "{history:#?}");
        let mut worths = 0;
        for wallet in 0..WALLETS {
            let worth = subject.worth(operator, wallet);
            let stake = exact.stakes.get(&(operator, wallet)).unwrap_or(&nothing);
            assert!(stake.is_rounded_down_to(worth, 1), "stake {worth} of {operator}, {wallet}: {history:#?}");
            let earned = subject.earned(operator, wallet);
            let rewards = exact.earned.get(&(operator, wallet)).unwrap_or(&nothing);
            assert!(rewards.is_rounded_down_to(earned, 1), "rewards {earned} of {operator}, {wallet}: {history:#?}");
            worths += worth;
            owed_rewards += earned;
        }
        assert!(worths <= active, "{history:#?}");
        owed_stake += active + unbonding;
    }
    let (stake_tokens, reward_tokens) = subject.custody();
    assert!(owed_stake <= stake_tokens, "{owed_stake} owed of {stake_tokens}: {history:#?}");
    assert_eq!(reward_tokens + subject.claimed(), arrived);
    assert!(owed_rewards <= arrived - exact.waiting, "{history:#?}");
}

fn operators() -> impl Strategy<Value = usize> {
    0..OPERATORS
}

fn wallets() -> impl Strategy<Value = usize> {
    0..WALLETS
}

/// Up to `length` actions with amounts up to `largest`: small ones hit the rounding, large ones the width.
pub fn histories(length: usize, largest: u64) -> impl Strategy<Value = Vec<Action>> {
    let amounts = prop_oneof![1..=1_000_u64, 16_000_000..=50_000_000_u64, 1..=largest];
    let slashes = prop_oneof![Just(1_u16), Just(5_000), 1..=5_000_u16];
    let action = prop_oneof![
        4 => (operators(), wallets(), amounts.clone())
            .prop_map(|(operator, wallet, amount)| Action::Stake { operator, wallet, amount }),
        4 => (operators(), wallets(), 1..=4_u64, any::<bool>())
            .prop_map(|(operator, wallet, quarters, moves)| Action::Leave { operator, wallet, quarters, moves }),
        2 => any::<usize>().prop_map(|pick| Action::Release { pick }),
        1 => (operators(), slashes).prop_map(|(operator, bps)| Action::Slash { operator, bps }),
        3 => amounts.prop_map(|amount| Action::Arrive { amount }),
        1 => Just(Action::Distribute),
        2 => (operators(), wallets()).prop_map(|(operator, wallet)| Action::Claim { operator, wallet }),
    ];
    prop::collection::vec(action, 1..=length)
}
