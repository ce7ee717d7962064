//! Devices: registered, placed, handed over, rekeyed, retired.

use solana_address::Address;
use solana_keypair::Keypair;
use solana_signer::Signer;
use trellis_client::{
    addresses,
    instructions::{
        precompile::ed25519_check,
        registry::{self, Possession},
    },
};
use trellis_core::DeviceKey;
use trellis_registry::constants::{MAX_PROOF_SECONDS, MOVE_COOLDOWN_SECONDS};
use trellis_tests::fixtures::ed25519_key;

use super::{
    attempt::{Action, Attempt},
    dice::Dice,
    model::{NETWORKS, Sim},
};

/// More than that add nothing.
const MAX_DEVICES: usize = 12;
/// Two cells of the classes' resolution, a coarser one, and none.
const CELLS: [u64; 4] = [0x0892_8308_280f_ffff, 0x0892_8308_280b_ffff, 0x0882_8308_281f_ffff, 17];

pub const ACTIONS: &[Action] = &[
    Action { name: "registry.register_device", weight: 4, attempt: register_device },
    Action { name: "registry.register_device (by proof)", weight: 3, attempt: register_device_by_proof },
    Action { name: "registry.set_location", weight: 3, attempt: set_location },
    Action { name: "registry.transfer_device", weight: 3, attempt: transfer_device },
    Action { name: "registry.rotate_key", weight: 3, attempt: rotate_key },
    Action { name: "registry.retire_device", weight: 2, attempt: retire_device },
];

pub struct Device {
    pub key: Keypair,
    pub address: Address,
    /// Its owner, by index.
    pub operator: usize,
    pub class: usize,
    pub index: u32,
    pub bond: u64,
    /// Who paid its account's rent, by index.
    pub sponsor: usize,
    pub suspended: bool,
    pub appealed: bool,
    pub cell: u64,
    pub cell_set_unix: i64,
    /// The key that a recovery asks for, and from when on it may take over.
    pub recovery: Option<(Keypair, i64)>,
}

impl Device {
    /// Its account moves to another key's address, which `sponsor` pays for.
    pub fn rekey(&mut self, network: Address, key: Keypair, sponsor: usize) {
        self.address = addresses::device(&network, &ed25519_key(&key));
        (self.key, self.sponsor, self.recovery) = (key, sponsor, None);
    }
}

/// A network and one of its devices.
pub fn some_device(sim: &Sim, dice: &mut Dice) -> Option<(usize, usize)> {
    let at = dice.below(NETWORKS as u64) as usize;
    Some((at, dice.index(&sim.networks[at].devices)?))
}

