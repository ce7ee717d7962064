//! The log in this process's data folder: for each epoch a folder of segments, written in groups.
//!
//! ```text
//! data/lock                                     held by the process that has the log open
//! data/state.json                               vault, which epochs are sealed, which are closed
//! data/epoch-00000007/segment-000000000000.log  attestations in order of arrival; the number is its first position
//! data/epoch-00000007/segment-000000000000.index  where each device's are, once the segment is full
//! ```
//!
//! An epoch's attestations are in a folder of their own, so that it can go as a whole once it is closed.

mod active;
mod disk;
mod epoch_log;
mod folder;
mod frame;
mod full;
mod index;
mod lookup;
mod places;
mod scan;
mod seen;
mod segment;
mod shared;
mod state;
mod store;
#[cfg(test)]
mod tests;

pub use store::LogStore;

use seen::DeviceTag;
use trellis_core::DeviceKey;

/// A key that somebody can sign with is a point of a curve that he did not choose: its bytes are as good as random.
fn tag_of(device: &DeviceKey) -> DeviceTag {
    let key = device.bytes();
    u64::from_le_bytes(std::array::from_fn(|byte| key[key.len() - 16 + byte]))
}
