//! Receipts with real signatures, and their JSON to the last byte.

use ed25519_dalek::{Signer, SigningKey};
use trellis_core::{
    Epoch,
    receipt::{Receipt, ReceiptError, ReceiptRoot, ReceiptTree, SignedReceipt},
};
use trellis_epoch::receipt::{ReceiptJson, verify};

fn receipt(number: u8) -> Receipt {
    Receipt {
        network: [0x11; 32],
        attestation_id: [number; 32],
        epoch: Epoch(2),
        position: 40 + u64::from(number),
        received_unix: 1_391_500_000,
    }
}

/// The receipts of an answer to three attestations.
fn answer() -> Vec<SignedReceipt> {
    let receipts = [1, 2, 3].map(receipt);
    let key = SigningKey::from_bytes(&[7; 32]);
    let tree = ReceiptTree::new(&receipts).unwrap();
    let signature = key.sign(&tree.root().signing_bytes()).to_bytes();
    let oracle = key.verifying_key().to_bytes();
    receipts.iter().zip(0..).map(|(receipt, index)| tree.signed(index, *receipt, oracle, signature).unwrap()).collect()
}

#[test]
fn receipt_in_json_is_this_text_and_verifies() {
    let golden = include_str!("../vectors/receipt.json");
    let third = answer().pop().unwrap();
    let text = serde_json::to_string_pretty(&ReceiptJson::from(&third)).unwrap() + "\n";
    assert_eq!(text, golden);
    let read: ReceiptJson = serde_json::from_str(golden).unwrap();
    let read = SignedReceipt::from(&read);
    assert_eq!(read, third);
    assert_eq!(verify(&read), Ok(()));
}

#[test]
fn receipt_under_another_oracle_or_signature_is_refused() {
    for signed in answer() {
        assert_eq!(verify(&signed), Ok(()));
        let other = SigningKey::from_bytes(&[8; 32]).verifying_key().to_bytes();
        assert_eq!(verify(&SignedReceipt { oracle: other, ..signed.clone() }), Err(ReceiptError::WrongSignature));
        assert_eq!(verify(&SignedReceipt { oracle: [0xff; 32], ..signed.clone() }), Err(ReceiptError::WrongSignature));
        assert_eq!(verify(&SignedReceipt { signature: [0; 64], ..signed }), Err(ReceiptError::WrongSignature));
    }
}

#[test]
fn oracle_key_of_small_order_signs_nothing() {
    // Of the identity, everything has the signature (identity, 0).
    let mut identity = [0; 32];
    identity[0] = 1;
    let mut signature = [0; 64];
    signature[0] = 1;
    let signed = SignedReceipt { oracle: identity, signature, ..answer().remove(0) };
    assert_eq!(verify(&signed), Err(ReceiptError::WrongSignature));
}

#[test]
fn key_that_signs_for_one_network_makes_no_receipt_of_another() {
    // A signature over another network's root, with the very leaves of this one's tree.
    let key = SigningKey::from_bytes(&[7; 32]);
    for signed in answer() {
        let root = ReceiptRoot { network: [0x99; 32], count: signed.count, root: signed.root };
        let signature = key.sign(&root.signing_bytes()).to_bytes();
        assert_eq!(verify(&SignedReceipt { signature, ..signed }), Err(ReceiptError::WrongSignature));
    }
}

#[test]
fn receipt_json_with_wrong_or_unknown_fields_is_refused_in_words() {
    let golden = include_str!("../vectors/receipt.json");
    let error = |from: &str, to: &str| {
        let text = golden.replace(from, to);
        assert_ne!(text, golden, "{from}");
        serde_json::from_str::<ReceiptJson>(&text).unwrap_err().to_string()
    };
    assert!(error("\"epoch\": 2,", "").contains("missing field `epoch`"));
    assert!(error("\"epoch\": 2", "\"epoch\": -2").contains("-2"));
    assert!(error("\"epoch\"", "\"era\"").contains("unknown field `era`"));
    assert!(error("\"network\": \"", "\"network\": \"0").contains("no base58 of 32 bytes"));
}
