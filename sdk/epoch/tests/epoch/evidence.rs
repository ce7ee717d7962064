//! Whether acknowledged work was counted, and what proves that it was not.

use ed25519_dalek::{Signer, SigningKey};
use trellis_core::{
    Epoch,
    attestation::SignedAttestation,
    receipt::{Receipt, ReceiptTree, SignedReceipt},
};
use trellis_epoch::{
    Reason,
    admission::attestation_id,
    bundle::{Bundle, BundleError, ManifestSignature},
    evidence::{Evidence, EvidenceError, Manifested, verdict_in},
};

use crate::{
    bundle_write::{epoch_of, write_epoch},
    support::{NETWORK, SUSPENDED, honest_epoch, reading},
};

fn oracle(number: u8) -> SigningKey {
    SigningKey::from_bytes(&[0x70 + number; 32])
}

/// The oracle's receipt for `signed`, alone in its answer.
fn receipt(oracle: &SigningKey, signed: &SignedAttestation, epoch: u64, network: [u8; 32]) -> SignedReceipt {
    let attestation_id = attestation_id(signed);
    let receipt = Receipt { network, attestation_id, epoch: Epoch(epoch), position: 3, received_unix: 9 };
    let tree = ReceiptTree::new(&[receipt]).unwrap();
    let signature = oracle.sign(&tree.root().signing_bytes()).to_bytes();
    tree.signed(0, receipt, oracle.verifying_key().to_bytes(), signature).unwrap()
}

/// A bundle of `attestations`, signed by `oracle`.
fn bundle(oracle: Option<&SigningKey>, attestations: Vec<SignedAttestation>) -> (tempfile::TempDir, Bundle) {
    let root = tempfile::tempdir().unwrap();
    let bundle = Bundle::open(&write_epoch(root.path(), &epoch_of(attestations), None).unwrap()).unwrap();
    if let Some(oracle) = oracle {
        let signature = oracle.sign(&ManifestSignature::signing_bytes(&bundle.hash)).to_bytes();
        ManifestSignature::new(oracle.verifying_key().to_bytes(), signature).write(bundle.folder()).unwrap();
    }
    (root, bundle)
}

#[test]
fn verdict_of_counted_refused_and_missing_work_is_told_apart() {
    let (good, bad) = (honest_epoch(1, 0), reading(SUSPENDED, 0, 1, 1).signed());
    let (_root, bundle) = bundle(None, [&good[..], std::slice::from_ref(&bad)].concat());
    let verdict = |signed: &SignedAttestation| verdict_in(&bundle, &attestation_id(signed)).unwrap();
    assert!(good.iter().all(|signed| verdict(signed).unwrap().accepted_wh == Some(100)));
    assert_eq!(verdict(&bad).unwrap().refused, Some(Reason::SuspendedDevice));
    assert_eq!(verdict(&honest_epoch(2, 0)[0]), None);
}

#[test]
fn evidence_of_work_that_was_left_out_convicts_the_oracle_that_signed_both() {
    let all = honest_epoch(1, 0);
    let (_root, lying) = bundle(Some(&oracle(1)), all[1..].to_vec());
    let evidence = Evidence::new(&receipt(&oracle(1), &all[0], 0, NETWORK), &lying).unwrap();
    // It comes to whoever judges as JSON.
    let evidence: Evidence = serde_json::from_str(&serde_json::to_string(&evidence).unwrap()).unwrap();
    assert_eq!(evidence.verify().unwrap(), Manifested::BySameOracle);
    assert!(evidence.contradicts(&lying).unwrap());

    // Of work that is there, the same two statements are no contradiction.
    let honest = Evidence::new(&receipt(&oracle(1), &all[1], 0, NETWORK), &lying).unwrap();
    assert_eq!(honest.verify().unwrap(), Manifested::BySameOracle);
    assert!(!honest.contradicts(&lying).unwrap());

    // Another bundle says nothing about it.
    let (_root, other) = bundle(None, all[2..].to_vec());
    assert!(matches!(evidence.contradicts(&other), Err(EvidenceError::OtherBundle { .. })));
}

#[test]
fn evidence_with_a_bundle_of_others_says_so() {
    let all = honest_epoch(1, 0);
    for signer in [None, Some(oracle(2))] {
        let (_root, bundle) = bundle(signer.as_ref(), all[1..].to_vec());
        let evidence = Evidence::new(&receipt(&oracle(1), &all[0], 0, NETWORK), &bundle).unwrap();
        assert_eq!(evidence.verify().unwrap(), Manifested::ByOthers);
    }
}

#[test]
fn evidence_that_is_none_is_refused_and_names_why() {
    let all = honest_epoch(1, 0);
    let (_root, lying) = bundle(Some(&oracle(1)), all[1..].to_vec());
    let of = |epoch, network| Evidence::new(&receipt(&oracle(1), &all[0], epoch, network), &lying);
    assert!(matches!(of(1, NETWORK), Err(EvidenceError::OtherEpoch { receipt: 1, bundle: 0 })));
    assert!(matches!(of(0, [9; 32]), Err(EvidenceError::OtherNetwork { .. })));
    let mut unsigned = receipt(&oracle(1), &all[0], 0, NETWORK);
    unsigned.signature[0] ^= 1;
    assert!(matches!(Evidence::new(&unsigned, &lying), Err(EvidenceError::Receipt(_))));

    let good = of(0, NETWORK).unwrap();
    // A manifest that somebody else wrote is not what the oracle signed.
    let forged = Evidence { manifest: good.manifest.replace("\"epoch\"", " \"epoch\""), ..good.clone() };
    assert!(matches!(forged.verify(), Err(EvidenceError::WrongManifestSignature { .. })));
    let broken = Evidence { manifest: "{}".to_owned(), ..good.clone() };
    assert!(matches!(broken.verify(), Err(EvidenceError::Manifest(_))));
    let mut other = good.clone();
    other.receipt.epoch = 1;
    assert!(matches!(other.verify(), Err(EvidenceError::Receipt(_))), "the receipt's own epoch is signed");
    let signed_by_another = ManifestSignature { oracle: [8; 32], ..good.manifest_signature.clone().unwrap() };
    let wrong = Evidence { manifest_signature: Some(signed_by_another), ..good };
    assert!(matches!(wrong.verify(), Err(EvidenceError::WrongManifestSignature { .. })));
}

#[test]
fn evidence_of_a_bundle_that_changed_meanwhile_is_refused() {
    let all = honest_epoch(1, 0);
    let (_root, lying) = bundle(None, all[1..].to_vec());
    std::fs::write(lying.folder().join("manifest.json"), "{}").unwrap();
    let error = Evidence::new(&receipt(&oracle(1), &all[0], 0, NETWORK), &lying).unwrap_err();
    assert!(matches!(error, EvidenceError::Bundle(BundleError::Changed { .. })), "{error}");

    let (_root, signed) = bundle(Some(&oracle(1)), all[1..].to_vec());
    let path = signed.folder().join("manifest.sig");
    let text = std::fs::read_to_string(&path).unwrap();
    let other = trellis_epoch::encoding::base58::encode(&oracle(2).verifying_key().to_bytes());
    let ours = trellis_epoch::encoding::base58::encode(&oracle(1).verifying_key().to_bytes());
    std::fs::write(&path, text.replace(&ours, &other)).unwrap();
    let error = Evidence::new(&receipt(&oracle(1), &all[0], 0, NETWORK), &signed).unwrap_err();
    assert!(matches!(error, EvidenceError::Signature(_)), "{error}");
}
