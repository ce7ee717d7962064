//! Networks and classes, and whoever may change them.

use solana_address::Address;
use solana_keypair::Keypair;
use solana_signer::Signer;
use trellis_client::instructions::registry::{self, CreateClassArgs, UpdateClassArgs, UpdateNetworkArgs};
use trellis_tests::fixtures::{EPOCH_AMOUNT, class_args};

use super::{
    attempt::{Action, Attempt},
    dice::Dice,
    model::{Class, NETWORKS, Sim},
};

const MAX_CLASSES: usize = 3;
/// H3 resolution of all classes.
pub const RESOLUTION: u8 = 9;
/// Bonds that classes ask for: nothing, little, and what a staker has after some epochs.
const BONDS: [u64; 3] = [0, 12_345, EPOCH_AMOUNT / 20];

pub const ACTIONS: &[Action] = &[
    Action { name: "registry.propose_authority", weight: 1, attempt: propose_authority },
    Action { name: "registry.accept_authority", weight: 2, attempt: accept_authority },
    Action { name: "registry.propose_authority (take back)", weight: 1, attempt: cancel_authority_proposal },
    Action { name: "registry.update_network", weight: 2, attempt: update_network },
    Action { name: "registry.update_network (pause)", weight: 2, attempt: set_paused },
    Action { name: "registry.create_class", weight: 2, attempt: create_class },
    Action { name: "registry.update_class", weight: 2, attempt: update_class },
    Action { name: "registry.update_class (close)", weight: 2, attempt: set_class_active },
];

/// A network, and somebody who mostly is its authority.
fn by_authority(sim: &Sim, dice: &mut Dice) -> (usize, Keypair, (bool, &'static str)) {
    let at = dice.below(NETWORKS as u64) as usize;
    let signer = sim.somebody(dice, at, |network| &network.authority);
    let wrong = signer.pubkey() != sim.networks[at].authority.pubkey();
    (at, signer, (wrong, "not the authority"))
}

fn propose_authority(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    let (at, signer, wrong) = by_authority(sim, dice);
    let network = &sim.networks[at];
    let next = dice.pick(&network.people).pubkey();
    let propose = registry::propose_authority(signer.pubkey(), network.address, next);
    let attempt = Attempt::new(propose, &[&signer], move |sim| sim.networks[at].pending = Some(next));
    Some(attempt.refused_if(&[wrong]))
}

fn accept_authority(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    let at = dice.below(NETWORKS as u64) as usize;
    let network = &sim.networks[at];
    let next = dice.pick(&network.people).insecure_clone();
    let wrong = network.pending != Some(next.pubkey());
    let accept = registry::accept_authority(next.pubkey(), network.address);
    let signer = next.insecure_clone();
    let attempt = Attempt::new(accept, &[&signer], move |sim| {
        sim.networks[at].authority = next;
        sim.networks[at].pending = None;
    });
    Some(attempt.refused_if(&[(wrong, "was not proposed")]))
}

fn cancel_authority_proposal(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    let (at, signer, wrong) = by_authority(sim, dice);
    let network = &sim.networks[at];
    let cancel = registry::cancel_authority_proposal(signer.pubkey(), network.address);
    let attempt = Attempt::new(cancel, &[&signer], move |sim| sim.networks[at].pending = None);
    Some(attempt.refused_if(&[wrong, (network.pending.is_none(), "nobody is proposed")]))
}

/// Mostly lets the vault's oracles suspend devices.
fn update_network(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    let (at, signer, wrong) = by_authority(sim, dice);
    let network = &sim.networks[at];
    let suspension_vault = match dice.below(6) {
        0 => None,
        1 => Some(Address::default()),
        2 => Some(sim.networks[(at + 1) % NETWORKS].vault.address),
        _ => Some(network.vault.address),
    };
    let args = UpdateNetworkArgs { suspension_vault, ..Default::default() };
    let update = registry::update_network(signer.pubkey(), network.address, args);
    let attempt = Attempt::new(update, &[&signer], move |sim| {
        let network = &mut sim.networks[at];
        network.suspension_vault = suspension_vault.unwrap_or(network.suspension_vault);
    });
    Some(attempt.refused_if(&[
        wrong,
        (suspension_vault.is_none_or(|vault| vault == network.suspension_vault), "nothing to change"),
    ]))
}

fn set_paused(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    let (at, signer, wrong) = by_authority(sim, dice);
    let network = &sim.networks[at];
    // Mostly open: a paused network lets nobody in.
    let paused = dice.one_in(4);
    let set = registry::set_paused(signer.pubkey(), network.address, paused);
    let attempt = Attempt::new(set, &[&signer], move |sim| sim.networks[at].paused = paused);
    Some(attempt.refused_if(&[wrong, (network.paused == paused, "nothing to change")]))
}

fn create_class(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    let (at, signer, wrong) = by_authority(sim, dice);
    let network = &sim.networks[at];
    let count = network.classes.len();
    if count >= MAX_CLASSES {
        return None;
    }
    let index = if dice.one_in(8) { count + 1 } else { count };
    let (bond, has_maker) = (*dice.pick(&BONDS), dice.one_in(2));
    let maker = if has_maker { network.maker.pubkey() } else { Address::default() };
    let args = CreateClassArgs { bond, maker, h3_resolution: RESOLUTION, ..class_args() };
    let create = registry::create_class(sim.world.payer(), signer.pubkey(), network.address, index as u16, args);
    let attempt = Attempt::new(create, &[&signer], move |sim| {
        sim.networks[at].classes.push(Class { bond, has_maker, active: true });
    });
    Some(attempt.refused_if(&[wrong, (index != count, "a gap")]))
}

fn update_class(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    let (at, signer, wrong) = by_authority(sim, dice);
    let network = &sim.networks[at];
    let index = dice.index(&network.classes)?;
    let (bond, has_maker) = (*dice.pick(&BONDS), dice.one_in(2));
    let maker = if has_maker { network.maker.pubkey() } else { Address::default() };
    let weight = *dice.pick(&[0, 1, 10, 1_000]);
    let args = UpdateClassArgs {
        maker: Some(maker),
        // Never the same again: there is always something to change.
        rated_power_watts: Some(10_000 + dice.below(1 << 32)),
        bond: Some(bond),
        weight: Some(weight),
        active: None,
    };
    let update = registry::update_class(signer.pubkey(), network.address, index as u16, args);
    let attempt = Attempt::new(update, &[&signer], move |sim| {
        let class = &mut sim.networks[at].classes[index];
        (class.bond, class.has_maker) = (bond, has_maker);
    });
    Some(attempt.refused_if(&[wrong, (weight == 0, "no weight")]))
}

fn set_class_active(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    let (at, signer, wrong) = by_authority(sim, dice);
    let network = &sim.networks[at];
    let index = dice.index(&network.classes)?;
    let is_active = network.classes[index].active;
    let active = !dice.one_in(4);
    let set = registry::set_class_active(signer.pubkey(), network.address, index as u16, active);
    let attempt = Attempt::new(set, &[&signer], move |sim| sim.networks[at].classes[index].active = active);
    Some(attempt.refused_if(&[wrong, (is_active == active, "nothing to change")]))
}
