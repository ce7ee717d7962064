//! Roots, honest and not: proposed, withdrawn, vetoed, finalized.

use solana_signer::Signer;
use trellis_client::{addresses, instructions::rewards};
use trellis_core::{Amount, Epoch};
use trellis_tests::fixtures::RootFixture;

use super::{
    attempt::{Action, Attempt},
    dice::Dice,
    model::{NETWORKS, Network, Sim},
    vault::{Bucket, Proposal, Vault},
};

pub const ACTIONS: &[Action] = &[
    Action { name: "rewards.propose_root", weight: 14, attempt: propose_root },
    Action { name: "rewards.withdraw_proposal", weight: 2, attempt: withdraw_proposal },
    Action { name: "rewards.veto_root", weight: 2, attempt: veto_root },
    Action { name: "rewards.finalize_root", weight: 20, attempt: finalize_root },
    Action { name: "rewards.close_proposal", weight: 6, attempt: close_proposal },
];

/// A root of the next epoch: mostly one that can be paid, else one that promises too much, too little, or lies about
/// its own sum.
fn root(network: &Network, dice: &mut Dice) -> RootFixture {
    let vault = &network.vault;
    let last = vault.finals.last();
    let unpromised = vault.funded.saturating_sub(vault.promised);
    let most = vault.epoch_cap.min(unpromised) / network.operators.len().max(1) as u64;
    let mood = dice.below(12);
    let mut owed = Vec::new();
    for (index, operator) in network.operators.iter().enumerate() {
        let before = last.and_then(|root| root.leaves.get(index)).map_or(0, |leaf| leaf.cumulative.get());
        let cumulative = match mood {
            0 => before + vault.epoch_cap,
            1 => before / 2,
            _ => before + dice.below(most + 1),
        };
        // A quorum of thieves may name any wallet; what must hold is what it costs at most.
        let thief = dice.one_in(40).then(|| &network.operators[0]);
        owed.push((thief.unwrap_or(operator).payout_wallet_at(vault.next_epoch()), cumulative));
    }
    let epoch = if dice.one_in(12) { vault.next_epoch() + 1 } else { vault.next_epoch() };
    let mut root = RootFixture::new(vault.address, Epoch(epoch), &owed);
    match mood {
        2 => root.content.cumulative_total = Amount(root.content.cumulative_total.get() / 2),
        3 => root.content.leaf_count = root.content.leaf_count.saturating_sub(1),
        _ => {}
    }
    root
}

