//! Reading believes nothing: every file that is missing, changed or cut off is named.

use std::{fs, path::PathBuf};

use ed25519_dalek::Signer;
use trellis_epoch::bundle::{self, Bundle, BundleError, ManifestSignature, SignatureError};

use crate::{
    bundle_write::{epoch_of, write_epoch},
    support::{UNREGISTERED, device_key, honest_epoch, signing_key},
};

/// A bundle on the disk; gone with the first of the pair.
fn on_disk() -> (tempfile::TempDir, PathBuf) {
    let root = tempfile::tempdir().unwrap();
    let folder = write_epoch(root.path(), &epoch_of(honest_epoch(1, 0)), None).unwrap();
    (root, folder)
}

#[test]
fn read_without_any_one_file_names_it() {
    for name in bundle::FILES.into_iter().chain([bundle::MANIFEST]) {
        let (_root, folder) = on_disk();
        fs::remove_file(folder.join(name)).unwrap();
        let error = Bundle::read(&folder).unwrap_err();
        assert!(matches!(error, BundleError::Unreadable { .. }), "{error}");
        assert!(error.to_string().contains(name), "{error}");
    }
}

#[test]
fn read_with_any_one_file_changed_names_it() {
    for name in bundle::FILES {
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
    for name in bundle::FILES {
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
        ("\"version\": 3", "\"version\": \"two\""),
    ] {
        fs::write(&path, good.replacen(from, to, 1)).unwrap();
        let error = Bundle::read(&folder).unwrap_err();
        assert!(matches!(&error, BundleError::Damaged { path, .. } if path.ends_with(bundle::MANIFEST)), "{error}");
    }
    fs::write(&path, &good.as_bytes()[..good.len() / 2]).unwrap();
    assert!(matches!(Bundle::read(&folder).unwrap_err(), BundleError::Damaged { .. }));
}

#[test]
fn read_of_another_version_says_so() {
    let (_root, folder) = on_disk();
    let path = folder.join(bundle::MANIFEST);
    let good = fs::read_to_string(&path).unwrap();
    for (version, text) in
        [(1, "{ \"version\": 1 }".to_owned()), (2, good.replacen("\"version\": 3", "\"version\": 2", 1))]
    {
        fs::write(&path, text).unwrap();
        let error = Bundle::open(&folder).unwrap_err();
        assert!(matches!(error, BundleError::UnknownVersion { version: found, .. } if found == version), "{error}");
        assert!(error.to_string().contains("use the release that wrote it"), "{error}");
    }
}

#[test]
fn verdicts_of_a_device_are_its_own_and_others_have_none() {
    let root = tempfile::tempdir().unwrap();
    let epoch = epoch_of([honest_epoch(1, 0), honest_epoch(3, 0), honest_epoch(2, 0)].concat());
    let bundle = Bundle::read(&write_epoch(root.path(), &epoch, None).unwrap()).unwrap();
    for device in [1, 2, 3] {
        let found = bundle.verdicts_of(&device_key(device)).unwrap();
        assert_eq!(found.len(), 6);
        assert!(found.iter().all(|row| row.device == device_key(device) && row.accepted_wh == Some(100)));
    }
    assert_eq!(bundle.verdicts_of(&device_key(UNREGISTERED)).unwrap(), []);
}

#[test]
fn tables_that_are_none_are_damaged_not_a_panic() {
    for bytes in [&b""[..], b"PAR1", b"PAR1PAR1", b"PAR1\xff\xff\xff\xffPAR1", &[0; 500]] {
        let (_root, folder) = on_disk();
        fs::write(folder.join(bundle::VERDICTS), bytes).unwrap();
        let bundle = Bundle::open(&folder).unwrap();
        let error = bundle.verdicts_of(&device_key(1)).unwrap_err();
        assert!(
            matches!(error, BundleError::Damaged { .. }) && error.to_string().contains(bundle::VERDICTS),
            "{error}"
        );
    }
}

#[test]
fn signature_beside_the_manifest_is_the_oracle_s_and_is_not_hashed() {
    let (_root, folder) = on_disk();
    let unsigned = Bundle::read(&folder).unwrap();
    assert_eq!(unsigned.signer().unwrap(), None);
    let key = signing_key(77);
    let oracle = key.verifying_key().to_bytes();
    let sign = |hash| key.sign(&ManifestSignature::signing_bytes(hash)).to_bytes();
    ManifestSignature::new(oracle, sign(&unsigned.hash)).write(&folder).unwrap();
    let signed = Bundle::read(&folder).unwrap();
    assert_eq!((signed.hash, signed.signer().unwrap()), (unsigned.hash, Some(oracle)));
    // The first one stays.
    ManifestSignature::new([1; 32], [1; 64]).write(&folder).unwrap();
    assert_eq!(signed.signer().unwrap(), Some(oracle));

    fs::remove_file(folder.join(bundle::SIGNATURE)).unwrap();
    ManifestSignature::new(oracle, sign(&[1; 32])).write(&folder).unwrap();
    let error = signed.signer().unwrap_err();
    assert!(matches!(error, SignatureError::Wrong { .. }), "{error}");
    fs::write(folder.join(bundle::SIGNATURE), "{}").unwrap();
    assert!(matches!(signed.signer().unwrap_err(), SignatureError::Bundle(BundleError::Damaged { .. })));
}
