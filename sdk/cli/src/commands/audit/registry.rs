//! Is the bundle's snapshot what the registry says? The registry moves on: operators change where they are paid, devices
//! are handed over, get other keys, retire. What has changed since the epoch cannot be held against the bundle; all else
//! must be as it says, and no more devices may be missing than the registry says have left their keys.

use std::collections::{BTreeMap, BTreeSet};

use solana_address::Address;
use trellis_client::{
    Chain,
    accounts::{Device, Network, Operator},
};
use trellis_core::{DeviceKey, Epoch};
use trellis_epoch::{Snapshot, encoding::base58};

use crate::commands::CheckFailed;

/// Errors unless every operator and device of the snapshot stands in the registry as it does here, as far as the
/// registry remembers, and every device that had its key before the epoch ended is in the snapshot.
pub async fn compare(snapshot: &Snapshot, epoch: Epoch, chain: &Chain) -> anyhow::Result<()> {
    let network = Address::new_from_array(snapshot.network);
    let operators = chain.of_network::<Operator>(&network).await?;
    let devices = chain.of_network::<Device>(&network).await?;
    // Read last: whoever left meanwhile is counted.
    let account: Network = chain.fetch(&network).await?;
    let left = u64::from(account.retired_device_count) + u64::from(account.key_change_count);
    compare_operators(snapshot, epoch, operators.into_iter().map(|(_, operator)| operator))?;
    compare_devices(snapshot, epoch, devices.into_iter().map(|(_, device)| device).collect(), left)?;
    Ok(())
}

fn compare_operators(
    snapshot: &Snapshot,
    epoch: Epoch,
    operators: impl Iterator<Item = Operator>,
) -> Result<(), CheckFailed> {
    let operators: BTreeMap<u32, Operator> = operators.map(|operator| (operator.index, operator)).collect();
    for claimed in &snapshot.operators {
        let same = operators.get(&claimed.index).is_some_and(|registered| {
            registered.wallet.to_bytes() == claimed.wallet
                && (registered.payout_wallet_at(epoch).to_bytes() == claimed.payout_wallet
                    || epoch.get() < registered.payout_since_epoch)
        });
        if !same {
            let (index, wallet) = (claimed.index, base58::encode(&claimed.wallet));
            return Err(CheckFailed(format!("the registry has no operator {index} with wallet {wallet} paid as here")));
        }
    }
    Ok(())
}

/// `left` is how many devices have left a key for good: retired, or under another key since.
fn compare_devices(snapshot: &Snapshot, epoch: Epoch, devices: Vec<Device>, left: u64) -> Result<(), CheckFailed> {
    let end = snapshot.calendar().end_of(epoch);
    let since_then = |unix: i64| end.is_some_and(|end| unix >= end);
    let keyed = devices.iter().filter_map(|device| Some((device.device_key()?, device)));
    let registered: BTreeMap<DeviceKey, &Device> = keyed.collect();
    let mut missing = 0;
    for claimed in &snapshot.devices {
        let Some(device) = registered.get(&claimed.key) else {
            missing += 1;
            if missing > left {
                return Err(not_registered(claimed));
            }
            continue;
        };
        let same_operator = device.operator_index == claimed.operator_index || since_then(device.operator_since_unix);
        if !same_operator || device.class_index != claimed.class_index || device.index != claimed.index {
            return Err(not_registered(claimed));
        }
        let place = (claimed.cell.unwrap_or(0), claimed.cell_set_unix);
        if place != (device.cell, device.cell_set_unix) && !since_then(device.cell_set_unix) {
            let key = base58::encode(claimed.key.bytes());
            let (theirs, since) = (device.cell, device.cell_set_unix);
            return Err(CheckFailed(format!(
                "device {key} stands in cell {theirs:x} since {since}, the bundle says {:x} since {}",
                place.0, place.1
            )));
        }
    }
    let early = registered.iter().filter(|(_, device)| !since_then(device.key_since_unix));
    let claimed: BTreeSet<&DeviceKey> = snapshot.devices.iter().map(|device| &device.key).collect();
    match early.map(|(key, _)| key).find(|key| !claimed.contains(key)) {
        Some(left_out) => {
            let key = base58::encode(left_out.bytes());
            Err(CheckFailed(format!(
                "device {key} was registered before epoch {epoch} ended, but is not in the bundle"
            )))
        }
        None => Ok(()),
    }
}

fn not_registered(claimed: &trellis_epoch::snapshot::Device) -> CheckFailed {
    let (key, index) = (base58::encode(claimed.key.bytes()), claimed.operator_index);
    CheckFailed(format!("the registry has no device {key} of operator {index}"))
}
