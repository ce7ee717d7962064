//! Whether the registry counts what is there, and pays rent back to whom it is due.

use solana_signer::Signer;
use trellis_client::accounts::{self, Device};
use trellis_core::Epoch;

use super::{
    check::same,
    model::{Network, Sim},
};

pub fn check_registry(sim: &Sim, network: &Network) -> Result<(), String> {
    let account: accounts::Network = sim.world.account(network.address);
    same("the authority", account.authority, network.authority.pubkey())?;
    same("classes", usize::from(account.class_count), network.classes.len())?;
    same("operators", account.operator_count as usize, network.operators.len())?;
    same("devices registered", account.device_count, network.devices_registered)?;
    same("devices retired", account.retired_device_count, network.devices_retired)?;
    same("keys changed", account.key_change_count, network.keys_changed)?;
    same("live devices", account.live_device_count() as usize, network.devices.len())?;
    check_operators(sim, network)?;
    check_devices(sim, network)
}

/// Promise 6: operators are paid where they themselves said, from the epoch after they said so.
fn check_operators(sim: &Sim, network: &Network) -> Result<(), String> {
    let current = network.calendar.epoch_at(sim.world.now()).map_or(0, |epoch| epoch.get());
    for (index, operator) in network.operators.iter().enumerate() {
        let account: accounts::Operator = sim.world.account(operator.address);
        for epoch in [current, current + 1] {
            same("a payout wallet", account.payout_wallet_at(Epoch(epoch)), operator.payout_wallet_at(epoch))?;
        }
        let devices = || network.devices.iter().filter(|device| device.operator == index);
        same("an operator's devices", account.device_count as usize, devices().count())?;
        same("an operator's bond", account.required_bond, devices().map(|device| device.bond).sum())?;
    }
    Ok(())
}

fn check_devices(sim: &Sim, network: &Network) -> Result<(), String> {
    let mut rents = vec![0; network.sponsors.len()];
    for device in &network.devices {
        let account: Device = sim.world.account(device.address);
        same("a device's index", account.index, device.index)?;
        same("a device's owner", account.operator, network.operators[device.operator].address)?;
        same("a device's bond", account.bond, device.bond)?;
        same("a device's cell", account.cell, device.cell)?;
        same("is a device suspended", account.is_suspended(), device.suspended)?;
        same("is a recovery pending", account.has_pending_recovery(), device.recovery.is_some())?;
        rents[device.sponsor] += sim.world.lamports(device.address);
    }
    for (sponsor, rent) in network.sponsors.iter().zip(rents) {
        let lamports = sim.world.lamports(sponsor.pubkey()) + rent;
        same("what a sponsor has, with the rent of its devices", lamports, network.sponsor_lamports)?;
    }
    for case in &network.cases {
        let account: accounts::SuspensionCase = sim.world.account(case.address);
        same("is a case executed", account.is_executed(), case.executed)?;
    }
    Ok(())
}
