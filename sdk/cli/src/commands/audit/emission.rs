//! Is the bundle's emission what the vault received?

use solana_address::Address;
use trellis_client::{
    Chain,
    accounts::{Emission, Vault},
    addresses,
};
use trellis_core::{Amount, Epoch};
use trellis_epoch::Snapshot;

use crate::commands::CheckFailed;

/// Errors unless the vault at `vault` received for `epoch` what the snapshot says. The chain tells for the last 64 epochs
/// emitted, and for all of them where nothing burned is recycled; of others there is nothing to compare.
pub async fn compare(snapshot: &Snapshot, epoch: Epoch, chain: &Chain, vault: &Address) -> anyhow::Result<()> {
    let vault: Vault = chain.fetch(vault).await?;
    let emission: Emission = chain.fetch(&addresses::emission(&vault.network)).await?;
    if epoch.get() >= emission.next_epoch {
        return Err(CheckFailed(format!("epoch {epoch} was not emitted yet, but is closed in the bundle")).into());
    }
    if !emission.pays(&vault.token_account) {
        return Err(CheckFailed("the network's emission does not pay this vault".to_owned()).into());
    }
    match emission.received_in(&vault.token_account, epoch) {
        Some(received) if snapshot.emission.map(Amount) != Some(received) => {
            let claimed = snapshot.emission.unwrap_or(0);
            Err(CheckFailed(format!("epoch {epoch} emitted {received} into the vault, the bundle says {claimed}"))
                .into())
        }
        _ => Ok(()),
    }
}
