//! Is the bundle's snapshot what the registry says? Operators and devices never change there but for a device's status,
//! so a snapshot can be checked at any later time.

use std::collections::{BTreeMap, BTreeSet};

use solana_address::Address;
use trellis_client::{
    Chain,
    accounts::{Device, Operator},
};
use trellis_core::Epoch;
use trellis_epoch::{Snapshot, encoding::base58};

use crate::commands::CheckFailed;

/// Errors unless every operator and device of the snapshot stands in the registry as it does here, and every device
/// that was registered before the epoch ended is in the snapshot.
pub async fn compare(snapshot: &Snapshot, epoch: Epoch, chain: &Chain) -> anyhow::Result<()> {
    let network = Address::new_from_array(snapshot.network);
    let operators = chain.of_network::<Operator>(&network).await?;
    let devices = chain.of_network::<Device>(&network).await?;
    compare_operators(snapshot, operators.into_iter().map(|(_, operator)| operator))?;
    compare_devices(snapshot, epoch, devices.into_iter().map(|(_, device)| device).collect())?;
    Ok(())
}

fn compare_operators(snapshot: &Snapshot, operators: impl Iterator<Item = Operator>) -> Result<(), CheckFailed> {
    let operators: BTreeMap<u32, Operator> = operators.map(|operator| (operator.index, operator)).collect();
    for claimed in &snapshot.operators {
        let same = operators.get(&claimed.index).is_some_and(|registered| {
            registered.wallet.to_bytes() == claimed.wallet
                && registered.payout_wallet.to_bytes() == claimed.payout_wallet
        });
        if !same {
            let (index, wallet) = (claimed.index, base58::encode(&claimed.wallet));
            return Err(CheckFailed(format!("the registry has no operator {index} with wallet {wallet} paid as here")));
        }
    }
    Ok(())
}

fn compare_devices(snapshot: &Snapshot, epoch: Epoch, devices: Vec<Device>) -> Result<(), CheckFailed> {
    let registered: BTreeMap<[u8; 32], &Device> = devices.iter().map(|device| (device.key, device)).collect();
    for claimed in &snapshot.devices {
        let same = registered.get(claimed.key.bytes()).is_some_and(|device| {
            device.operator_index == claimed.operator_index && device.class_index == claimed.class_index
        });
        if !same {
            let (key, index) = (base58::encode(claimed.key.bytes()), claimed.operator_index);
            return Err(CheckFailed(format!("the registry has no device {key} of operator {index}")));
        }
    }
    let end = snapshot.calendar().end_of(epoch);
    let early = devices.iter().filter(|device| end.is_some_and(|end| device.registered_unix < end));
    let claimed: BTreeSet<&[u8; 32]> = snapshot.devices.iter().map(|device| device.key.bytes()).collect();
    match early.into_iter().find(|device| !claimed.contains(&device.key)) {
        Some(left_out) => {
            let key = base58::encode(&left_out.key);
            Err(CheckFailed(format!(
                "device {key} was registered before epoch {epoch} ended, but is not in the bundle"
            )))
        }
        None => Ok(()),
    }
}
