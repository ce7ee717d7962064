//! Random proposals, votes, withdrawals, vetoes and changes of the set against a model that counts from scratch: no weight
//! counts twice, and two proposals are never approved together.

use std::collections::BTreeMap;

use proptest::{collection::vec, prelude::*};
use solana_address::Address;
use solana_keypair::Keypair;
use solana_signer::Signer;
use trellis_client::{accounts::RootProposal, addresses, instructions::rewards};
use trellis_core::Epoch;
use trellis_tests::{
    World, expect_success,
    fixtures::{RootFixture, Stage},
};

use super::support::{small_root, vault, with_content};

const ORACLES: usize = 5;
/// Weights of the oracles, by set: 15 and 12 together.
const SETS: [([u16; ORACLES], u32); 2] = [([5, 4, 3, 2, 1], 10), ([1, 1, 1, 4, 5], 9)];

#[derive(Debug, Clone)]
enum Step {
    Propose { by: usize },
    Vote { by: usize, proposer: usize },
    WithdrawVote { by: usize },
    WithdrawProposal { by: usize },
    Veto { proposer: usize },
    Close { proposer: usize },
    ChangeSet,
}

fn step() -> impl Strategy<Value = Step> {
    let oracle = 0..ORACLES;
    prop_oneof![
        3 => oracle.clone().prop_map(|by| Step::Propose { by }),
        8 => (oracle.clone(), oracle.clone()).prop_map(|(by, proposer)| Step::Vote { by, proposer }),
        2 => oracle.clone().prop_map(|by| Step::WithdrawVote { by }),
        2 => oracle.clone().prop_map(|by| Step::WithdrawProposal { by }),
        2 => oracle.clone().prop_map(|proposer| Step::Veto { proposer }),
        2 => oracle.prop_map(|proposer| Step::Close { proposer }),
        1 => Just(Step::ChangeSet),
    ]
}

/// A proposal as the model knows it: voters by oracle, and whether it is vetoed, of an old set, approved.
#[derive(Debug, Default)]
struct Modelled {
    root: Option<RootFixture>,
    voters: Vec<usize>,
    vetoed: bool,
    stale: bool,
    approved: bool,
}

impl Modelled {
    fn is_alive(&self) -> bool {
        !self.vetoed && !self.stale
    }
}

struct Model {
    world: World,
    stage: Stage,
    oracles: Vec<Keypair>,
    sets: usize,
    made: u8,
    /// By the proposer.
    proposals: BTreeMap<usize, Modelled>,
}

impl Model {
    fn new() -> Self {
        let mut world = World::new();
        let stage = world.funded_stage(0);
        let oracles = (0..ORACLES).map(|_| world.keypair()).collect();
        let mut model = Self { world, stage, oracles, sets: 0, made: 0, proposals: BTreeMap::new() };
        model.set_oracles();
        model
    }

