//! Everything needed to recompute an epoch's root, on disk.
//!
//! A bundle is a folder `epoch-NNNNNNNN`:
//!
//! | file | holds | needed to recompute |
//! |---|---|---|
//! | `manifest.json` | the roots, the totals, BLAKE3 of every other file; its own BLAKE3 is the bundle's hash on the chain | |
//! | `snapshot.json` | registry and vault at a slot, and what the epoch emitted into the vault | yes |
//! | `policy.json` | the scoring rules | yes |
//! | `opening.json` | what the epoch before left | yes |
//! | `attestations.bin` | every acknowledged attestation: length u32 LE, wire bytes; in canonical order | yes |
//! | `verdicts.jsonl` | what became of each of them | recomputed |
//! | `devices.jsonl` | points of each device | recomputed |
//! | `operators.jsonl` | the leaves of the rewards tree | recomputed |
//! | `closing.json` | what the next epoch opens with | recomputed |

mod encode;
mod read;
mod rows;
mod store;

pub use encode::{EncodedBundle, encode};
pub use read::{Bundle, BundleError, parse_attestations};
pub use rows::{DeviceRow, Manifest, OperatorLine, VerdictRow};
pub use store::{StoreError, folder_name, write};

pub const MANIFEST: &str = "manifest.json";
pub const SNAPSHOT: &str = "snapshot.json";
pub const POLICY: &str = "policy.json";
pub const OPENING: &str = "opening.json";
pub const ATTESTATIONS: &str = "attestations.bin";
pub const VERDICTS: &str = "verdicts.jsonl";
pub const DEVICES: &str = "devices.jsonl";
pub const OPERATORS: &str = "operators.jsonl";
pub const CLOSING: &str = "closing.json";
