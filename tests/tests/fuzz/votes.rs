//! Oracle sets and their votes: cast, moved, taken back.

use solana_keypair::Keypair;
use solana_signer::Signer;
use trellis_client::instructions::rewards::{self, OracleMember, SetOraclesArgs};

use super::{
    attempt::{Action, Attempt},
    dice::Dice,
    model::{NETWORKS, Sim},
    roots::some_proposal,
};

pub const ACTIONS: &[Action] = &[
    Action { name: "rewards.set_oracles", weight: 1, attempt: set_oracles },
    Action { name: "rewards.vote_root", weight: 50, attempt: vote_root },
    Action { name: "rewards.withdraw_vote", weight: 3, attempt: withdraw_vote },
];

fn set_oracles(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    let at = dice.below(NETWORKS as u64) as usize;
    let signer = sim.somebody(dice, at, |network| &network.authority);
    let present = sim.networks[at].vault.oracles.len();
    // One place more than there is, so that now and then nobody is kept.
    let keep = if dice.one_in(2) { dice.below(1 << (present + 1)) as u32 } else { 0 };
    let unknown = keep >> present != 0;
    let kept = (0..present).filter(|position| keep >> position & 1 == 1);
    let kept: Vec<(Keypair, u16)> =
        kept.map(|position| &sim.networks[at].vault.oracles[position]).map(clone_member).collect();
    let count = u64::from(kept.is_empty()) + dice.below(5);
    let mut added: Vec<(Keypair, u16)> =
        (0..count).map(|_| (sim.world.keypair(), if dice.one_in(20) { 0 } else { 1 + dice.below(4) as u16 })).collect();
    let twice = !kept.is_empty() && dice.one_in(8);
    if twice {
        added.push(clone_member(&kept[0]));
    }
    let members = added.iter().map(|(oracle, weight)| OracleMember { oracle: oracle.pubkey(), weight: *weight });
    let members: Vec<OracleMember> = members.collect();
    let oracles: Vec<(Keypair, u16)> = kept.into_iter().chain(added).collect();
    let total: u32 = oracles.iter().map(|(_, weight)| u32::from(*weight)).sum();
    let threshold = total / 2 + dice.below(u64::from(total) / 2 + 2) as u32;
    let network = &sim.networks[at];
    let args = SetOraclesArgs { keep, members, threshold };
    let set = rewards::set_oracles(signer.pubkey(), network.address, network.vault.address, args);
    let wrongs = [
        (signer.pubkey() != network.authority.pubkey(), "not the authority"),
        (unknown, "keeps nobody"),
        (oracles.is_empty(), "an empty set"),
        (twice, "an oracle twice"),
        (oracles.iter().any(|(_, weight)| *weight == 0), "an oracle without weight"),
        (threshold * 3 < total * 2 || threshold > total, "not between two thirds and all of the weight"),
    ];
    let attempt = Attempt::new(set, &[&signer], move |sim| {
        let vault = &mut sim.networks[at].vault;
        vault.set_version += 1;
        vault.forget_all();
        (vault.oracles, vault.threshold) = (oracles, threshold);
    });
    Some(attempt.refused_if(&wrongs))
}

fn clone_member((oracle, weight): &(Keypair, u16)) -> (Keypair, u16) {
    (oracle.insecure_clone(), *weight)
}

fn vote_root(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    let at = dice.below(NETWORKS as u64) as usize;
    let index = some_proposal(&sim.networks[at].vault, dice)?;
    let vault = &sim.networks[at].vault;
    // Mostly one who has not voted yet: so that roots get through.
    let silent = |(oracle, _): &(Keypair, u16)| !vault.ballots.contains_key(&oracle.pubkey());
    let chosen = vault.oracles.iter().position(silent).filter(|_| dice.one_in(2));
    let chosen = chosen.unwrap_or(dice.number() as usize);
    let oracle = sim.somebody(dice, at, |network| &network.vault.oracles[chosen % network.vault.oracles.len()].0);
    let proposal = &vault.proposals[index];
    let mut hash = proposal.root.content.hash();
    let wrong_hash = dice.one_in(12);
    hash[0] ^= u8::from(wrong_hash);
    let (voter, address) = (oracle.pubkey(), proposal.address);
    let wrongs = [
        (!vault.is_oracle(voter), "not an oracle"),
        (!vault.is_alive(proposal), "dead"),
        (vault.approved.is_some(), "a root is approved already"),
        (wrong_hash, "another content"),
        (vault.ballots.get(&voter) == Some(&address), "voted for it already"),
    ];
    let vote = rewards::vote_root(voter, vault.address, address, hash);
    let attempt = Attempt::new(vote, &[&oracle], move |sim| {
        let now = sim.world.now();
        let vault = &mut sim.networks[at].vault;
        vault.ballots.insert(voter, address);
        if vault.weight(address) >= vault.threshold {
            vault.approved = Some(address);
            vault.proposals[index].challenge_end_unix = Some(now + i64::from(vault.challenge_seconds));
        }
    });
    Some(attempt.refused_if(&wrongs))
}

fn withdraw_vote(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    let at = dice.below(NETWORKS as u64) as usize;
    let chosen = dice.number() as usize;
    let oracle = sim.somebody(dice, at, |network| &network.vault.oracles[chosen % network.vault.oracles.len()].0);
    let (vault, voter) = (&sim.networks[at].vault, oracle.pubkey());
    let wrongs = [
        (!vault.is_oracle(voter), "not an oracle"),
        (vault.approved.is_some(), "a root is approved already"),
        (!vault.ballots.contains_key(&voter), "did not vote"),
    ];
    let withdraw = rewards::withdraw_vote(voter, vault.address);
    let attempt = Attempt::new(withdraw, &[&oracle], move |sim| {
        sim.networks[at].vault.ballots.remove(&voter);
    });
    Some(attempt.refused_if(&wrongs))
}
