//! Is the snapshot that another oracle closed an epoch with one that the chain showed?
//!
//! Oracles read the registry at different moments, and nobody can read it as it was. So each remembers what it saw itself
//! since the epoch was over, and holds another's snapshot against that. The rules:
//!
//! | of the snapshot | must be |
//! |---|---|
//! | network, vault, mint, genesis, epoch length, the epoch's emission | what they are: none ever changes |
//! | policy, cap of an epoch, a class, an operator | as it is now, or as it was seen since the epoch was over |
//! | a device that was registered before the epoch's end | there; as it is now, or as it was seen since |
//! | a device that came later | anything: it earns nothing in the epoch |
//! | operators and classes | those that were there when the epoch was over, at least |
//!
//! So no leader can invent a device, a suspension or an owner, or leave somebody out: everything that it may choose from
//! was on the chain after the epoch. And honest oracles cannot be kept apart: what an honest leader read was on the
//! chain, and who did not see it in time finds the next leader's snapshot, which is read later, to be right.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use trellis_core::DeviceKey;
use trellis_epoch::{
    Snapshot,
    encoding::base58,
    snapshot::{Class, Device, Operator},
};

/// Why a snapshot is not taken for one that the chain showed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Implausible {
    #[error("it says slot {theirs}, and the chain is at {ours} here: this is looked at again")]
    Ahead { theirs: u64, ours: u64 },
    #[error("{field} is {theirs} in it, and {ours} on the chain")]
    Header { field: &'static str, theirs: String, ours: String },
    #[error("it lacks {what}, which the chain has since before the epoch's end")]
    Missing { what: String },
    #[error("{what} is {theirs} in it, and the chain did not show that since the epoch was over: it shows {ours}")]
    Never { what: String, theirs: String, ours: String },
}

/// Everything that was seen of the registry and the vault since the epoch was over: what was seen first, and whatever was
/// seen otherwise later.
#[derive(Debug, Default)]
pub struct Seen {
    first: Option<Arc<Snapshot>>,
    policies: BTreeSet<[u8; 32]>,
    caps: BTreeSet<u64>,
    classes: BTreeMap<u16, Vec<Class>>,
    operators: BTreeMap<u32, Vec<Operator>>,
    devices: BTreeMap<DeviceKey, Vec<Device>>,
    /// Grows with everything new.
    version: u64,
    slot: u64,
}

impl Seen {
    /// Changes when something is plausible that was not before.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Takes in what the chain shows. The first must have been read after the epoch's end.
    pub fn look(&mut self, snapshot: &Arc<Snapshot>) {
        let first = Arc::clone(self.first.get_or_insert_with(|| Arc::clone(snapshot)));
        let mut new = self.policies.insert(snapshot.policy_hash);
        new |= self.caps.insert(snapshot.epoch_cap);
        for class in &snapshot.classes {
            new |= add(&mut self.classes, class.index, class, first.class(class.index));
        }
        for operator in &snapshot.operators {
            new |= add(&mut self.operators, operator.index, operator, first.operators.get(operator.index as usize));
        }
        for device in &snapshot.devices {
            new |= add(&mut self.devices, device.key, device, first.device(&device.key));
        }
        new |= snapshot.slot > self.slot;
        self.slot = self.slot.max(snapshot.slot);
        self.version += u64::from(new);
    }

    /// Errors unless `theirs` is one that the chain may have shown since the epoch was over, which ended at
    /// `end_unix`. `ours` is what it shows now, with the epoch's emission.
    pub fn check(&self, theirs: &Snapshot, ours: &Snapshot, end_unix: i64) -> Result<(), Implausible> {
        let first = self.first.as_deref().unwrap_or(ours);
        if theirs.slot > self.slot.max(ours.slot) {
            return Err(Implausible::Ahead { theirs: theirs.slot, ours: self.slot.max(ours.slot) });
        }
        self.check_header(theirs, ours)?;
        for class in &theirs.classes {
            let what = || format!("class {}", class.index);
            plausible(class, first.class(class.index), self.classes.get(&class.index), what)?;
        }
        if let Some(class) = first.classes.iter().find(|class| theirs.class(class.index).is_none()) {
            return Err(Implausible::Missing { what: format!("class {}", class.index) });
        }
        for operator in &theirs.operators {
            let (index, what) = (operator.index, || format!("operator {}", operator.index));
            plausible(operator, first.operators.get(index as usize), self.operators.get(&index), what)?;
        }
        if theirs.operators.len() < first.operators.len() {
            return Err(Implausible::Missing { what: format!("operator {}", theirs.operators.len()) });
        }
        let name = |device: &Device| format!("device {}", base58::encode(device.key.bytes()));
        let is_from_before = |device: &Device| device.registered_unix < end_unix;
        for device in &theirs.devices {
            let (first, more) = (first.device(&device.key), self.devices.get(&device.key));
            let seen_before = first.into_iter().chain(more.into_iter().flatten()).any(is_from_before);
            // Nor can one from before be made one that came later.
            if seen_before || is_from_before(device) {
                plausible(device, first, more, || name(device))?;
            }
        }
        let mut here = ours.devices.iter().filter(|device| is_from_before(device));
        match here.find(|device| theirs.device(&device.key).is_none()) {
            Some(device) => Err(Implausible::Missing { what: name(device) }),
            None => Ok(()),
        }
    }

