//! Claims, one by one and in runs, against old roots, other vaults' roots, with wrong proofs and wallets, again and again.

use solana_address::Address;
use trellis_client::{
    SPL_TOKEN_ID,
    instructions::rewards::{self, ClaimArgs, ClaimRangeArgs},
};
use trellis_core::{Hash, merkle};
use trellis_rewards::constants::KEPT_ROOTS;
use trellis_tests::fixtures::RootFixture;

use super::{
    attempt::{Action, Attempt},
    dice::Dice,
    model::{NETWORKS, Network, Sim},
};

pub const ACTIONS: &[Action] = &[
    Action { name: "rewards.claim", weight: 20, attempt: claim },
    Action { name: "rewards.claim_range", weight: 16, attempt: claim_range },
];

/// A vault to claim from, and a root: mostly one of its last few, as claimants take; now and then another vault's.
struct Target {
    at: usize,
    foreign: bool,
    root: RootFixture,
}

fn target(sim: &Sim, dice: &mut Dice) -> Option<Target> {
    let at = dice.below(NETWORKS as u64) as usize;
    let foreign = dice.one_in(12);
    let finals = &sim.networks[if foreign { (at + 1) % NETWORKS } else { at }].vault.finals;
    let back = if dice.one_in(4) { dice.below(finals.len() as u64) } else { dice.below(KEPT_ROOTS as u64) };
    let root = finals.get(finals.len().checked_sub(1 + back as usize)?)?.clone();
    Some(Target { at, foreign, root })
}

impl Target {
    fn is_too_old(&self, network: &Network) -> bool {
        self.root.content.epoch.get() + (KEPT_ROOTS as u64) < network.vault.next_epoch()
    }

    /// Is the root of the epoch before the same, since nobody earned anything?
    fn is_as_before(&self, network: &Network) -> bool {
        let before = (self.root.content.epoch.get() as usize).checked_sub(1);
        let before = before.and_then(|before| network.vault.finals.get(before));
        before.is_some_and(|before| before.content.root == self.root.content.root)
    }

    /// The token account that a leaf pays; some other one for another vault's leaf.
    fn payee(&self, network: &Network, operator: usize) -> Option<Address> {
        let wallet = Address::new_from_array(self.root.leaves[operator].payout_wallet);
        network.payees.get(&wallet).or(network.payees.values().next()).copied()
    }

    /// What a leaf is still to be paid.
    fn amount(&self, network: &Network, operator: usize) -> u64 {
        let paid = network.operators.get(operator).map_or(0, |operator| operator.paid);
        self.root.leaves[operator].cumulative.get().saturating_sub(paid)
    }

    fn wrongs(&self, network: &Network, now_unix: i64, amount: u64) -> Vec<(bool, &'static str)> {
        let vault = &network.vault;
        vec![
            (self.foreign, "another vault's root"),
            (self.is_too_old(network), "too old a root"),
            (vault.is_paused(now_unix), "paused"),
            (amount == 0, "nothing to claim"),
            (vault.claimed.saturating_add(amount) > vault.promised, "more than was promised"),
            (vault.claimed.saturating_add(amount) > vault.funded, "more than was funded"),
        ]
    }
}

/// Operators were paid up to these figures into these accounts.
fn pay(sim: &mut Sim, at: usize, payments: &[(usize, u64, Address)]) {
    for (operator, amount, tokens) in payments {
        sim.networks[at].operators[*operator].paid += amount;
        sim.networks[at].vault.claimed += amount;
        *sim.balances.get_mut(tokens).unwrap() += amount;
    }
}

fn tamper_claim(target: &Target, network: &Network, dice: &mut Dice, args: &mut ClaimArgs) {
    match dice.below(4) {
        0 => args.cumulative += 1,
        1 => args.operator_index ^= 1,
        2 if !target.is_as_before(network) => args.epoch = args.epoch.wrapping_sub(1),
        _ => args.proof.push([0; 32]),
    }
}

