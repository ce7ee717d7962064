//! Operators, and where they are paid.

use solana_address::Address;
use solana_signer::Signer;
use trellis_client::{addresses, instructions::registry};

use super::{
    attempt::{Action, Attempt},
    dice::Dice,
    model::{NETWORKS, Network, Operator, Sim},
};

/// More than that add nothing.
const MAX_OPERATORS: usize = 8;

pub const ACTIONS: &[Action] = &[
    Action { name: "registry.register_operator", weight: 4, attempt: register_operator },
    Action { name: "registry.set_payout_wallet", weight: 3, attempt: set_payout_wallet },
];

fn register_operator(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    let at = dice.below(NETWORKS as u64) as usize;
    let count = sim.networks[at].operators.len();
    let again = dice.one_in(6).then(|| dice.index(&sim.networks[at].operators)).flatten();
    if again.is_none() && count >= MAX_OPERATORS {
        return None;
    }
    let wallet = match (again, sim.networks[at].stakers.get(count)) {
        (Some(operator), _) => sim.networks[at].operators[operator].wallet.insecure_clone(),
        // The first operators stake with themselves.
        (None, Some(staker)) => staker.wallet.insecure_clone(),
        (None, None) => sim.world.keypair(),
    };
    let payout_wallet = sim.world.keypair().pubkey();
    let network = &sim.networks[at];
    let address = addresses::operator(&network.address, &wallet.pubkey());
    let register = registry::register_operator(sim.world.payer(), wallet.pubkey(), network.address, payout_wallet);
    let signer = wallet.insecure_clone();
    let wrongs = [(again.is_some(), "registered already"), (network.paused, "paused")];
    let attempt = Attempt::new(register, &[&signer], move |sim| {
        sim.open_payee(at, payout_wallet);
        sim.networks[at].operators.push(Operator { wallet, address, payouts: vec![(0, payout_wallet)], paid: 0 });
    });
    Some(attempt.refused_if(&wrongs))
}

fn set_payout_wallet(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    let at = dice.below(NETWORKS as u64) as usize;
    let operator = dice.index(&sim.networks[at].operators)?;
    // The wallet names the operator: a thief must bring the operator's account along.
    let wallet_of = |network: &Network| network.operators.get(operator).map(|one| one.wallet.insecure_clone());
    let owner = wallet_of(&sim.networks[at])?;
    let signer = match dice.below(10) {
        0 => dice.pick(&sim.strangers).insecure_clone(),
        1 => wallet_of(&sim.networks[(at + 1) % NETWORKS])?,
        2 => dice.pick(&sim.networks[at].operators).wallet.insecure_clone(),
        _ => owner.insecure_clone(),
    };
    let payout_wallet = if dice.one_in(10) { Address::default() } else { sim.world.keypair().pubkey() };
    let network = &sim.networks[at];
    let mut set = registry::set_payout_wallet(signer.pubkey(), network.address, payout_wallet);
    let address = network.operators[operator].address;
    if let Some(meta) = set.accounts.last_mut() {
        meta.pubkey = address;
    }
    let wrongs =
        [(signer.pubkey() != owner.pubkey(), "not the operator"), (payout_wallet == Address::default(), "nowhere")];
    let current = network.calendar.epoch_at(sim.world.now())?.get();
    let attempt = Attempt::new(set, &[&signer], move |sim| {
        sim.open_payee(at, payout_wallet);
        let payouts = &mut sim.networks[at].operators[operator].payouts;
        payouts.retain(|(since, _)| *since <= current);
        payouts.push((current + 1, payout_wallet));
    });
    Some(attempt.refused_if(&wrongs))
}
