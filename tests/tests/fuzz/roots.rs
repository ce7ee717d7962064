//! Oracles and roots, honest and not.

use std::collections::BTreeSet;

use solana_keypair::Keypair;
use solana_signer::Signer;
use trellis_client::{
    addresses,
    instructions::rewards::{self, OracleMember, SetOraclesArgs},
};
use trellis_core::{Amount, Epoch};
use trellis_tests::fixtures::{CHALLENGE_SECONDS, EPOCH_CAP, RootFixture};

use super::{
    dice::Dice,
    model::{Action, Attempt, NETWORKS, Network, Proposal, Sim},
};

pub const ACTIONS: &[Action] = &[
    Action { name: "rewards.set_oracles", weight: 1, attempt: set_oracles },
    Action { name: "rewards.propose_root", weight: 10, attempt: propose_root },
    Action { name: "rewards.vote_root", weight: 40, attempt: vote_root },
    Action { name: "rewards.veto_root", weight: 2, attempt: veto_root },
    Action { name: "rewards.finalize_root", weight: 16, attempt: finalize_root },
    Action { name: "rewards.close_proposal", weight: 6, attempt: close_proposal },
];

fn set_oracles(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    let at = dice.below(NETWORKS as u64) as usize;
    let signer = sim.somebody(dice, at, |network| &network.authority);
    let count = 1 + dice.below(6);
    let oracles: Vec<(Keypair, u16)> = (0..count).map(|_| (sim.world.keypair(), dice.below(5) as u16)).collect();
    let total: u32 = oracles.iter().map(|(_, weight)| u32::from(*weight)).sum();
    let threshold = total / 2 + dice.below(u64::from(total) / 2 + 2) as u32;
    let network = &sim.networks[at];
    let members =
        oracles.iter().map(|(oracle, weight)| OracleMember { oracle: oracle.pubkey(), weight: *weight }).collect();
    let args = SetOraclesArgs { members, threshold };
    let set = rewards::set_oracles(signer.pubkey(), network.address, network.vault, args);
    let wrongs = [
        (signer.pubkey() != network.authority.pubkey(), "not the authority"),
        (oracles.iter().any(|(_, weight)| *weight == 0), "an oracle without weight"),
        (threshold * 3 < total * 2 || threshold > total, "not between two thirds and all of the weight"),
    ];
    let attempt = Attempt::new(set, &[&signer], move |sim| {
        let network = &mut sim.networks[at];
        network.set_version += 1;
        (network.oracles, network.threshold) = (oracles, threshold);
    });
    Some(attempt.refused_if(&wrongs))
}

/// A root of the next epoch: mostly one that can be paid, else one that promises too much, too little, or lies about
/// its own sum.
fn root(network: &Network, dice: &mut Dice) -> RootFixture {
    let last = network.finals.last();
    let unpromised = network.emitted - network.promised.min(network.emitted);
    let most = EPOCH_CAP.min(unpromised) / network.operators.len().max(1) as u64;
    let mood = dice.below(12);
    let mut owed = Vec::new();
    for (index, operator) in network.operators.iter().enumerate() {
        let before = last.and_then(|root| root.leaves.get(index)).map_or(0, |leaf| leaf.cumulative.get());
        let cumulative = match mood {
            0 => before + EPOCH_CAP,
            1 => before / 2,
            _ => before + dice.below(most + 1),
        };
        // A quorum of thieves may name any wallet; what must hold is what it costs at most.
        let thief = dice.one_in(40).then(|| network.operators[0].payout_wallet);
        owed.push((thief.unwrap_or(operator.payout_wallet), cumulative));
    }
    let epoch = if dice.one_in(12) { network.next_epoch() + 1 } else { network.next_epoch() };
    let mut root = RootFixture::new(network.vault, Epoch(epoch), &owed);
    match mood {
        2 => root.content.cumulative_total = Amount(root.content.cumulative_total.get() / 2),
        3 => root.content.leaf_count = root.content.leaf_count.saturating_sub(1),
        _ => {}
    }
    root
}

fn propose_root(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    let at = dice.below(NETWORKS as u64) as usize;
    let chosen = dice.number() as usize;
    let proposer = sim.somebody(dice, at, |network| &network.oracles[chosen % network.oracles.len()].0);
    let network = &sim.networks[at];
    let root = root(network, dice);
    let epoch = root.content.epoch;
    let address = addresses::proposal(&network.vault, epoch, &proposer.pubkey());
    let total = root.content.cumulative_total.get();
    let leaves_before = network.finals.last().map_or(0, |last| last.content.leaf_count);
    let wrongs = [
        (!network.is_oracle(proposer.pubkey()), "not an oracle"),
        (epoch.get() != network.next_epoch(), "another epoch's turn"),
        (!network.calendar.has_elapsed(epoch, sim.world.now()), "not elapsed"),
        (total < network.promised, "promises less than before"),
        (total > network.promised + EPOCH_CAP, "above the epoch's cap"),
        (root.content.leaf_count < leaves_before, "fewer leaves"),
        (network.proposals.iter().any(|other| other.address == address), "proposed already"),
    ];
    let set_version = network.set_version;
    let propose = rewards::propose_root(proposer.pubkey(), &root.content);
    let signer = proposer.insecure_clone();
    let attempt = Attempt::new(propose, &[&signer], move |sim| {
        sim.networks[at].proposals.push(Proposal {
            address,
            root,
            proposer: proposer.pubkey(),
            set_version,
            voters: BTreeSet::new(),
            approved_unix: None,
            vetoed: false,
        });
    });
    Some(attempt.refused_if(&wrongs))
}

