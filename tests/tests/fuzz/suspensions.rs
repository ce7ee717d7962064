//! Suspensions, by the authority and by oracles' votes, and recoveries of lost keys.

use std::collections::BTreeSet;

use solana_address::Address;
use solana_signer::Signer;
use trellis_client::{
    addresses,
    instructions::registry::{self, Possession, SuspendDeviceArgs},
};
use trellis_core::DeviceKey;
use trellis_registry::constants::{CASE_SECONDS, RECOVERY_DELAY_SECONDS};

use super::{
    attempt::{Action, Attempt},
    devices::{by_owner, some_device},
    dice::Dice,
    model::{NETWORKS, Network, Sim},
};

pub const ACTIONS: &[Action] = &[
    Action { name: "registry.set_suspension (suspend)", weight: 1, attempt: suspend_device },
    Action { name: "registry.set_suspension (reinstate)", weight: 4, attempt: reinstate_device },
    Action { name: "registry.appeal_suspension", weight: 2, attempt: appeal_suspension },
    Action { name: "registry.open_suspension_case", weight: 4, attempt: open_suspension_case },
    Action { name: "registry.vote_suspension", weight: 8, attempt: vote_suspension },
    Action { name: "registry.close_suspension_case", weight: 3, attempt: close_suspension_case },
    Action { name: "registry.request_key_recovery", weight: 4, attempt: request_key_recovery },
    Action { name: "registry.cancel_key_recovery", weight: 1, attempt: cancel_key_recovery },
    Action { name: "registry.complete_key_recovery", weight: 4, attempt: complete_key_recovery },
];

/// Oracles accuse a device.
pub struct Case {
    pub address: Address,
    pub opener: Address,
    pub vault: Address,
    pub device_index: u32,
    pub set_version: u32,
    pub opened_unix: i64,
    pub voters: BTreeSet<Address>,
    pub executed: bool,
}

impl Network {
    fn is_alive_case(&self, case: &Case, now_unix: i64) -> bool {
        self.suspension_vault == case.vault
            && self.vault.set_version == case.set_version
            && !case.executed
            && now_unix <= case.opened_unix + CASE_SECONDS
    }

    /// Counts what the case's voters weigh, and suspends the device if it is enough.
    fn count_case(&mut self, index: usize) {
        let case = &mut self.cases[index];
        let voters = self.vault.oracles.iter().filter(|(oracle, _)| case.voters.contains(&oracle.pubkey()));
        let weight: u32 = voters.map(|(_, weight)| u32::from(*weight)).sum();
        if weight >= self.vault.threshold {
            case.executed = true;
            let device_index = case.device_index;
            self.devices.iter_mut().filter(|device| device.index == device_index).for_each(|device| {
                device.suspended = true;
            });
        }
    }
}

fn suspend_device(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    let (at, index) = some_device(sim, dice)?;
    let signer = sim.somebody(dice, at, |network| &network.authority);
    let network = &sim.networks[at];
    let device = &network.devices[index];
    let reason_code = dice.below(4) as u16;
    let args = SuspendDeviceArgs { reason_code, evidence_hash: [7; 32] };
    let suspend = registry::suspend_device(signer.pubkey(), network.address, device.address, args);
    let wrongs = [
        (signer.pubkey() != network.authority.pubkey(), "not the authority"),
        (reason_code == 0, "no reason"),
        (device.suspended, "suspended already"),
    ];
    let attempt = Attempt::new(suspend, &[&signer], move |sim| sim.networks[at].devices[index].suspended = true);
    Some(attempt.refused_if(&wrongs))
}

fn reinstate_device(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    let (at, index) = some_device(sim, dice)?;
    let signer = sim.somebody(dice, at, |network| &network.authority);
    let network = &sim.networks[at];
    let device = &network.devices[index];
    let reinstate = registry::reinstate_device(signer.pubkey(), network.address, device.address);
    let wrongs =
        [(signer.pubkey() != network.authority.pubkey(), "not the authority"), (!device.suspended, "not suspended")];
    let attempt = Attempt::new(reinstate, &[&signer], move |sim| {
        let device = &mut sim.networks[at].devices[index];
        (device.suspended, device.appealed) = (false, false);
    });
    Some(attempt.refused_if(&wrongs))
}

