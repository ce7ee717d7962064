//! What streams, subjects and message ids are called, and how a payload is laid out.
//!
//! ```text
//! stream      PREFIX_VAULT_PARTITION
//! attestation PREFIX.VAULT.PARTITION.EPOCH.BUCKET      EPOCH: the one that is to take it
//! seal marker PREFIX.VAULT.PARTITION.EPOCH.seal
//! payload     version u8 (1) ‖ received unix i64 LE ‖ wire bytes
//! message id  attestation id in hex ‖ "-" ‖ EPOCH
//! ```

use trellis_core::{DeviceKey, Epoch};
use trellis_epoch::{admission::AttestationId, encoding::base58};

/// Devices of a partition share this many subjects: what has to be read to find one of them.
const BUCKETS: u64 = 256;
/// Last part of a marker's subject.
const SEAL: &str = "seal";
const PAYLOAD_VERSION: u8 = 1;

/// Names below one prefix and vault.
#[derive(Clone, Debug)]
pub struct Names {
    prefix: String,
    vault: String,
    partitions: u64,
}

/// Where a device's attestations go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub partition: u64,
    bucket: u64,
}

impl Names {
    pub fn new(prefix: &str, vault: &[u8; 32], partitions: u16) -> Self {
        Self { prefix: prefix.to_owned(), vault: base58::encode(vault), partitions: u64::from(partitions.max(1)) }
    }

    pub fn partitions(&self) -> u64 {
        self.partitions
    }

    /// The same for the same key on every machine.
    pub fn place(&self, device: &DeviceKey) -> Place {
        let hash = blake3::hash(&device.to_bytes());
        let [first, second, ..] = hash.as_bytes().as_chunks::<8>().0 else { return Place { partition: 0, bucket: 0 } };
        let number = |bytes: &[u8; 8]| u64::from_le_bytes(*bytes);
        Place { partition: number(first) % self.partitions, bucket: number(second) % BUCKETS }
    }

    pub fn stream(&self, partition: u64) -> String {
        format!("{}_{}_{partition}", self.prefix, self.vault)
    }

    /// The bucket of what all machines must agree on.
    pub fn control(&self) -> String {
        format!("{}_{}_control", self.prefix, self.vault)
    }

    /// Everything in a partition.
    pub fn all(&self, partition: u64) -> String {
        format!("{}.{}.{partition}.>", self.prefix, self.vault)
    }

    pub fn attestation(&self, place: Place, epoch: Epoch) -> String {
        format!("{}.{}.{}.{epoch}.{}", self.prefix, self.vault, place.partition, place.bucket)
    }

    /// All attestations in the bucket of a device.
    pub fn bucket(&self, place: Place) -> String {
        format!("{}.{}.{}.*.{}", self.prefix, self.vault, place.partition, place.bucket)
    }

    /// All attestations of an epoch, and its marker.
    pub fn epoch(&self, partition: u64, epoch: Epoch) -> String {
        format!("{}.{}.{partition}.{epoch}.*", self.prefix, self.vault)
    }

    pub fn marker(&self, partition: u64, epoch: Epoch) -> String {
        format!("{}.{}.{partition}.{epoch}.{SEAL}", self.prefix, self.vault)
    }

    /// All markers of a partition.
    pub fn markers(&self, partition: u64) -> String {
        format!("{}.{}.{partition}.*.{SEAL}", self.prefix, self.vault)
    }

    /// One number for a message, whatever its partition.
    pub fn position(&self, partition: u64, sequence: u64) -> u64 {
        sequence.saturating_mul(self.partitions).saturating_add(partition)
    }
}

/// Epoch of a subject, and whether it is a marker's.
pub fn read_subject(subject: &str) -> Option<(Epoch, bool)> {
    let mut parts = subject.rsplit('.');
    let last = parts.next()?;
    Some((Epoch(parts.next()?.parse().ok()?), last == SEAL))
}

/// Within the stream's window, one of these is stored once.
pub fn message_id(id: &AttestationId, epoch: Epoch) -> String {
    format!("{}-{epoch}", hex::encode(id))
}

pub fn payload(received_unix: i64, wire: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(9 + wire.len());
    out.push(PAYLOAD_VERSION);
    out.extend_from_slice(&received_unix.to_le_bytes());
    out.extend_from_slice(wire);
    out
}

/// When it was received, and its wire bytes; `None` for what [`payload`] does not write.
pub fn read_payload(payload: &[u8]) -> Option<(i64, &[u8])> {
    let (version, rest) = payload.split_first()?;
    let (received, wire) = rest.split_first_chunk::<8>()?;
    (*version == PAYLOAD_VERSION).then(|| (i64::from_le_bytes(*received), wire))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn devices_spread_over_partitions_and_stay_where_they_are() {
        let names = Names::new("trellis", &[7; 32], 4);
        let mut counts = [0u32; 4];
        for number in 0..4_000u32 {
            let mut key = [0; 32];
            key[..4].copy_from_slice(&number.to_le_bytes());
            let place = names.place(&DeviceKey::Ed25519(key));
            assert_eq!(place, names.place(&DeviceKey::Ed25519(key)));
            counts[place.partition as usize] += 1;
        }
        assert!(counts.iter().all(|count| (800..1_200).contains(count)), "{counts:?}");
    }

    #[test]
    fn subjects_tell_epoch_and_markers() {
        let names = Names::new("trellis", &[7; 32], 4);
        let place = names.place(&DeviceKey::Ed25519([1; 32]));
        assert_eq!(read_subject(&names.attestation(place, Epoch(12))), Some((Epoch(12), false)));
        assert_eq!(read_subject(&names.marker(3, Epoch(12))), Some((Epoch(12), true)));
        assert_eq!(read_subject("trellis.x.seal"), None);
    }

    #[test]
    fn payload_of_another_version_or_too_short_is_none() {
        let written = payload(-5, b"wire");
        assert_eq!(read_payload(&written), Some((-5, &b"wire"[..])));
        assert_eq!(read_payload(&[&[2][..], &written[1..]].concat()), None);
        assert_eq!(read_payload(&written[..8]), None);
    }

    #[test]
    fn positions_of_different_messages_differ() {
        let names = Names::new("trellis", &[7; 32], 3);
        let mut positions: Vec<_> = (0..3)
            .flat_map(|partition| (1..100).map(move |sequence| (partition, sequence)))
            .map(|(partition, sequence)| names.position(partition, sequence))
            .collect();
        positions.sort_unstable();
        positions.dedup();
        assert_eq!(positions.len(), 297);
    }
}
