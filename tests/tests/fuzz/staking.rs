//! What is known of a network's stake; what it is worth is read from the chain.

use std::collections::{BTreeMap, BTreeSet};

use solana_address::Address;
use solana_keypair::Keypair;
use solana_signer::Signer;
use trellis_client::{
    accounts::{OperatorStake, Position},
    addresses,
};

use super::model::{Network, Sim};

/// A network's stake.
pub struct Staking {
    pub guardian: Keypair,
    /// Operators whose stake is open, by index.
    pub stakes: BTreeSet<usize>,
    /// Operator and staker, by index.
    pub positions: BTreeSet<(usize, usize)>,
    pub tickets: Vec<Address>,
    pub slashes: Vec<Address>,
    /// Basis points slashed, by operator and epoch.
    pub slashed_bps: BTreeMap<(usize, u64), u64>,
    /// Rewards that came in.
    pub rewarded: u64,
    /// Rewards that were paid out.
    pub paid: u64,
}

impl Staking {
    pub fn new(guardian: Keypair) -> Self {
        Self {
            guardian,
            stakes: BTreeSet::new(),
            positions: BTreeSet::new(),
            tickets: vec![],
            slashes: vec![],
            slashed_bps: BTreeMap::new(),
            rewarded: 0,
            paid: 0,
        }
    }
}

impl Network {
    pub fn stake_of(&self, operator: usize) -> Address {
        addresses::operator_stake(&self.pool, &self.operators[operator].address)
    }

    pub fn position_of(&self, operator: usize, staker: usize) -> Address {
        addresses::stake_position(&self.stake_of(operator), &self.stakers[staker].wallet.pubkey())
    }
}

impl Sim {
    /// What a position is worth; nothing if there is none.
    pub fn worth(&self, at: usize, operator: usize, staker: usize) -> u64 {
        let network = &self.networks[at];
        let stake: Option<OperatorStake> = self.world.find_account(network.stake_of(operator));
        let position: Option<Position> = self.world.find_account(network.position_of(operator, staker));
        stake.zip(position).map_or(0, |(stake, position)| position.worth(&stake).get())
    }
}
