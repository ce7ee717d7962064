//! The registry, vault and emission, read from the chain.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use solana_address::Address;
use trellis_client::{
    Chain,
    accounts::{DEVICE_ACTIVE, Device, DeviceClass, Emission, Network, Operator, Vault},
    addresses,
};
use trellis_core::{Amount, Epoch};
use trellis_epoch::{Snapshot, snapshot};

/// Which accounts an oracle works for.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    pub network: Address,
    pub vault: Address,
}

impl Target {
    /// The vault given, or that of the network's own mint.
    pub fn new(network: Address, vault: Option<Address>) -> Self {
        let vault = vault.unwrap_or_else(|| addresses::vault(&network, &addresses::mint(&network)));
        Self { network, vault }
    }
}

/// What the chain says of an epoch's emission into the vault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received {
    /// Nobody has emitted the epoch yet.
    NotYet,
    /// This much came in. It never changes any more.
    Amount(Amount),
    /// It was emitted so long ago that the emission's account does not tell any more.
    Forgotten,
}

/// Reads what the vault received for `epoch`.
pub async fn read_received(chain: &Chain, target: &Target, epoch: Epoch) -> Result<Received> {
    let vault: Vault = chain.fetch(&target.vault).await.context("the reward vault")?;
    let emission = read_emission(chain, &target.network).await?;
    check_belong_together(&vault, &emission)?;
    if epoch.get() >= emission.next_epoch {
        return Ok(Received::NotYet);
    }
    Ok(emission.received_in(&vault.token_account, epoch).map_or(Received::Forgotten, Received::Amount))
}

/// Reads the network's emission.
pub async fn read_emission(chain: &Chain, network: &Address) -> Result<Emission> {
    chain.fetch(&addresses::emission(network)).await.context("the network's emission")
}

/// Reads everything that `epoch` depends on but its emission, for which see [`read_received`].
pub async fn read_snapshot(chain: &Chain, target: &Target, epoch: Epoch) -> Result<Snapshot> {
    // The slot is read first: what the snapshot holds is at least as new as the slot says. Devices come before the
    // operators and classes that they name: those only grow, so none that is named can be missing.
    let slot = chain.slot().await?;
    let network: Network = chain.fetch(&target.network).await.context("the network's account")?;
    let vault: Vault = chain.fetch(&target.vault).await.context("the reward vault")?;
    if vault.network != target.network {
        bail!("vault {} belongs to network {}, not to {}", target.vault, vault.network, target.network);
    }
    check_belong_together(&vault, &read_emission(chain, &target.network).await?)?;
    let devices = read_devices(chain, target).await?;
    let operators = read_operators(chain, target, epoch).await?;
    let classes = read_classes(chain, target).await?;
    // An RPC server whose index lags would leave people unpaid for good: the network's own counters tell.
    for (what, read, registered) in [
        ("devices", devices.len(), network.live_device_count() as usize),
        ("operators", operators.len(), network.operator_count as usize),
        ("classes", classes.len(), usize::from(network.class_count)),
    ] {
        if read < registered {
            bail!(
                "the RPC server lists {read} {what}, but the network has {registered}: its index lags; will read again"
            );
        }
    }
    let snapshot = Snapshot {
        slot,
        network: target.network.to_bytes(),
        vault: target.vault.to_bytes(),
        mint: vault.mint.to_bytes(),
        policy_hash: network.policy_hash,
        genesis_unix: network.genesis_unix,
        epoch_seconds: network.epoch_seconds,
        epoch_cap: vault.epoch_cap,
        emission: None,
        classes,
        operators,
        devices,
    };
    snapshot.validate().context("the registry, as read from the chain")?;
    Ok(snapshot)
}

/// Errors unless the emission mints into this vault.
fn check_belong_together(vault: &Vault, emission: &Emission) -> Result<()> {
    if emission.mint != vault.mint || !emission.pays(&vault.token_account) {
        bail!(
            "the network's emission mints {}, and none of its destinations is {}, where the vault holds {}: this vault \
             would promise tokens that never arrive",
            emission.mint,
            vault.token_account,
            vault.mint
        );
    }
    Ok(())
}

async fn read_classes(chain: &Chain, target: &Target) -> Result<Vec<snapshot::Class>> {
    let mut classes: Vec<_> = chain
        .of_network::<DeviceClass>(&target.network)
        .await?
        .into_iter()
        .map(|(_, class)| snapshot::Class {
            index: class.index,
            work_kind: class.work_kind,
            rated_power_watts: class.rated_power_watts,
            weight: class.weight,
        })
        .collect();
    classes.sort_by_key(|class| class.index);
    Ok(classes)
}

async fn read_operators(chain: &Chain, target: &Target, epoch: Epoch) -> Result<Vec<snapshot::Operator>> {
    let mut operators: Vec<_> = chain
        .of_network::<Operator>(&target.network)
        .await?
        .into_iter()
        .map(|(_, operator)| snapshot::Operator {
            index: operator.index,
            wallet: operator.wallet.to_bytes(),
            payout_wallet: operator.payout_wallet_at(epoch).to_bytes(),
        })
        .collect();
    operators.sort_by_key(|operator| operator.index);
    Ok(operators)
}

async fn read_devices(chain: &Chain, target: &Target) -> Result<Vec<snapshot::Device>> {
    let mut devices = Vec::new();
    for (address, device) in chain.of_network::<Device>(&target.network).await? {
        devices.push(snapshot::Device {
            key: device.device_key().with_context(|| format!("device {address} has a key of an unknown kind"))?,
            operator_index: device.operator_index,
            class_index: device.class_index,
            // A key that came later signs for no time before it: the key before it has spoken for that.
            registered_unix: device.key_since_unix,
            suspended: device.status != DEVICE_ACTIVE,
        });
    }
    devices.sort_by_key(|device| device.key);
    Ok(devices)
}

/// The latest snapshot, shared. Readers never wait for the chain.
#[derive(Clone)]
pub struct SnapshotCell(Arc<RwLock<Held>>);

struct Held {
    snapshot: Arc<Snapshot>,
    /// When it was last known to be the registry as it is.
    known_at: Instant,
}

impl SnapshotCell {
    pub fn new(snapshot: Snapshot) -> Self {
        Self(Arc::new(RwLock::new(Held { snapshot: Arc::new(snapshot), known_at: Instant::now() })))
    }

    pub fn get(&self) -> Arc<Snapshot> {
        // A poisoned lock still holds a whole snapshot: it is replaced in one step.
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner).snapshot)
    }

    pub fn set(&self, snapshot: Snapshot) {
        let held = Held { snapshot: Arc::new(snapshot), known_at: Instant::now() };
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = held;
    }

    /// The snapshot is still the registry as it is.
    pub fn confirm(&self) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).known_at = Instant::now();
    }

    /// How long ago it was known to be the registry as it is.
    pub fn age(&self) -> Duration {
        self.0.read().unwrap_or_else(PoisonError::into_inner).known_at.elapsed()
    }
}
