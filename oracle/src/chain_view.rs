//! The registry, vault and emission, read from the chain.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use solana_account::Account;
use solana_address::Address;
use trellis_client::{
    Chain,
    accounts::{DEVICE_ACTIVE, Device, DeviceClass, Emission, Network, Operator, ProgramAccount, Vault, decode},
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
    Registry::read(chain, target).await?.snapshot(epoch)
}

/// A network's registry and vault, as accounts.
pub struct Registry {
    /// What it holds is at least as new as this slot.
    pub slot: u64,
    target: Target,
    network: Network,
    vault: Vault,
    classes: BTreeMap<Address, DeviceClass>,
    operators: BTreeMap<Address, Operator>,
    devices: BTreeMap<Address, Device>,
}

impl Registry {
    /// Reads all of it.
    pub async fn read(chain: &Chain, target: &Target) -> Result<Self> {
        // The slot is read first: what follows is at least as new as the slot says. Devices come before the operators
        // and classes that they name: those only grow, so none that is named can be missing.
        let slot = chain.slot().await?;
        let network: Network = chain.fetch(&target.network).await.context("the network's account")?;
        let vault: Vault = chain.fetch(&target.vault).await.context("the reward vault")?;
        if vault.network != target.network {
            bail!("vault {} belongs to network {}, not to {}", target.vault, vault.network, target.network);
        }
        check_belong_together(&vault, &read_emission(chain, &target.network).await?)?;
        let devices = chain.of_network(&target.network).await?.into_iter().collect();
        let operators = chain.of_network(&target.network).await?.into_iter().collect();
        let classes = chain.of_network(&target.network).await?.into_iter().collect();
        let registry = Self { slot, target: *target, network, vault, classes, operators, devices };
        // An RPC server whose index lags would leave people unpaid for good: the network's own counters tell.
        if let Some((what, held, registered)) = registry.missing() {
            bail!(
                "the RPC server lists {held} {what}, but the network has {registered}: its index lags; will read again"
            );
        }
        Ok(registry)
    }

    /// The first kind of account of which there are fewer than the network says: how many there are, and should be.
    fn missing(&self) -> Option<(&'static str, usize, usize)> {
        self.counts().into_iter().find(|(_, held, registered)| held < registered)
    }

    /// Does it hold as many accounts of each kind as the network says? Not so for a moment after one came or went.
    pub fn is_whole(&self) -> bool {
        self.counts().iter().all(|(_, held, registered)| held == registered)
    }

    fn counts(&self) -> [(&'static str, usize, usize); 3] {
        [
            ("devices", self.devices.len(), self.network.live_device_count() as usize),
            ("operators", self.operators.len(), self.network.operator_count as usize),
            ("classes", self.classes.len(), usize::from(self.network.class_count)),
        ]
    }

    /// Takes in an account as it was at `slot`. False if that was before the registry was read, or it is none of ours.
    pub fn apply(&mut self, slot: u64, address: Address, account: &Account) -> bool {
        if slot < self.slot {
            return false;
        }
        if address == self.target.network {
            decode(&address, account).map(|network| self.network = network).is_ok()
        } else {
            put(&mut self.devices, address, account)
                || put(&mut self.operators, address, account)
                || put(&mut self.classes, address, account)
        }
    }

    /// What scoring `epoch` needs to know of it.
    pub fn snapshot(&self, epoch: Epoch) -> Result<Snapshot> {
        let mut classes: Vec<_> = self.classes.values().map(class).collect();
        classes.sort_by_key(|class| class.index);
        let mut operators: Vec<_> = self.operators.values().map(|found| operator(found, epoch)).collect();
        operators.sort_by_key(|operator| operator.index);
        let devices = self.devices.iter().map(|(address, found)| device(address, found));
        let mut devices: Vec<_> = devices.collect::<Result<_>>()?;
        devices.sort_by_key(|device| device.key);
        let snapshot = Snapshot {
            slot: self.slot,
            network: self.target.network.to_bytes(),
            vault: self.target.vault.to_bytes(),
            mint: self.vault.mint.to_bytes(),
            policy_hash: self.network.policy_hash,
            genesis_unix: self.network.genesis_unix,
            epoch_seconds: self.network.epoch_seconds,
            epoch_cap: self.vault.epoch_cap,
            emission: None,
            classes,
            operators,
            devices,
        };
        snapshot.validate().context("the registry, as read from the chain")?;
        Ok(snapshot)
    }
}

fn put<T: ProgramAccount>(accounts: &mut BTreeMap<Address, T>, address: Address, account: &Account) -> bool {
    decode(&address, account).map(|decoded| accounts.insert(address, decoded)).is_ok()
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

fn class(class: &DeviceClass) -> snapshot::Class {
    snapshot::Class {
        index: class.index,
        work_kind: class.work_kind,
        rated_power_watts: class.rated_power_watts,
        weight: class.weight,
    }
}

fn operator(operator: &Operator, epoch: Epoch) -> snapshot::Operator {
    snapshot::Operator {
        index: operator.index,
        wallet: operator.wallet.to_bytes(),
        payout_wallet: operator.payout_wallet_at(epoch).to_bytes(),
    }
}

fn device(address: &Address, device: &Device) -> Result<snapshot::Device> {
    Ok(snapshot::Device {
        key: device.device_key().with_context(|| format!("device {address} has a key of an unknown kind"))?,
        operator_index: device.operator_index,
        class_index: device.class_index,
        // A key that came later signs for no time before it: the key before it has spoken for that.
        registered_unix: device.key_since_unix,
        suspended: device.status != DEVICE_ACTIVE,
        index: device.index,
        cell: (device.cell != 0).then_some(device.cell),
        cell_set_unix: device.cell_set_unix,
    })
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