fn claim(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    let target = target(sim, dice)?;
    let (at, root) = (target.at, &target.root);
    let network = &sim.networks[at];
    let operator = dice.index(&root.leaves)?;
    let mut args = root.claim_args(operator as u32);
    // Fewer leaves than there are make another shape of the tree: some proofs still fit, others do not.
    let (count, leaf) = (u64::from(root.content.leaf_count), root.leaves[operator].hash());
    let proven = merkle::verify(&root.content.root, count, operator as u64, &leaf, &args.proof);
    let tampered = dice.one_in(10);
    if tampered {
        tamper_claim(&target, network, dice, &mut args);
    }
    let rightful = target.payee(network, operator)?;
    let payees: Vec<Address> = network.payees.values().copied().collect();
    let tokens = if dice.one_in(10) { *dice.pick(&payees) } else { rightful };
    let amount = target.amount(network, operator);
    let mut wrongs = target.wrongs(network, sim.world.now(), amount);
    wrongs.push((tampered, "tampered with"));
    wrongs.push((!proven, "a root that lies about its leaves"));
    wrongs.push((tokens != rightful, "another wallet"));
    let claim = rewards::claim(network.vault.address, tokens, args);
    let attempt = Attempt::new(claim, &[], move |sim| pay(sim, at, &[(operator, amount, tokens)]));
    Some(attempt.refused_if(&wrongs))
}

/// A token account of another wallet, or the vault's own if there is no other.
fn other_payee(network: &Network, not: Address) -> Address {
    network.payees.values().copied().find(|tokens| *tokens != not).unwrap_or(network.vault.tokens)
}

fn tamper_range(
    target: &Target,
    network: &Network,
    dice: &mut Dice,
    args: &mut ClaimRangeArgs,
    payees: &mut Vec<Address>,
) {
    let place = dice.below(payees.len() as u64) as usize;
    match dice.below(7) {
        0 => args.cumulatives[place] = args.cumulatives[place].wrapping_add(1),
        1 => args.first_index += 1,
        2 if !target.is_as_before(network) => args.epoch = args.epoch.wrapping_sub(1),
        3 => drop(payees.pop()),
        4 => (args.cumulatives, args.proof) = (vec![], vec![]),
        5 => payees[place] = other_payee(network, payees[place]),
        _ => args.proof.push([0; 32]),
    }
}

fn claim_range(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    let target = target(sim, dice)?;
    let (at, root) = (target.at, &target.root);
    let network = &sim.networks[at];
    let first = dice.index(&root.leaves)?;
    let count = 1 + dice.below((root.leaves.len() - first) as u64) as usize;
    let run = first..first + count;
    let mut args = root.range_args(first as u32, count);
    let mut hashes: Vec<Hash> = root.leaves[run.clone()].iter().map(|leaf| leaf.hash()).collect();
    let leaf_count = u64::from(root.content.leaf_count);
    let proven = merkle::verify_range(&root.content.root, leaf_count, first as u64, &mut hashes, &args.proof);
    let mut payees: Vec<Address> =
        run.clone().map(|operator| target.payee(network, operator)).collect::<Option<Vec<_>>>()?;
    let payments: Vec<(usize, u64, Address)> =
        run.zip(&payees).map(|(operator, tokens)| (operator, target.amount(network, operator), *tokens)).collect();
    let tampered = dice.one_in(8);
    if tampered {
        tamper_range(&target, network, dice, &mut args, &mut payees);
    }
    let amount = payments.iter().map(|(_, amount, _)| amount).sum();
    let mut wrongs = target.wrongs(network, sim.world.now(), amount);
    wrongs.push((tampered, "tampered with"));
    wrongs.push((!proven, "a root that lies about its leaves"));
    let claim = rewards::claim_range(network.vault.address, &payees, SPL_TOKEN_ID, args);
    let attempt = Attempt::new(claim, &[], move |sim| pay(sim, at, &payments));
    Some(attempt.refused_if(&wrongs))
}
