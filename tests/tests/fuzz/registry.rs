//! Authorities, classes, operators, devices.

use solana_signer::Signer;
use trellis_client::{
    addresses,
    instructions::registry::{self, SuspendDeviceArgs},
};
use trellis_tests::fixtures::class_args;

use super::{
    dice::Dice,
    model::{Action, Attempt, Device, NETWORKS, Operator, Sim},
};

/// More than that add nothing.
const MAX_OPERATORS: usize = 8;
const MAX_DEVICES: usize = 12;
const MAX_CLASSES: u16 = 3;

pub const ACTIONS: &[Action] = &[
    Action { name: "registry.propose_authority", weight: 1, attempt: propose_authority },
    Action { name: "registry.accept_authority", weight: 2, attempt: accept_authority },
    Action { name: "registry.create_class", weight: 2, attempt: create_class },
    Action { name: "registry.register_operator", weight: 4, attempt: register_operator },
    Action { name: "registry.register_device", weight: 4, attempt: register_device },
    Action { name: "registry.suspend_device", weight: 2, attempt: suspend_device },
    Action { name: "registry.reinstate_device", weight: 2, attempt: reinstate_device },
];

fn propose_authority(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    let at = dice.below(NETWORKS as u64) as usize;
    let signer = sim.somebody(dice, at, |network| &network.authority);
    let network = &sim.networks[at];
    let next = dice.pick(&network.people).pubkey();
    let propose = registry::propose_authority(signer.pubkey(), network.address, next);
    let wrong = signer.pubkey() != network.authority.pubkey();
    let attempt = Attempt::new(propose, &[&signer], move |sim| sim.networks[at].pending = Some(next));
    Some(attempt.refused_if(&[(wrong, "not the authority")]))
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

fn create_class(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    let at = dice.below(NETWORKS as u64) as usize;
    let signer = sim.somebody(dice, at, |network| &network.authority);
    let network = &sim.networks[at];
    if network.classes >= MAX_CLASSES {
        return None;
    }
    let index = if dice.one_in(8) { network.classes + 1 } else { network.classes };
    let create = registry::create_class(sim.world.payer(), signer.pubkey(), network.address, index, class_args());
    let wrongs =
        [(signer.pubkey() != network.authority.pubkey(), "not the authority"), (index != network.classes, "a gap")];
    Some(Attempt::new(create, &[&signer], move |sim| sim.networks[at].classes += 1).refused_if(&wrongs))
}

fn register_operator(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    let at = dice.below(NETWORKS as u64) as usize;
    let again = dice.one_in(6).then(|| dice.index(&sim.networks[at].operators)).flatten();
    if again.is_none() && sim.networks[at].operators.len() >= MAX_OPERATORS {
        return None;
    }
    let wallet = match again {
        Some(operator) => sim.networks[at].operators[operator].wallet.insecure_clone(),
        None => sim.world.keypair(),
    };
    let payout_wallet = sim.world.keypair().pubkey();
    let network = &sim.networks[at];
    let (address, mint) = (addresses::operator(&network.address, &wallet.pubkey()), network.mint);
    let register = registry::register_operator(sim.world.payer(), wallet.pubkey(), network.address, payout_wallet);
    let signer = wallet.insecure_clone();
    let attempt = Attempt::new(register, &[&signer], move |sim| {
        let payout_tokens = sim.world.create_token_account(payout_wallet, mint);
        sim.balances.insert(payout_tokens, 0);
        sim.networks[at].operators.push(Operator { wallet, address, payout_wallet, payout_tokens, paid: 0 });
    });
    Some(attempt.refused_if(&[(again.is_some(), "registered already")]))
}

fn register_device(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    let at = dice.below(NETWORKS as u64) as usize;
    if sim.networks[at].classes == 0 || sim.networks[at].devices.len() >= MAX_DEVICES {
        return None;
    }
    let operator = dice.index(&sim.networks[at].operators)?;
    let again = dice.one_in(6).then(|| dice.index(&sim.networks[at].devices)).flatten();
    let key = match again {
        Some(device) => sim.networks[at].devices[device].key.insecure_clone(),
        None => sim.world.unfunded_keypair(),
    };
    let network = &sim.networks[at];
    let wallet = network.operators[operator].wallet.insecure_clone();
    let class = dice.below(u64::from(network.classes)) as u16;
    let payer = sim.world.payer();
    let register = registry::register_device(payer, wallet.pubkey(), key.pubkey(), None, network.address, class);
    let signer = key.insecure_clone();
    let attempt = Attempt::new(register, &[&wallet, &signer], move |sim| {
        sim.networks[at].devices.push(Device { key, suspended: false });
    });
    Some(attempt.refused_if(&[(again.is_some(), "registered already")]))
}

fn suspend_device(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    let at = dice.below(NETWORKS as u64) as usize;
    let device = dice.index(&sim.networks[at].devices)?;
    let signer = sim.somebody(dice, at, |network| &network.authority);
    let network = &sim.networks[at];
    let reason_code = dice.below(4) as u16;
    let key = network.devices[device].key.pubkey().to_bytes();
    let args = SuspendDeviceArgs { reason_code, evidence_hash: [7; 32] };
    let suspend = registry::suspend_device(signer.pubkey(), network.address, &key, args);
    let wrongs = [
        (signer.pubkey() != network.authority.pubkey(), "not the authority"),
        (reason_code == 0, "no reason"),
        (network.devices[device].suspended, "suspended already"),
    ];
    let attempt = Attempt::new(suspend, &[&signer], move |sim| sim.networks[at].devices[device].suspended = true);
    Some(attempt.refused_if(&wrongs))
}

fn reinstate_device(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    let at = dice.below(NETWORKS as u64) as usize;
    let device = dice.index(&sim.networks[at].devices)?;
    let signer = sim.somebody(dice, at, |network| &network.authority);
    let network = &sim.networks[at];
    let key = network.devices[device].key.pubkey().to_bytes();
    let reinstate = registry::reinstate_device(signer.pubkey(), network.address, &key);
    let wrongs = [
        (signer.pubkey() != network.authority.pubkey(), "not the authority"),
        (!network.devices[device].suspended, "not suspended"),
    ];
    let attempt = Attempt::new(reinstate, &[&signer], move |sim| sim.networks[at].devices[device].suspended = false);
    Some(attempt.refused_if(&wrongs))
}