/// What is wrong with what a root promises.
fn promise_wrongs(vault: &Vault, root: &RootFixture) -> [(bool, &'static str); 3] {
    let total = root.content.cumulative_total.get();
    let leaves_before = vault.finals.last().map_or(0, |last| last.content.leaf_count);
    [
        (total < vault.promised, "promises less than before"),
        (total > vault.promised + vault.epoch_cap, "above the epoch's cap"),
        (root.content.leaf_count < leaves_before, "fewer leaves"),
    ]
}

fn propose_root(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    let at = dice.below(NETWORKS as u64) as usize;
    let chosen = dice.number() as usize;
    let proposer = sim.somebody(dice, at, |network| &network.vault.oracles[chosen % network.vault.oracles.len()].0);
    let root = root(&sim.networks[at], dice);
    let vault = &sim.networks[at].vault;
    let epoch = root.content.epoch;
    let address = addresses::proposal(&vault.address, epoch, &proposer.pubkey());
    let mut wrongs = vec![
        (!vault.is_oracle(proposer.pubkey()), "not an oracle"),
        (epoch.get() != vault.next_epoch(), "another epoch's turn"),
        (vault.is_over(), "after the last epoch"),
        (!vault.calendar.has_elapsed(epoch, sim.world.now()), "not elapsed"),
        (vault.proposals.iter().any(|other| other.address == address), "proposed already"),
    ];
    wrongs.extend(promise_wrongs(vault, &root));
    let (set_version, proposer_address) = (vault.set_version, proposer.pubkey());
    let propose = rewards::propose_root(proposer_address, &root.content);
    let attempt = Attempt::new(propose, &[&proposer], move |sim| {
        sim.networks[at].vault.proposals.push(Proposal {
            address,
            root,
            proposer: proposer_address,
            set_version,
            challenge_end_unix: None,
            vetoed: false,
        });
    });
    Some(attempt.refused_if(&wrongs))
}

/// A proposal in the vault, mostly one that is alive.
pub fn some_proposal(vault: &Vault, dice: &mut Dice) -> Option<usize> {
    let alive: Vec<usize> =
        (0..vault.proposals.len()).filter(|&index| vault.is_alive(&vault.proposals[index])).collect();
    if dice.one_in(5) || alive.is_empty() {
        return dice.index(&vault.proposals);
    }
    Some(*dice.pick(&alive))
}

fn withdraw_proposal(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    let at = dice.below(NETWORKS as u64) as usize;
    let index = some_proposal(&sim.networks[at].vault, dice)?;
    let vault = &sim.networks[at].vault;
    let proposal = &vault.proposals[index];
    let chosen = dice.number() as usize;
    let its_own = vault.oracles.iter().position(|(oracle, _)| oracle.pubkey() == proposal.proposer);
    let chosen = its_own.unwrap_or(chosen);
    let signer = sim.somebody(dice, at, |network| &network.vault.oracles[chosen % network.vault.oracles.len()].0);
    let address = proposal.address;
    let wrongs = [
        (proposal.proposer != signer.pubkey(), "not the proposer"),
        (!vault.is_alive(proposal), "dead"),
        (vault.approved.is_some(), "a root is approved already"),
    ];
    // The address follows from the signer: somebody else's withdrawal names the proposal that is there.
    let mut withdraw = rewards::withdraw_proposal(signer.pubkey(), vault.address, proposal.root.content.epoch);
    if let Some(last) = withdraw.accounts.last_mut() {
        last.pubkey = address;
    }
    let attempt = Attempt::new(withdraw, &[&signer], move |sim| {
        let vault = &mut sim.networks[at].vault;
        vault.forget(address);
        vault.proposals.retain(|proposal| proposal.address != address);
    });
    Some(attempt.refused_if(&wrongs))
}

fn veto_root(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    let at = dice.below(NETWORKS as u64) as usize;
    let index = some_proposal(&sim.networks[at].vault, dice)?;
    let guardian = sim.somebody(dice, at, |network| &network.vault.guardian);
    let vault = &sim.networks[at].vault;
    let proposal = &vault.proposals[index];
    let address = proposal.address;
    let wrongs =
        [(guardian.pubkey() != vault.guardian.pubkey(), "not the guardian"), (!vault.is_alive(proposal), "dead")];
    let veto = rewards::veto_root(guardian.pubkey(), vault.address, address);
    let attempt = Attempt::new(veto, &[&guardian], move |sim| {
        let vault = &mut sim.networks[at].vault;
        vault.proposals[index].vetoed = true;
        vault.forget(address);
    });
    Some(attempt.refused_if(&wrongs))
}

fn finalize_root(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    let at = dice.below(NETWORKS as u64) as usize;
    let vault = &sim.networks[at].vault;
    let approved = vault.proposals.iter().position(|proposal| vault.approved == Some(proposal.address));
    let index = approved.filter(|_| !dice.one_in(4)).or_else(|| some_proposal(vault, dice))?;
    let proposal = &vault.proposals[index];
    let (total, now) = (proposal.root.content.cumulative_total.get(), sim.world.now());
    let added = total.saturating_sub(vault.promised);
    let level = vault.breaker.level_at(now);
    let mut wrongs = vec![
        (vault.is_paused(now), "paused"),
        (!vault.is_alive(proposal), "dead"),
        (vault.approved != Some(proposal.address), "not approved"),
        (vault.weight(proposal.address) < vault.threshold, "too few votes"),
        (proposal.challenge_end_unix.is_none_or(|end| now < end), "inside the challenge window"),
        (total > vault.funded, "promises more than was funded"),
        (added > level, "more than the circuit breaker lets through"),
    ];
    wrongs.extend(promise_wrongs(vault, &proposal.root));
    let root = proposal.root.clone();
    let finalize = rewards::finalize_root(vault.address, proposal.address);
    let attempt = Attempt::new(finalize, &[], move |sim| {
        let vault = &mut sim.networks[at].vault;
        vault.caps_sum += vault.epoch_cap;
        vault.breaker = Bucket { level: level - added, updated_unix: now, ..vault.breaker };
        vault.promised = total;
        vault.paused_until_unix = 0;
        vault.finals.push(root);
        vault.forget_all();
    });
    Some(attempt.refused_if(&wrongs))
}

fn close_proposal(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    let at = dice.below(NETWORKS as u64) as usize;
    let vault = &sim.networks[at].vault;
    let index = dice.index(&vault.proposals)?;
    let proposal = &vault.proposals[index];
    let address = proposal.address;
    let wrongs = [(vault.is_alive(proposal), "alive")];
    let close = rewards::close_proposal(vault.address, proposal.root.content.epoch, proposal.proposer);
    let attempt = Attempt::new(close, &[], move |sim| {
        sim.networks[at].vault.proposals.retain(|proposal| proposal.address != address);
    });
    Some(attempt.refused_if(&wrongs))
}
