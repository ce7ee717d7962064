//! Reading believes nothing: every file that is missing, changed or cut off is named.

use std::{fs, path::PathBuf};

use proptest::prelude::*;
use trellis_epoch::bundle::{self, Bundle, BundleError, parse_attestations, write};

use crate::{
    bundle_write::encoded,
    support::{honest_epoch, reading},
};

const FILES: [&str; 8] = [
    bundle::SNAPSHOT,
    bundle::POLICY,
    bundle::OPENING,
    bundle::ATTESTATIONS,
    bundle::VERDICTS,
    bundle::DEVICES,
    bundle::OPERATORS,
    bundle::CLOSING,
];

/// A bundle on the disk; gone with the first of the pair.
fn on_disk() -> (tempfile::TempDir, PathBuf) {
    let root = tempfile::tempdir().unwrap();
    let folder = write(root.path(), &encoded(honest_epoch(1, 0))).unwrap();
    (root, folder)
}

#[test]
fn read_without_any_one_file_names_it() {
    for name in FILES.into_iter().chain([bundle::MANIFEST]) {
        let (_root, folder) = on_disk();
        fs::remove_file(folder.join(name)).unwrap();
        let error = Bundle::read(&folder).unwrap_err();
        assert!(matches!(error, BundleError::Unreadable { .. }), "{error}");
        assert!(error.to_string().contains(name), "{error}");
    }
}

#[test]
fn read_with_any_one_file_changed_names_it() {
    for name in FILES {
        let (_root, folder) = on_disk();
        let mut bytes = fs::read(folder.join(name)).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(folder.join(name), bytes).unwrap();
        let error = Bundle::read(&folder).unwrap_err();
        assert!(matches!(&error, BundleError::Changed { path, .. } if path.ends_with(name)), "{error}");
    }
}

#[test]
fn read_with_any_one_file_cut_off_or_longer_names_it() {
    for name in FILES {
        for length_change in [-1i64, 1] {
            let (_root, folder) = on_disk();
            let mut bytes = fs::read(folder.join(name)).unwrap();
            bytes.resize((bytes.len() as i64 + length_change) as usize, b'\n');
            fs::write(folder.join(name), bytes).unwrap();
            let error = Bundle::read(&folder).unwrap_err();
            assert!(matches!(&error, BundleError::Changed { path, .. } if path.ends_with(name)), "{error}");
        }
    }
}

#[test]
fn read_of_a_broken_manifest_is_damaged() {
    let (_root, folder) = on_disk();
    let path = folder.join(bundle::MANIFEST);
    let good = fs::read_to_string(&path).unwrap();
    for (from, to) in [
        ("{\n", ""),
        ("\"epoch\"", "\"age\""),
        ("\"policy.json\"", "\"other.json\""),
        ("\"version\": 1", "\"version\": \"one\""),
    ] {
        fs::write(&path, good.replacen(from, to, 1)).unwrap();
        let error = Bundle::read(&folder).unwrap_err();
        assert!(matches!(&error, BundleError::Damaged { path, .. } if path.ends_with(bundle::MANIFEST)), "{error}");
    }
    fs::write(&path, &good.as_bytes()[..good.len() / 2]).unwrap();
    assert!(matches!(Bundle::read(&folder).unwrap_err(), BundleError::Damaged { .. }));
}

#[test]
fn read_of_a_newer_version_says_so() {
    let (_root, folder) = on_disk();
    let path = folder.join(bundle::MANIFEST);
    let newer = fs::read_to_string(&path).unwrap().replacen("\"version\": 1", "\"version\": 2", 1);
    fs::write(&path, newer).unwrap();
    let error = Bundle::read(&folder).unwrap_err();
    assert!(matches!(error, BundleError::UnknownVersion { version: 2, .. }), "{error}");
    assert!(error.to_string().contains("newer release"), "{error}");
}

#[test]
fn parse_attestations_of_bad_bytes_says_where_they_stop() {
    let one = reading(1, 0, 1, 1).signed().to_bytes();
    let framed = [(one.len() as u32).to_le_bytes().as_slice(), &one].concat();
    assert_eq!(parse_attestations(&[]), Ok(vec![]));
    assert_eq!(parse_attestations(&framed).map(|all| all.len()), Ok(1));
    let after_one = |rest: &[u8]| parse_attestations(&[&framed, rest].concat()).unwrap_err();
    assert_eq!(after_one(&[1, 2]), "attestation 1 has no length");
    assert_eq!(after_one(&[5, 0, 0, 0, 1]), "attestation 1 is cut off");
    assert_eq!(after_one(&[0xff; 4]), "attestation 1 is cut off");
    assert!(after_one(&[1, 0, 0, 0, 9]).starts_with("attestation 1: attestation version 9"));
}

proptest! {
    #[test]
    fn parse_attestations_of_random_bytes_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        // Framed as one, so that the inside is reached too.
        let framed = [(bytes.len() as u32).to_le_bytes().as_slice(), &bytes].concat();
        for bytes in [bytes, framed] {
            if let Ok(attestations) = parse_attestations(&bytes) {
                let again: Vec<u8> = attestations
                    .iter()
                    .map(|signed| signed.to_bytes())
                    .flat_map(|wire| [(wire.len() as u32).to_le_bytes().to_vec(), wire].concat())
                    .collect();
                prop_assert_eq!(again, bytes);
            }
        }
    }
}
