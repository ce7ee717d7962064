//! Two networks as they must be, in plain integers.

use std::collections::{BTreeMap, BTreeSet};

use solana_address::Address;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_signer::Signer;
use trellis_client::addresses;
use trellis_core::Calendar;
use trellis_tests::{
    World,
    fixtures::{RootFixture, emission_args},
};

use super::dice::Dice;

/// Networks in a run: each other's foreign land.
pub const NETWORKS: usize = 2;
/// Weights and threshold of the first oracle sets.
const WEIGHTS: [u16; 5] = [3, 2, 2, 1, 1];
const THRESHOLD: u32 = 6;

pub struct Operator {
    pub wallet: Keypair,
    pub address: Address,
    pub payout_wallet: Address,
    pub payout_tokens: Address,
    /// What its counter must say.
    pub paid: u64,
}

pub struct Device {
    pub key: Keypair,
    pub suspended: bool,
}

pub struct Proposal {
    pub address: Address,
    pub root: RootFixture,
    pub proposer: Address,
    pub set_version: u32,
    pub voters: BTreeSet<Address>,
    pub approved_unix: Option<i64>,
    pub vetoed: bool,
}

pub struct Network {
    pub address: Address,
    pub calendar: Calendar,
    pub authority: Keypair,
    pub pending: Option<Address>,
    pub guardian: Keypair,
    /// May become authorities here and nowhere else.
    pub people: Vec<Keypair>,
    pub classes: u16,
    pub operators: Vec<Operator>,
    pub devices: Vec<Device>,
    pub mint: Address,
    pub vault: Address,
    pub vault_tokens: Address,
    pub oracles: Vec<(Keypair, u16)>,
    pub threshold: u32,
    pub set_version: u32,
    pub proposals: Vec<Proposal>,
    /// The final root of each epoch.
    pub finals: Vec<RootFixture>,
    pub emitted_epochs: u64,
    pub emitted: u64,
    pub cap: u64,
    pub promised: u64,
    pub claimed: u64,
}

/// The chain and what is known of it.
pub struct Sim {
    pub world: World,
    pub networks: Vec<Network>,
    pub strangers: Vec<Keypair>,
    /// What every token account but the vaults' must hold.
    pub balances: BTreeMap<Address, u64>,
}

/// What the chain must answer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Accept,
    /// The model does not say.
    Either,
    Refuse(&'static str),
}

/// One instruction, and what the model learns if it goes through.
pub struct Attempt {
    pub instruction: Instruction,
    pub signers: Vec<Keypair>,
    pub verdict: Verdict,
    pub then: Box<dyn FnOnce(&mut Sim)>,
}

impl Attempt {
    pub fn new(instruction: Instruction, signers: &[&Keypair], then: impl FnOnce(&mut Sim) + 'static) -> Self {
        let signers = signers.iter().map(|signer| signer.insecure_clone()).collect();
        Self { instruction, signers, verdict: Verdict::Either, then: Box::new(then) }
    }

    /// Must be refused if any of these is so; must go through otherwise.
    pub fn refused_if(mut self, wrongs: &[(bool, &'static str)]) -> Self {
        let wrong = wrongs.iter().find(|(is_so, _)| *is_so);
        self.verdict = wrong.map_or(Verdict::Accept, |(_, why)| Verdict::Refuse(why));
        self
    }
}

/// One kind of thing that somebody does.
pub struct Action {
    pub name: &'static str,
    /// How often, against the others.
    pub weight: u32,
    pub attempt: fn(&mut Sim, &mut Dice) -> Option<Attempt>,
}

impl Network {
    fn new(world: &mut World) -> Self {
        let stage = world.stage();
        let oracles = world.set_oracles(&stage.network, &stage.vault, &WEIGHTS, THRESHOLD);
        world.open_page(stage.vault.address, 0);
        Self {
            address: stage.network.address,
            calendar: stage.network.calendar,
            authority: stage.network.authority,
            pending: None,
            guardian: stage.network.guardian,
            people: (0..3).map(|_| world.keypair()).collect(),
            classes: 0,
            operators: vec![],
            devices: vec![],
            mint: stage.vault.mint,
            vault: stage.vault.address,
            vault_tokens: stage.vault.tokens,
            oracles: oracles.into_iter().zip(WEIGHTS).collect(),
            threshold: THRESHOLD,
            set_version: 2,
            proposals: vec![],
            finals: vec![],
            emitted_epochs: 0,
            emitted: 0,
            cap: emission_args().cap,
            promised: 0,
            claimed: 0,
        }
    }

    /// Weight of those of `voters` who are in the oracle set.
    pub fn weight(&self, voters: &BTreeSet<Address>) -> u32 {
        let counted = self.oracles.iter().filter(|(oracle, _)| voters.contains(&oracle.pubkey()));
        counted.map(|(_, weight)| u32::from(*weight)).sum()
    }

    pub fn is_oracle(&self, key: Address) -> bool {
        self.oracles.iter().any(|(oracle, _)| oracle.pubkey() == key)
    }

    pub fn next_epoch(&self) -> u64 {
        self.finals.len() as u64
    }

    /// Can the proposal still become final?
    pub fn is_alive(&self, proposal: &Proposal) -> bool {
        !proposal.vetoed
            && proposal.set_version == self.set_version
            && proposal.root.content.epoch.get() == self.next_epoch()
    }
}

impl Sim {
    pub fn new() -> Self {
        let mut world = World::new();
        let networks = (0..NETWORKS).map(|_| Network::new(&mut world)).collect();
        let strangers = (0..2).map(|_| world.keypair()).collect();
        Self { world, networks, strangers, balances: BTreeMap::new() }
    }

    /// Somebody: mostly who has the right to, else a stranger, or the same role in the other network.
    pub fn somebody(&self, dice: &mut Dice, network: usize, rightful: impl Fn(&Network) -> &Keypair) -> Keypair {
        let who = match dice.below(10) {
            0 => dice.pick(&self.strangers),
            1 => rightful(&self.networks[(network + 1) % NETWORKS]),
            _ => rightful(&self.networks[network]),
        };
        who.insecure_clone()
    }

    /// Accounts that are nobody's to give: in the place of another, each must be refused.
    pub fn foreign_accounts(&self, dice: &mut Dice) -> Address {
        let network = dice.pick(&self.networks);
        let tokens: Vec<Address> = self.balances.keys().copied().collect();
        let some_tokens = dice.index(&tokens).map_or(network.mint, |index| tokens[index]);
        let stranger = dice.pick(&self.strangers).pubkey();
        *dice.pick(&[
            network.address,
            network.vault,
            network.vault_tokens,
            network.mint,
            addresses::emission(&network.address),
            addresses::claim_page(&network.vault, 0),
            some_tokens,
            stranger,
        ])
    }
}
