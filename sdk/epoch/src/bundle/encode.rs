//! An epoch's bundle as bytes: same epoch, same bytes.

use std::collections::BTreeMap;

use serde::Serialize;
use trellis_core::{Epoch, Hash, attestation::SignedAttestation, root_content::RootContent};

use super::{
    ATTESTATIONS, CLOSING, DEVICES, MANIFEST, OPENING, OPERATORS, POLICY, SNAPSHOT, VERDICTS,
    rows::{DeviceRow, FileEntry, Manifest, OperatorLine, VerdictRow},
};
use crate::{close::ClosedEpoch, policy::Policy, snapshot::Snapshot, state::LedgerState};

/// A bundle's files, and the hash that goes to the chain.
#[derive(Clone, Debug)]
pub struct EncodedBundle {
    pub manifest: Manifest,
    /// By name; the manifest is one of them.
    pub files: BTreeMap<&'static str, Vec<u8>>,
    /// BLAKE3 of the manifest's bytes.
    pub hash: Hash,
}

impl EncodedBundle {
    pub fn root_content(&self) -> RootContent {
        self.manifest.root_content(self.hash)
    }
}

/// Encodes an epoch that was closed from `snapshot`, `policy` and `opening`.
pub fn encode(
    epoch: Epoch,
    snapshot: &Snapshot,
    policy: &Policy,
    opening: &LedgerState,
    closed: &ClosedEpoch,
    previous_bundle: Option<Hash>,
) -> EncodedBundle {
    let mut files = BTreeMap::from([
        (SNAPSHOT, pretty(snapshot)),
        (POLICY, policy.canonical_bytes()),
        (OPENING, pretty(opening)),
        (ATTESTATIONS, encode_attestations(&closed.attestations)),
        (VERDICTS, lines(closed.verdicts.iter().map(VerdictRow::from))),
        (DEVICES, lines(closed.devices.iter().map(DeviceRow::from))),
        (OPERATORS, lines(closed.operators.iter().map(OperatorLine::from))),
        (CLOSING, pretty(&closed.closing)),
    ]);
    let entry =
        |bytes: &Vec<u8>| FileEntry { bytes: bytes.len() as u64, blake3: blake3::hash(bytes).to_hex().to_string() };
    let manifest = Manifest {
        version: 1,
        network: snapshot.network,
        vault: snapshot.vault,
        epoch: epoch.get(),
        root: closed.rewards_tree.root(),
        devices_root: closed.devices_tree.root(),
        // Operator indices are u32, so their number fits.
        leaf_count: closed.operators.len() as u32,
        cumulative_total: closed.cumulative_total.get(),
        emission: closed.emission.get(),
        distributed: closed.distributed.get(),
        carry: closed.closing.carry,
        previous_bundle: previous_bundle.map(hex::encode),
        files: files.iter().map(|(name, bytes)| ((*name).to_owned(), entry(bytes))).collect(),
    };
    let manifest_bytes = pretty(&manifest);
    let hash = *blake3::hash(&manifest_bytes).as_bytes();
    files.insert(MANIFEST, manifest_bytes);
    EncodedBundle { manifest, files, hash }
}

/// JSON with one field a line and a final newline.
fn pretty(value: &impl Serialize) -> Vec<u8> {
    // Plain structs, vectors and string-keyed maps always serialize.
    let mut bytes = serde_json::to_vec_pretty(value).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}

/// One JSON object a line.
fn lines(rows: impl Iterator<Item = impl Serialize>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for row in rows {
        bytes.extend(serde_json::to_vec(&row).unwrap_or_default());
        bytes.push(b'\n');
    }
    bytes
}

/// Length u32 LE, then the wire bytes, for each.
fn encode_attestations(attestations: &[SignedAttestation]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for signed in attestations {
        let wire = signed.to_bytes();
        // At most MAX_WIRE_BYTES, which is far below a u32.
        bytes.extend((wire.len() as u32).to_le_bytes());
        bytes.extend(wire);
    }
    bytes
}
