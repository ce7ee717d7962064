//! A vault as it must be: its oracles and their ballots, its proposals, its circuit breaker, what it owes.

use std::collections::{BTreeMap, BTreeSet};

use solana_address::Address;
use solana_keypair::Keypair;
use solana_signer::Signer;
use trellis_core::Calendar;
use trellis_tests::fixtures::{BREAKER_CAPACITY, BREAKER_WINDOW_SECONDS, CHALLENGE_SECONDS, EPOCH_CAP, RootFixture};

/// Weights and threshold of the first oracle sets.
pub const WEIGHTS: [u16; 5] = [3, 2, 2, 1, 1];
pub const THRESHOLD: u32 = 6;

pub struct Proposal {
    pub address: Address,
    pub root: RootFixture,
    pub proposer: Address,
    pub set_version: u32,
    /// End of the challenge window, once it is approved.
    pub challenge_end_unix: Option<i64>,
    pub vetoed: bool,
}

/// The circuit breaker.
#[derive(Clone, Copy)]
pub struct Bucket {
    pub capacity: u64,
    pub window_seconds: u32,
    pub level: u64,
    pub updated_unix: i64,
}

impl Bucket {
    pub fn level_at(&self, now_unix: i64) -> u64 {
        let elapsed = (now_unix - self.updated_unix).min(i64::from(self.window_seconds)) as u128;
        let refill = u128::from(self.capacity) * elapsed / u128::from(self.window_seconds);
        (u128::from(self.level) + refill).min(u128::from(self.capacity)) as u64
    }
}

pub struct Vault {
    pub address: Address,
    pub tokens: Address,
    pub calendar: Calendar,
    pub guardian: Keypair,
    pub oracles: Vec<(Keypair, u16)>,
    pub threshold: u32,
    pub set_version: u32,
    pub proposals: Vec<Proposal>,
    /// Each oracle's vote for a proposal of the next epoch.
    pub ballots: BTreeMap<Address, Address>,
    /// The proposal that no vote can take from its window any more.
    pub approved: Option<Address>,
    /// The final root of each epoch.
    pub finals: Vec<RootFixture>,
    pub epoch_cap: u64,
    /// Sum of the caps that held when the roots became final.
    pub caps_sum: u64,
    pub challenge_seconds: u32,
    pub breaker: Bucket,
    pub paused_until_unix: i64,
    pub next_pause_unix: i64,
    pub last_epoch: Option<u64>,
    /// All that came in, less what was swept.
    pub funded: u64,
    pub promised: u64,
    pub claimed: u64,
}

impl Vault {
    pub fn new(
        address: Address,
        tokens: Address,
        calendar: Calendar,
        guardian: Keypair,
        oracles: Vec<Keypair>,
        now_unix: i64,
    ) -> Self {
        let capacity = BREAKER_CAPACITY;
        let window_seconds = BREAKER_WINDOW_SECONDS;
        Self {
            address,
            tokens,
            calendar,
            guardian,
            oracles: oracles.into_iter().zip(WEIGHTS).collect(),
            threshold: THRESHOLD,
            set_version: 1,
            proposals: vec![],
            ballots: BTreeMap::new(),
            approved: None,
            finals: vec![],
            epoch_cap: EPOCH_CAP,
            caps_sum: 0,
            challenge_seconds: CHALLENGE_SECONDS,
            breaker: Bucket { capacity, window_seconds, level: capacity, updated_unix: now_unix },
            paused_until_unix: 0,
            next_pause_unix: 0,
            last_epoch: None,
            funded: 0,
            promised: 0,
            claimed: 0,
        }
    }

    pub fn is_oracle(&self, key: Address) -> bool {
        self.oracles.iter().any(|(oracle, _)| oracle.pubkey() == key)
    }

    /// Weight of all oracles whose ballots name the proposal: each counts once, wherever it voted before.
    pub fn weight(&self, proposal: Address) -> u32 {
        let voters: BTreeSet<Address> =
            self.ballots.iter().filter(|(_, choice)| **choice == proposal).map(|(voter, _)| *voter).collect();
        let counted = self.oracles.iter().filter(|(oracle, _)| voters.contains(&oracle.pubkey()));
        counted.map(|(_, weight)| u32::from(*weight)).sum()
    }

    /// The proposal ends: its votes are free again.
    pub fn forget(&mut self, proposal: Address) {
        self.ballots.retain(|_, choice| *choice != proposal);
        self.approved = self.approved.filter(|approved| *approved != proposal);
    }

    pub fn forget_all(&mut self) {
        self.ballots.clear();
        self.approved = None;
    }

    pub fn next_epoch(&self) -> u64 {
        self.finals.len() as u64
    }

    /// Has the last epoch of a retired vault its root?
    pub fn is_over(&self) -> bool {
        self.last_epoch.is_some_and(|last| self.next_epoch() > last)
    }

    pub fn is_paused(&self, now_unix: i64) -> bool {
        now_unix < self.paused_until_unix
    }

    /// Can the proposal still become final?
    pub fn is_alive(&self, proposal: &Proposal) -> bool {
        !proposal.vetoed
            && proposal.set_version == self.set_version
            && proposal.root.content.epoch.get() == self.next_epoch()
            && !self.is_over()
    }
}