fn appeal_suspension(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    let (at, index) = some_device(sim, dice)?;
    let (signer, wrong) = by_owner(sim, dice, at, index);
    let network = &sim.networks[at];
    let device = &network.devices[index];
    let appeal = registry::appeal_suspension(signer.pubkey(), network.address, device.address, [3; 32]);
    let wrongs = [wrong, (!device.suspended, "not suspended"), (device.appealed, "appealed already")];
    let attempt = Attempt::new(appeal, &[&signer], move |sim| sim.networks[at].devices[index].appealed = true);
    Some(attempt.refused_if(&wrongs))
}

fn open_suspension_case(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    let (at, index) = some_device(sim, dice)?;
    let chosen = dice.number() as usize;
    let oracle = sim.somebody(dice, at, |network| &network.vault.oracles[chosen % network.vault.oracles.len()].0);
    let (now, network) = (sim.world.now(), &sim.networks[at]);
    let (device, vault) = (&network.devices[index], &network.vault);
    let args = SuspendDeviceArgs { reason_code: dice.below(4) as u16, evidence_hash: [dice.below(3) as u8; 32] };
    let address = addresses::suspension_case(&network.address, device.index, &args.evidence_hash, args.reason_code);
    let wrongs = [
        (!vault.is_oracle(oracle.pubkey()), "not an oracle"),
        (network.suspension_vault != vault.address, "not the oracles to do so"),
        (args.reason_code == 0, "no reason"),
        (device.suspended, "suspended already"),
        (network.cases.iter().any(|case| case.address == address), "opened already"),
    ];
    let (opener, device_index, device_address) = (oracle.pubkey(), device.index, device.address);
    let open =
        registry::open_suspension_case(opener, network.address, vault.address, device_address, device_index, args);
    let attempt = Attempt::new(open, &[&oracle], move |sim| {
        let network = &mut sim.networks[at];
        network.cases.push(Case {
            address,
            opener,
            vault: network.vault.address,
            device_index,
            set_version: network.vault.set_version,
            opened_unix: now,
            voters: [opener].into(),
            executed: false,
        });
        network.count_case(network.cases.len() - 1);
    });
    Some(attempt.refused_if(&wrongs))
}

/// A network and one of its cases.
fn some_case(sim: &Sim, dice: &mut Dice) -> Option<(usize, usize)> {
    let at = dice.below(NETWORKS as u64) as usize;
    let (cases, now) = (&sim.networks[at].cases, sim.world.now());
    let alive: Vec<usize> =
        (0..cases.len()).filter(|&index| sim.networks[at].is_alive_case(&cases[index], now)).collect();
    if dice.one_in(5) || alive.is_empty() {
        return Some((at, dice.index(cases)?));
    }
    Some((at, *dice.pick(&alive)))
}

fn vote_suspension(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    let (at, index) = some_case(sim, dice)?;
    let chosen = dice.number() as usize;
    let oracle = sim.somebody(dice, at, |network| &network.vault.oracles[chosen % network.vault.oracles.len()].0);
    let network = &sim.networks[at];
    let (case, vault, voter) = (&network.cases[index], &network.vault, oracle.pubkey());
    let accused = network.devices.iter().find(|device| device.index == case.device_index);
    let shown = accused.filter(|_| !dice.one_in(10)).or(network.devices.first())?;
    let wrongs = [
        (!vault.is_oracle(voter), "not an oracle"),
        (!network.is_alive_case(case, sim.world.now()), "over"),
        (shown.index != case.device_index, "another device"),
        (shown.suspended, "suspended already"),
        (case.voters.contains(&voter), "voted already"),
    ];
    let vote = registry::vote_suspension(voter, network.address, vault.address, shown.address, case.address);
    let attempt = Attempt::new(vote, &[&oracle], move |sim| {
        sim.networks[at].cases[index].voters.insert(voter);
        sim.networks[at].count_case(index);
    });
    Some(attempt.refused_if(&wrongs))
}