    fn check_header(&self, theirs: &Snapshot, ours: &Snapshot) -> Result<(), Implausible> {
        let differs = |field, theirs: String, ours: String| Err(Implausible::Header { field, theirs, ours });
        for (field, theirs, ours) in [
            ("the network", theirs.network, ours.network),
            ("the vault", theirs.vault, ours.vault),
            ("the mint", theirs.mint, ours.mint),
        ] {
            if theirs != ours {
                return differs(field, base58::encode(&theirs), base58::encode(&ours));
            }
        }
        if theirs.genesis_unix != ours.genesis_unix {
            return differs("genesis", theirs.genesis_unix.to_string(), ours.genesis_unix.to_string());
        }
        if theirs.epoch_seconds != ours.epoch_seconds {
            return differs("the epoch's length", theirs.epoch_seconds.to_string(), ours.epoch_seconds.to_string());
        }
        if theirs.emission != ours.emission {
            let text =
                |emission: Option<u64>| emission.map_or_else(|| "unknown".to_owned(), |amount| amount.to_string());
            return differs("the epoch's emission", text(theirs.emission), text(ours.emission));
        }
        if !self.policies.contains(&theirs.policy_hash) {
            return differs("the policy's hash", hex::encode(theirs.policy_hash), hex::encode(ours.policy_hash));
        }
        if !self.caps.contains(&theirs.epoch_cap) {
            return differs("the cap of an epoch", theirs.epoch_cap.to_string(), ours.epoch_cap.to_string());
        }
        Ok(())
    }
}

/// Adds a row unless it is as it was seen first, or later. True if it is new.
fn add<K: Ord, T: Copy + PartialEq>(more: &mut BTreeMap<K, Vec<T>>, key: K, row: &T, first: Option<&T>) -> bool {
    if first == Some(row) {
        return false;
    }
    let rows = more.entry(key).or_default();
    let new = !rows.contains(row);
    if new {
        rows.push(*row);
    }
    new
}

/// A row of the registry, for people.
trait Row: PartialEq {
    fn words(&self) -> String;
}

impl Row for Class {
    fn words(&self) -> String {
        let Self { work_kind, rated_power_watts, weight, .. } = self;
        format!("of work kind {work_kind}, {rated_power_watts} W, weight {weight}")
    }
}

impl Row for Operator {
    fn words(&self) -> String {
        format!("of wallet {}, paid to {}", base58::encode(&self.wallet), base58::encode(&self.payout_wallet))
    }
}

impl Row for Device {
    fn words(&self) -> String {
        let Self { operator_index, class_index, registered_unix, suspended, index, cell, cell_set_unix, .. } = self;
        let state = if *suspended { "suspended" } else { "active" };
        let place = cell.map_or_else(String::new, |cell| format!(", in cell {cell:x} since {cell_set_unix}"));
        format!(
            "number {index} of operator {operator_index}, of class {class_index}, since {registered_unix}, {state}{place}"
        )
    }
}