/// Somebody who mostly is the device's operator; another operator of the network now and then.
pub fn by_owner(sim: &Sim, dice: &mut Dice, at: usize, device: usize) -> (Keypair, (bool, &'static str)) {
    let network = &sim.networks[at];
    let owner = network.devices[device].operator;
    let who = match dice.below(10) {
        0 => dice.pick(&sim.strangers),
        1 => &dice.pick(&network.operators).wallet,
        _ => &network.operators[owner].wallet,
    };
    let wrong = who.pubkey() != network.operators[owner].wallet.pubkey();
    (who.insecure_clone(), (wrong, "not the operator"))
}

/// A new key, or now and then that of a device that is there.
fn some_key(sim: &mut Sim, dice: &mut Dice, at: usize) -> (Keypair, (bool, &'static str)) {
    let again = dice.one_in(6).then(|| dice.index(&sim.networks[at].devices)).flatten();
    let key = match again {
        Some(device) => sim.networks[at].devices[device].key.insecure_clone(),
        None => sim.world.unfunded_keypair(),
    };
    (key, (again.is_some(), "registered already"))
}

fn register_device(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    register(sim, dice, false)
}

fn register_device_by_proof(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    register(sim, dice, true)
}

fn register(sim: &mut Sim, dice: &mut Dice, by_proof: bool) -> Option<Attempt> {
    let at = dice.below(NETWORKS as u64) as usize;
    let (operator, class) = (dice.index(&sim.networks[at].operators)?, dice.index(&sim.networks[at].classes)?);
    let (key, again) = some_key(sim, dice, at);
    if !again.0 && sim.networks[at].devices.len() >= MAX_DEVICES {
        return None;
    }
    let (now, network) = (sim.world.now(), &sim.networks[at]);
    let (wallet, sponsor) = (&network.operators[operator].wallet, dice.index(&network.sponsors)?);
    let payer = &network.sponsors[sponsor];
    let kind = &network.classes[class];
    let made = kind.has_maker ^ dice.one_in(8);
    let (index, bond) = (network.devices_registered, kind.bond);
    let maker = made.then(|| network.maker.pubkey());
    let valid_until = now + *dice.pick(&[-1, 0, 60, MAX_PROOF_SECONDS, MAX_PROOF_SECONDS + 1, 600, 600, 600]);
    let other_message = dice.one_in(10);
    let (at_network, owner) = (network.address, wallet.pubkey());
    let mut signers = vec![payer, wallet];
    signers.extend(made.then_some(&network.maker));
    let mut before = vec![];
    let instruction = if by_proof {
        let public = ed25519_key(&key);
        let signed_until = valid_until + i64::from(other_message);
        let message = registry::registration(&owner, &at_network, class as u16, public, signed_until).message();
        before.push(ed25519_check(&key, &message)?);
        let (payer, class) = (payer.pubkey(), class as u16);
        registry::register_device_by_proof(payer, owner, maker, at_network, class, &public, valid_until)
    } else {
        signers.push(&key);
        registry::register_device(payer.pubkey(), owner, key.pubkey(), maker, at_network, class as u16)
    };
    let stale = valid_until < now || valid_until > now + MAX_PROOF_SECONDS;
    let wrongs = [
        again,
        (network.paused, "paused"),
        (!kind.active, "a closed class"),
        (kind.has_maker && !made, "no maker"),
        (by_proof && stale, "a proof too old, or for too long"),
        (by_proof && other_message, "a proof of something else"),
    ];
    let (stored_key, address) = (key.insecure_clone(), addresses::device(&at_network, &ed25519_key(&key)));
    let attempt = Attempt::new(instruction, &signers, move |sim| {
        let network = &mut sim.networks[at];
        network.devices_registered += 1;
        network.devices.push(Device {
            key: stored_key,
            address,
            operator,
            class,
            index,
            bond,
            sponsor,
            suspended: false,
            appealed: false,
            cell: 0,
            cell_set_unix: 0,
            recovery: None,
        });
    });
    Some(attempt.refused_if(&wrongs).after(before))
}

fn set_location(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    let (at, index) = some_device(sim, dice)?;
    let (signer, wrong) = by_owner(sim, dice, at, index);
    let (now, network) = (sim.world.now(), &sim.networks[at]);
    let device = &network.devices[index];
    let cell = *dice.pick(&CELLS);
    let class = if dice.one_in(8) { dice.index(&network.classes)? } else { device.class };
    let set = registry::set_location(signer.pubkey(), network.address, class as u16, device.address, cell);
    let wrongs = [
        wrong,
        (class != device.class, "another class"),
        (!CELLS[..2].contains(&cell), "no cell of that size"),
        (cell == device.cell, "stands there"),
        (device.cell != 0 && now < device.cell_set_unix + MOVE_COOLDOWN_SECONDS, "moved too soon"),
    ];
    let attempt = Attempt::new(set, &[&signer], move |sim| {
        let device = &mut sim.networks[at].devices[index];
        (device.cell, device.cell_set_unix) = (cell, now);
    });
    Some(attempt.refused_if(&wrongs))
}

fn transfer_device(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    let (at, index) = some_device(sim, dice)?;
    let (signer, wrong) = by_owner(sim, dice, at, index);
    let network = &sim.networks[at];
    let device = &network.devices[index];
    let to = dice.index(&network.operators)?;
    let to_wallet = &network.operators[to].wallet;
    let transfer = registry::transfer_device(signer.pubkey(), to_wallet.pubkey(), network.address, device.address);
    let wrongs = [wrong, (to == device.operator, "to whom it is"), (device.suspended, "suspended")];
    let signers = [&signer, to_wallet];
    let attempt = Attempt::new(transfer, &signers, move |sim| {
        let device = &mut sim.networks[at].devices[index];
        (device.operator, device.recovery) = (to, None);
    });
    Some(attempt.refused_if(&wrongs))
}

fn rotate_key(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    let (at, index) = some_device(sim, dice)?;
    let (signer, wrong) = by_owner(sim, dice, at, index);
    let (new_key, again) = some_key(sim, dice, at);
    let network = &sim.networks[at];
    let device = &network.devices[index];
    let sponsor = dice.index(&network.sponsors)?;
    let (payer, address) = (&network.sponsors[sponsor], network.address);
    let key = |key: &Keypair| Possession::Signer(DeviceKey::Ed25519(key.pubkey().to_bytes()));
    let rent_payer = network.sponsors[device.sponsor].pubkey();
    let rotate =
        registry::rotate_key(payer.pubkey(), signer.pubkey(), address, key(&device.key), key(&new_key), rent_payer, 0);
    let signers = [payer, &signer, &device.key, &new_key];
    let stored_key = new_key.insecure_clone();
    let attempt = Attempt::new(rotate, &signers, move |sim| {
        sim.networks[at].devices[index].rekey(address, stored_key, sponsor);
        sim.networks[at].keys_changed += 1;
    });
    Some(attempt.refused_if(&[wrong, again]))
}

fn retire_device(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    let (at, index) = some_device(sim, dice)?;
    let (signer, wrong) = by_owner(sim, dice, at, index);
    let network = &sim.networks[at];
    let device = &network.devices[index];
    let named = if dice.one_in(8) { dice.index(&network.sponsors)? } else { device.sponsor };
    let rent_payer = network.sponsors[named].pubkey();
    let retire = registry::retire_device(signer.pubkey(), network.address, device.address, rent_payer);
    let wrongs = [wrong, (named != device.sponsor, "another's rent"), (device.suspended, "suspended")];
    let attempt = Attempt::new(retire, &[&signer], move |sim| {
        sim.networks[at].devices.remove(index);
        sim.networks[at].devices_retired += 1;
    });
    Some(attempt.refused_if(&wrongs))
}