fn close_suspension_case(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    let at = dice.below(NETWORKS as u64) as usize;
    let network = &sim.networks[at];
    let index = dice.index(&network.cases)?;
    let case = &network.cases[index];
    let close = registry::close_suspension_case(network.address, case.vault, case.opener, case.address);
    let wrongs = [(network.is_alive_case(case, sim.world.now()), "alive")];
    let attempt = Attempt::new(close, &[], move |sim| drop(sim.networks[at].cases.remove(index)));
    Some(attempt.refused_if(&wrongs))
}

fn request_key_recovery(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    let (at, index) = some_device(sim, dice)?;
    let (signer, wrong) = by_owner(sim, dice, at, index);
    let maker = sim.somebody(dice, at, |network| &network.maker);
    let new_key = sim.world.unfunded_keypair();
    let (now, network) = (sim.world.now(), &sim.networks[at]);
    let device = &network.devices[index];
    let possession = Possession::Signer(DeviceKey::Ed25519(new_key.pubkey().to_bytes()));
    let (class, address) = (device.class as u16, device.address);
    let (wallet, maker_address) = (signer.pubkey(), maker.pubkey());
    let request = registry::request_key_recovery(wallet, maker_address, network.address, class, address, possession, 0);
    let wrongs = [
        wrong,
        (!network.classes[device.class].has_maker, "a class without a maker"),
        (maker_address != network.maker.pubkey(), "not the maker"),
    ];
    let stored_key = new_key.insecure_clone();
    let attempt = Attempt::new(request, &[&signer, &maker, &new_key], move |sim| {
        sim.networks[at].devices[index].recovery = Some((stored_key, now + RECOVERY_DELAY_SECONDS));
    });
    Some(attempt.refused_if(&wrongs))
}

fn cancel_key_recovery(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    let (at, index) = some_device(sim, dice)?;
    let (owner, wrong) = by_owner(sim, dice, at, index);
    let network = &sim.networks[at];
    let device = &network.devices[index];
    let by_key = dice.one_in(2);
    let signer = if by_key { device.key.insecure_clone() } else { owner };
    let operator = network.operators[device.operator].address;
    let cancel = registry::cancel_key_recovery(signer.pubkey(), operator, device.address);
    let wrongs = [(!by_key && wrong.0, wrong.1), (device.recovery.is_none(), "no recovery")];
    let attempt = Attempt::new(cancel, &[&signer], move |sim| sim.networks[at].devices[index].recovery = None);
    Some(attempt.refused_if(&wrongs))
}

fn complete_key_recovery(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    let at = dice.below(NETWORKS as u64) as usize;
    let (now, network) = (sim.world.now(), &sim.networks[at]);
    let pending = network.devices.iter().position(|device| device.recovery.as_ref().is_some_and(|(_, at)| *at <= now));
    let index = pending.filter(|_| !dice.one_in(3)).or_else(|| dice.index(&network.devices))?;
    let device = &network.devices[index];
    let (key, effective) = match &device.recovery {
        Some((key, effective)) => (key.insecure_clone(), Some(*effective)),
        None => (dice.pick(&sim.strangers).insecure_clone(), None),
    };
    let sponsor = dice.index(&network.sponsors)?;
    let (payer, address) = (&network.sponsors[sponsor], network.address);
    let (public, rent_payer) = (DeviceKey::Ed25519(key.pubkey().to_bytes()), network.sponsors[device.sponsor].pubkey());
    let complete = registry::complete_key_recovery(payer.pubkey(), address, device.address, &public, rent_payer);
    let wrongs =
        [(effective.is_none(), "no recovery"), (effective.is_some_and(|effective| now < effective), "too early")];
    let attempt = Attempt::new(complete, &[payer], move |sim| {
        sim.networks[at].devices[index].rekey(address, key, sponsor);
        sim.networks[at].keys_changed += 1;
    });
    Some(attempt.refused_if(&wrongs))
}