fn plausible<T: Row>(
    theirs: &T,
    first: Option<&T>,
    more: Option<&Vec<T>>,
    what: impl Fn() -> String,
) -> Result<(), Implausible> {
    let more = more.map_or(&[][..], Vec::as_slice);
    if first == Some(theirs) || more.contains(theirs) {
        return Ok(());
    }
    let ours = more.last().or(first).map_or_else(|| "none".to_owned(), Row::words);
    Err(Implausible::Never { what: what(), theirs: theirs.words(), ours })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const END: i64 = 1_000;

    fn device(number: u8, registered_unix: i64) -> Device {
        Device {
            key: DeviceKey::Ed25519([number; 32]),
            operator_index: 0,
            class_index: 0,
            registered_unix,
            suspended: false,
            index: u32::from(number),
            cell: None,
            cell_set_unix: 0,
        }
    }

    fn operator(index: u32) -> Operator {
        Operator { index, wallet: [index as u8; 32], payout_wallet: [9; 32] }
    }

    fn snapshot() -> Snapshot {
        Snapshot {
            slot: 50,
            network: [1; 32],
            vault: [2; 32],
            mint: [3; 32],
            policy_hash: [4; 32],
            genesis_unix: 0,
            epoch_seconds: 1_000,
            epoch_cap: 100,
            emission: Some(7),
            classes: vec![Class { index: 0, work_kind: 1, rated_power_watts: 5, weight: 1 }],
            operators: vec![operator(0), operator(1)],
            devices: vec![device(1, 10), device(2, 999)],
        }
    }

    fn changed(change: impl FnOnce(&mut Snapshot)) -> Snapshot {
        let mut changed = snapshot();
        change(&mut changed);
        changed
    }

    /// What one who saw these, the last of them now, says of `theirs`.
    fn verdict(seen: &[Snapshot], theirs: &Snapshot) -> Result<(), Implausible> {
        let mut all = Seen::default();
        seen.iter().for_each(|snapshot| all.look(&Arc::new(snapshot.clone())));
        all.check(theirs, seen.last().unwrap(), END)
    }

    #[test]
    fn the_same_an_earlier_and_a_longer_registry_are_plausible() {
        verdict(&[snapshot()], &snapshot()).unwrap();
        let grown = changed(|snapshot| {
            snapshot.slot = 60;
            snapshot.operators.push(operator(2));
            snapshot.devices.push(device(3, 1_000));
        });
        verdict(&[snapshot(), grown.clone()], &snapshot()).unwrap();
        verdict(&[snapshot(), grown.clone()], &grown).unwrap();
    }

    #[test]
    fn what_changed_after_the_epoch_is_plausible_once_it_was_seen() {
        let changes: [fn(&mut Snapshot); 6] = [
            |snapshot| snapshot.devices[0].suspended = true,
            |snapshot| snapshot.devices[0].operator_index = 1,
            |snapshot| snapshot.operators[1].payout_wallet = [8; 32],
            |snapshot| snapshot.classes[0].weight = 2,
            |snapshot| snapshot.policy_hash = [5; 32],
            |snapshot| snapshot.epoch_cap = 101,
        ];
        for change in changes {
            let other = changed(change);
            verdict(&[snapshot()], &other).unwrap_err();
            // Whichever of the two the leader read.
            for theirs in [snapshot(), other.clone()] {
                verdict(&[other.clone(), snapshot()], &theirs).unwrap();
                verdict(&[snapshot(), other.clone()], &theirs).unwrap();
            }
        }
        // A device that retired: whoever saw it takes it, whoever did not waits for the next leader.
        let retired = changed(|snapshot| {
            snapshot.devices.remove(0);
        });
        verdict(&[snapshot(), retired.clone()], &snapshot()).unwrap();
        verdict(std::slice::from_ref(&retired), &snapshot()).unwrap_err();
        verdict(&[snapshot(), retired.clone()], &retired).unwrap();
    }

    #[test]
    fn nothing_can_be_invented_or_left_out() {
        type Change = fn(&mut Snapshot);
        let changes: [(Change, &str); 18] = [
            (|s| s.devices.push(device(9, 10)), "did not show"),
            (|s| s.devices.truncate(1), "lacks device"),
            (|s| s.devices[1].registered_unix = 5, "did not show"),
            (|s| s.devices[1].registered_unix = END, "did not show"),
            (|s| s.operators.truncate(1), "lacks operator 1"),
            (|s| s.operators.push(operator(2)), "operator 2 is"),
            (|s| s.operators[0].payout_wallet = [0; 32], "operator 0 is"),
            (|s| s.classes.clear(), "lacks class 0"),
            (|s| s.emission = Some(8), "the epoch's emission is 8 in it, and 7"),
            (|s| s.emission = None, "the epoch's emission is unknown"),
            (|s| s.network = [0; 32], "the network is"),
            (|s| s.vault = [0; 32], "the vault is"),
            (|s| s.mint = [0; 32], "the mint is"),
            (|s| s.genesis_unix = 1, "genesis is 1"),
            (|s| s.epoch_seconds = 1, "the epoch's length is 1"),
            (|s| s.epoch_cap = 1, "the cap of an epoch is 1"),
            (|s| s.policy_hash = [0; 32], "the policy's hash is"),
            (|s| s.slot = 51, "slot 51, and the chain is at 50"),
        ];
        for (change, words) in changes {
            let refused = verdict(&[snapshot()], &changed(change)).unwrap_err().to_string();
            assert!(refused.contains(words), "{refused}");
        }
    }

    #[test]
    fn device_that_came_after_the_epoch_may_be_there_or_not() {
        let with_late = changed(|snapshot| snapshot.devices.push(device(3, END)));
        verdict(&[snapshot()], &with_late).unwrap();
        verdict(&[with_late], &snapshot()).unwrap();
    }
}
