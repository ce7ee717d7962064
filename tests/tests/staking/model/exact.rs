//! The reference: who has what after a history, in exact fractions.
//!
//! It knows no shares, factors or running sums: a position is the fraction of tokens that it is worth; a slash scales
//! every position of the operator; a reward is shared out over every position there is.

use std::collections::BTreeMap;

use trellis_core::staking::MIN_ACTIVE_STAKE;

use super::fraction::Fraction;

/// What happened, in amounts that were seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    Staked {
        operator: usize,
        wallet: usize,
        amount: u64,
    },
    /// `all`: it was all that the position was worth in whole units; a fraction is given up then.
    Left {
        operator: usize,
        wallet: usize,
        amount: u64,
        all: bool,
        ticket: usize,
    },
    Paid {
        ticket: usize,
        amount: u64,
    },
    Moved {
        ticket: usize,
        operator: usize,
        wallet: usize,
        amount: u64,
    },
    Slashed {
        operator: usize,
        bps: u16,
    },
    Arrived {
        amount: u64,
    },
    Distributed,
}

#[derive(Default)]
pub struct Operator {
    pub active: u64,
    pub unbonding: u64,
}

#[derive(Default)]
pub struct Exact {
    pub operators: [Operator; 2],
    /// By operator and wallet; only those with stake.
    pub stakes: BTreeMap<(usize, usize), Fraction>,
    /// All that was ever earned, by operator and wallet.
    pub earned: BTreeMap<(usize, usize), Fraction>,
    /// Operator and worth.
    pub tickets: BTreeMap<usize, (usize, Fraction)>,
    pub waiting: u64,
}

/// What the history leads to. Panics if a payment in it is not what the ticket was worth, to the unit.
pub fn replay(history: &[Event]) -> Exact {
    let mut exact = Exact::default();
    for event in history {
        exact.apply(event);
    }
    exact
}

impl Exact {
    fn apply(&mut self, event: &Event) {
        match *event {
            Event::Arrived { amount } => self.waiting += amount,
            Event::Distributed => self.distribute(),
            Event::Staked { operator, wallet, amount } => {
                self.distribute();
                self.put(operator, wallet, amount);
            }
            Event::Left { operator, wallet, amount, all, ticket } => {
                self.distribute();
                let left = self.stakes[&(operator, wallet)].subtract(amount);
                match all {
                    true => self.stakes.remove(&(operator, wallet)),
                    false => self.stakes.insert((operator, wallet), left),
                };
                let nobody = !self.stakes.keys().any(|&(at, _)| at == operator);
                let books = &mut self.operators[operator];
                books.active = if nobody { 0 } else { books.active - amount };
                books.unbonding += amount;
                self.tickets.insert(ticket, (operator, Fraction::of(amount)));
            }
            Event::Paid { ticket, amount } => self.close_ticket(ticket, amount),
            Event::Moved { ticket, operator, wallet, amount } => {
                self.distribute();
                self.close_ticket(ticket, amount);
                if amount > 0 {
                    self.put(operator, wallet, amount);
                }
            }
            Event::Slashed { operator, bps } => {
                self.distribute();
                self.slash(operator, bps);
            }
        }
    }

    fn put(&mut self, operator: usize, wallet: usize, amount: u64) {
        let stake = self.stakes.entry((operator, wallet)).or_insert_with(Fraction::zero);
        *stake = stake.add(&Fraction::of(amount));
        self.operators[operator].active += amount;
    }

    fn close_ticket(&mut self, ticket: usize, amount: u64) {
        let (operator, worth) = self.tickets.remove(&ticket).unwrap();
        assert!(worth.is_rounded_down_to(amount, 1), "a ticket paid {amount}");
        let nobody = !self.tickets.values().any(|&(at, _)| at == operator);
        let books = &mut self.operators[operator];
        books.unbonding = if nobody { 0 } else { books.unbonding - amount };
    }

    fn slash(&mut self, operator: usize, bps: u16) {
        let after = |tokens: u64| tokens - (u128::from(tokens) * u128::from(bps) / 10_000) as u64;
        let books = &mut self.operators[operator];
        let (active, unbonding) = (books.active, books.unbonding);
        (books.active, books.unbonding) = (after(active), after(unbonding));
        for (_, stake) in self.stakes.iter_mut().filter(|((at, _), _)| *at == operator) {
            *stake = stake.scaled(after(active), active);
        }
        for (_, worth) in self.tickets.values_mut().filter(|(at, _)| *at == operator) {
            *worth = worth.scaled(after(unbonding), unbonding);
        }
    }

    fn distribute(&mut self) {
        let total: u64 = self.operators.iter().map(|operator| operator.active).sum();
        if total < MIN_ACTIVE_STAKE || self.waiting == 0 {
            return;
        }
        for (&owner, stake) in &self.stakes {
            let share = stake.scaled(self.waiting, total);
            let earned = self.earned.entry(owner).or_insert_with(Fraction::zero);
            *earned = share.add(earned);
        }
        self.waiting = 0;
    }
}
