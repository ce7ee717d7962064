//! Claims, against old roots, other vaults' roots, with wrong proofs and wallets, again and again.

use trellis_client::instructions::rewards;
use trellis_core::merkle;
use trellis_rewards::constants::KEPT_ROOTS;

use super::{
    dice::Dice,
    model::{Action, Attempt, NETWORKS, Sim},
};

pub const ACTIONS: &[Action] = &[
    Action { name: "rewards.open_page", weight: 1, attempt: open_page },
    Action { name: "rewards.claim", weight: 40, attempt: claim },
];

/// Page 0 is open from the beginning, and no second one is needed.
fn open_page(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    let network = dice.pick(&sim.networks);
    let open = rewards::open_page(sim.world.payer(), network.vault, 0);
    Some(Attempt::new(open, &[], |_| {}).refused_if(&[(true, "open already")]))
}

fn claim(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    let at = dice.below(NETWORKS as u64) as usize;
    let foreign = dice.one_in(12);
    let source = if foreign { (at + 1) % NETWORKS } else { at };
    let finals = &sim.networks[source].finals;
    // Mostly the last few, as claimants do.
    let back = if dice.one_in(4) { dice.below(finals.len() as u64) } else { dice.below(KEPT_ROOTS as u64) };
    let root = finals.get(finals.len().checked_sub(1 + back as usize)?)?;
    let operator = dice.index(&root.leaves)?;
    let mut args = root.claim_args(operator as u32);
    // Fewer leaves than there are make another shape of the tree: some proofs still fit, others do not.
    let (count, leaf) = (u64::from(root.content.leaf_count), root.leaves[operator].hash());
    let proven = merkle::verify(&root.content.root, count, operator as u64, &leaf, &args.proof);
    let tampered = dice.one_in(10);
    if tampered {
        match dice.below(4) {
            0 => args.cumulative += 1,
            1 => args.operator_index ^= 1,
            2 => args.epoch = args.epoch.wrapping_sub(1),
            _ => args.proof.push([0; 32]),
        }
    }
    let network = &sim.networks[at];
    let owner = root.leaves[operator].payout_wallet;
    let payee = match dice.one_in(10) {
        true => dice.index(&network.operators)?,
        false => network.operators.iter().position(|one| one.payout_wallet.to_bytes() == owner).unwrap_or(0),
    };
    let payee = network.operators.get(payee)?;
    let cumulative = root.leaves[operator].cumulative.get();
    let paid = network.operators.get(operator).map_or(0, |operator| operator.paid);
    let amount = cumulative.saturating_sub(paid);
    let wrongs = [
        (foreign, "another vault's root"),
        (tampered, "tampered with"),
        (root.content.epoch.get() + (KEPT_ROOTS as u64) < network.next_epoch(), "too old a root"),
        (!proven, "a root that lies about its leaves"),
        (payee.payout_wallet.to_bytes() != owner, "another wallet"),
        (amount == 0, "nothing to claim"),
        (network.claimed + amount > network.promised, "more than was promised"),
        (network.claimed + amount > network.emitted, "more than was funded"),
    ];
    let tokens = payee.payout_tokens;
    let claim = rewards::claim(network.vault, tokens, args);
    let attempt = Attempt::new(claim, &[], move |sim| {
        sim.networks[at].operators[operator].paid = cumulative;
        sim.networks[at].claimed += amount;
        *sim.balances.get_mut(&tokens).unwrap() += amount;
    });
    Some(attempt.refused_if(&wrongs))
}