/// A proposal of the network, mostly one that is alive.
fn some_proposal(network: &Network, dice: &mut Dice) -> Option<usize> {
    let alive: Vec<usize> =
        (0..network.proposals.len()).filter(|&index| network.is_alive(&network.proposals[index])).collect();
    if dice.one_in(5) || alive.is_empty() {
        return dice.index(&network.proposals);
    }
    Some(*dice.pick(&alive))
}

fn vote_root(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    let at = dice.below(NETWORKS as u64) as usize;
    let index = some_proposal(&sim.networks[at], dice)?;
    let chosen = dice.number() as usize;
    let oracle = sim.somebody(dice, at, |network| &network.oracles[chosen % network.oracles.len()].0);
    let network = &sim.networks[at];
    let proposal = &network.proposals[index];
    let mut hash = proposal.root.content.hash();
    let wrong_hash = dice.one_in(12);
    hash[0] ^= u8::from(wrong_hash);
    let voter = oracle.pubkey();
    let wrongs = [
        (!network.is_oracle(voter), "not an oracle"),
        (!network.is_alive(proposal), "dead"),
        (proposal.approved_unix.is_some(), "approved already"),
        (wrong_hash, "another content"),
        (proposal.voters.contains(&voter), "voted already"),
    ];
    let vote = rewards::vote_root(voter, network.vault, proposal.address, hash);
    let attempt = Attempt::new(vote, &[&oracle], move |sim| {
        let now = sim.world.now();
        let network = &mut sim.networks[at];
        network.proposals[index].voters.insert(voter);
        if network.weight(&network.proposals[index].voters) >= network.threshold {
            network.proposals[index].approved_unix = Some(now);
        }
    });
    Some(attempt.refused_if(&wrongs))
}

fn veto_root(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    let at = dice.below(NETWORKS as u64) as usize;
    let index = some_proposal(&sim.networks[at], dice)?;
    let guardian = sim.somebody(dice, at, |network| &network.guardian);
    let network = &sim.networks[at];
    let proposal = &network.proposals[index];
    let wrongs =
        [(guardian.pubkey() != network.guardian.pubkey(), "not the guardian"), (!network.is_alive(proposal), "dead")];
    let veto = rewards::veto_root(guardian.pubkey(), network.vault, proposal.address);
    let attempt = Attempt::new(veto, &[&guardian], move |sim| sim.networks[at].proposals[index].vetoed = true);
    Some(attempt.refused_if(&wrongs))
}

fn finalize_root(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    let at = dice.below(NETWORKS as u64) as usize;
    let index = some_proposal(&sim.networks[at], dice)?;
    let network = &sim.networks[at];
    let proposal = &network.proposals[index];
    let total = proposal.root.content.cumulative_total.get();
    let now = sim.world.now();
    let window_over = |approved: i64| now >= approved + i64::from(CHALLENGE_SECONDS);
    let wrongs = [
        (!network.is_alive(proposal), "dead"),
        (network.weight(&proposal.voters) < network.threshold, "too few votes"),
        (!proposal.approved_unix.is_some_and(window_over), "inside the challenge window"),
        (total > network.promised + EPOCH_CAP, "above the epoch's cap"),
        (total > network.emitted, "promises more than was funded"),
    ];
    let root = proposal.root.clone();
    let finalize = rewards::finalize_root(network.vault, proposal.address);
    let attempt = Attempt::new(finalize, &[], move |sim| {
        sim.networks[at].promised = total;
        sim.networks[at].finals.push(root);
    });
    Some(attempt.refused_if(&wrongs))
}

fn close_proposal(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    let at = dice.below(NETWORKS as u64) as usize;
    let network = &sim.networks[at];
    let index = dice.index(&network.proposals)?;
    let proposal = &network.proposals[index];
    let address = proposal.address;
    let wrongs = [(network.is_alive(proposal), "alive")];
    let close = rewards::close_proposal(network.vault, proposal.root.content.epoch, proposal.proposer);
    let attempt = Attempt::new(close, &[], move |sim| {
        sim.networks[at].proposals.retain(|proposal| proposal.address != address);
    });
    Some(attempt.refused_if(&wrongs))
}