    fn set(&self) -> &'static ([u16; ORACLES], u32) {
        &SETS[self.sets % SETS.len()]
    }

    fn set_oracles(&mut self) {
        let (weights, threshold) = *self.set();
        let members = self.oracles.iter().zip(weights);
        let members =
            members.map(|(oracle, weight)| rewards::OracleMember { oracle: oracle.pubkey(), weight }).collect();
        let args = rewards::SetOraclesArgs { keep: 0, members, threshold };
        let (network, vault) = (&self.stage.network, self.stage.vault.address);
        let set = rewards::set_oracles(network.authority_address(), network.address, vault, args);
        expect_success(self.world.run(set, &[&network.authority]));
    }

    fn address(&self, proposer: usize) -> Address {
        addresses::proposal(&self.stage.vault.address, Epoch(0), &self.oracles[proposer].pubkey())
    }

    fn is_locked(&self) -> bool {
        self.proposals.values().any(|proposal| proposal.approved && proposal.is_alive())
    }

    /// Does the model expect `step` to go through?
    fn allows(&self, step: &Step) -> bool {
        let alive = |proposer| self.proposals.get(proposer).is_some_and(Modelled::is_alive);
        match step {
            Step::Propose { by } => !self.proposals.contains_key(by),
            Step::Vote { by, proposer } => {
                alive(proposer) && !self.is_locked() && !self.proposals[proposer].voters.contains(by)
            }
            Step::WithdrawVote { by } => {
                !self.is_locked()
                    && self.proposals.values().any(|proposal| proposal.is_alive() && proposal.voters.contains(by))
            }
            Step::WithdrawProposal { by } => alive(by) && !self.is_locked(),
            Step::Veto { proposer } => alive(proposer),
            Step::Close { proposer } => self.proposals.contains_key(proposer) && !alive(proposer),
            Step::ChangeSet => true,
        }
    }

    /// Runs `step` on the chain; whether it went through.
    fn run(&mut self, step: &Step) -> bool {
        let vault = self.stage.vault.address;
        let hash = |model: &Self, proposer| {
            let proposal = model.proposals.get(proposer).and_then(|proposal| proposal.root.as_ref());
            proposal.map_or([0; 32], |root| root.content.hash())
        };
        let (instruction, signer) = match step {
            Step::Propose { by } => {
                let key = self.oracles[*by].insecure_clone();
                (rewards::propose_root(key.pubkey(), &self.next_root().content), key)
            }
            Step::Vote { by, proposer } => {
                let key = self.oracles[*by].insecure_clone();
                (rewards::vote_root(key.pubkey(), vault, self.address(*proposer), hash(self, proposer)), key)
            }
            Step::WithdrawVote { by } => {
                let key = self.oracles[*by].insecure_clone();
                (rewards::withdraw_vote(key.pubkey(), vault), key)
            }
            Step::WithdrawProposal { by } => {
                let key = self.oracles[*by].insecure_clone();
                (rewards::withdraw_proposal(key.pubkey(), vault, Epoch(0)), key)
            }
            Step::Veto { proposer } => {
                let key = self.stage.network.guardian.insecure_clone();
                (rewards::veto_root(key.pubkey(), vault, self.address(*proposer)), key)
            }
            Step::Close { proposer } => {
                let key = self.world.payer_keypair();
                (rewards::close_proposal(vault, Epoch(0), self.oracles[*proposer].pubkey()), key)
            }
            Step::ChangeSet => {
                self.sets += 1;
                self.set_oracles();
                return true;
            }
        };
        self.world.run(instruction, &[&signer]).is_ok()
    }

    fn next_root(&self) -> RootFixture {
        with_content(&small_root(&self.stage, 0), |content| content.bundle_hash = [self.made; 32])
    }

    /// What `step` does, in the model.
    fn apply(&mut self, step: &Step) {
        match step {
            Step::Propose { by } => {
                let root = Some(self.next_root());
                self.made = self.made.wrapping_add(1);
                self.proposals.insert(*by, Modelled { root, ..Modelled::default() });
            }
            Step::Vote { by, proposer } => {
                self.take_votes_of(*by);
                let (weights, threshold) = self.set();
                if let Some(proposal) = self.proposals.get_mut(proposer) {
                    proposal.voters.push(*by);
                    let weight: u32 = proposal.voters.iter().map(|voter| u32::from(weights[*voter])).sum();
                    proposal.approved = weight >= *threshold;
                }
            }
            Step::WithdrawVote { by } => self.take_votes_of(*by),
            Step::WithdrawProposal { by: proposer } | Step::Close { proposer } => {
                self.proposals.remove(proposer);
            }
            Step::Veto { proposer } => {
                if let Some(proposal) = self.proposals.get_mut(proposer) {
                    proposal.vetoed = true;
                    proposal.voters.clear();
                }
            }
            Step::ChangeSet => {
                for proposal in self.proposals.values_mut() {
                    proposal.stale = true;
                    proposal.voters.clear();
                }
            }
        }
    }

    fn take_votes_of(&mut self, oracle: usize) {
        for proposal in self.proposals.values_mut() {
            proposal.voters.retain(|voter| *voter != oracle);
        }
    }

    fn check(&self) {
        let vault = vault(&self.world, &self.stage);
        let mut approved = Vec::new();
        let mut voted = 0;
        for proposer in 0..ORACLES {
            let modelled = self.proposals.get(&proposer);
            let votes =
                modelled.map_or(0, |proposal| proposal.voters.iter().fold(0, |votes, voter| votes | 1 << voter));
            assert_eq!(vault.votes_for(proposer as u8), votes, "votes for {proposer}");
            assert_eq!(voted & votes, 0, "an oracle votes for two");
            voted |= votes;
            let Some(modelled) = modelled else { continue };
            let proposal = self.world.account::<RootProposal>(self.address(proposer));
            assert_eq!((proposal.is_approved(), proposal.is_vetoed()), (modelled.approved, modelled.vetoed));
            if modelled.approved && modelled.is_alive() {
                assert_eq!(proposal.votes, votes, "an approved proposal keeps its votes");
                assert!(vault.weight_of(votes) >= vault.threshold);
                approved.push(proposer);
            }
        }
        assert!(approved.len() <= 1, "approved together: {approved:?}");
        assert_eq!(usize::from(vault.approved), approved.first().map_or(0, |proposer| proposer + 1));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn votes_after_any_steps_are_what_a_model_counts_from_scratch(steps in vec(step(), 1..60)) {
        let mut model = Model::new();
        for step in steps {
            let allowed = model.allows(&step);
            prop_assert_eq!(model.run(&step), allowed, "{:?}", step);
            if allowed {
                model.apply(&step);
            }
            model.check();
        }
    }
}
