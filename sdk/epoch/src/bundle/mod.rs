//! Everything needed to recompute an epoch's root, on disk.
//!
//! A bundle is a folder `epoch-NNNNNNNN`:
//!
//! | file | holds | needed to recompute |
//! |---|---|---|
//! | `manifest.json` | the roots, the totals, BLAKE3 of every other file; its own BLAKE3 is the bundle's hash on the chain | |
//! | `manifest.sig` | the signature of the oracle that wrote this copy; not part of the bundle's hash | |
//! | `snapshot.json` | network, vault, classes and emission as they stood at a slot | yes |
//! | `registry_operators.parquet` | the registry's operators at that slot, by index | yes |
//! | `registry_devices.parquet` | the registry's devices at that slot, by key | yes |
//! | `policy.json` | the scoring rules | yes |
//! | `opening_operators.parquet` | what each operator had earned before, by index | yes |
//! | `opening_devices.parquet` | where each device's readings had ended, by key | yes |
//! | `corrections.parquet` | corrections that were handed in for this epoch, by number, and what became of each | but for the outcome |
//! | `attestations.parquet` | every acknowledged attestation, in canonical order, each identical one once | yes |
//! | `verdicts.parquet` | what became of each of them, in the same order | recomputed |
//! | `findings.parquet` | devices whose epoch earns nothing, by key, with reason and evidence | recomputed |
//! | `devices.parquet` | points of each device, by key: the leaves of the devices tree | recomputed |
//! | `operators.parquet` | the leaves of the rewards tree, by index | recomputed |
//! | `closing_devices.parquet` | where each device's readings end now, by key | recomputed |
//!
//! Tables are written and read as streams: no file has to fit in memory. Same epoch, same bytes: row groups have a fixed
//! number of rows, and no time, name or version of a program is in any file.

mod audit_output;
mod cells;
mod ledger_tables;
mod memory;
mod produce;
mod proofs;
mod read;
mod rows;
mod signature;
mod store;
mod table;
mod table_read;
mod tables;

pub use ledger_tables::CorrectionRow;
pub use memory::{EncodedBundle, encode};
pub use produce::{BlockSource, EpochBasis, Output, ProduceError, Produced, produce};
pub use proofs::Proofs;
pub use read::{Bundle, BundleError};
pub use rows::{DeviceRow, FindingRow, Manifest, OperatorLine, VerdictRow};
pub use signature::{ManifestSignature, SignatureError};
pub use store::{StoreError, folder_name, write};
pub use table_read::TableReader;

pub(crate) use audit_output::Comparison;
pub use audit_output::Difference;

pub const MANIFEST: &str = "manifest.json";
pub const SIGNATURE: &str = "manifest.sig";
pub const SNAPSHOT: &str = "snapshot.json";
pub const POLICY: &str = "policy.json";
pub const REGISTRY_OPERATORS: &str = "registry_operators.parquet";
pub const REGISTRY_DEVICES: &str = "registry_devices.parquet";
pub const OPENING_OPERATORS: &str = "opening_operators.parquet";
pub const OPENING_DEVICES: &str = "opening_devices.parquet";
pub const ATTESTATIONS: &str = "attestations.parquet";
pub const CORRECTIONS: &str = "corrections.parquet";
pub const FINDINGS: &str = "findings.parquet";
pub const VERDICTS: &str = "verdicts.parquet";
pub const DEVICES: &str = "devices.parquet";
pub const OPERATORS: &str = "operators.parquet";
pub const CLOSING_DEVICES: &str = "closing_devices.parquet";

/// All files that the manifest names.
pub const FILES: [&str; 13] = [
    SNAPSHOT,
    POLICY,
    REGISTRY_OPERATORS,
    REGISTRY_DEVICES,
    OPENING_OPERATORS,
    OPENING_DEVICES,
    CORRECTIONS,
    ATTESTATIONS,
    VERDICTS,
    FINDINGS,
    DEVICES,
    OPERATORS,
    CLOSING_DEVICES,
];

/// The files that say what the next epoch opens with.
pub const CLOSING_FILES: [&str; 2] = [OPERATORS, CLOSING_DEVICES];
