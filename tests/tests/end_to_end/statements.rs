//! `trellis correction sign` and `trellis appeal sign`: what they print is what oracles and auditors check.

use std::fs;

use ed25519_dalek::{Signature, VerifyingKey};
use serde_json::Value;
use solana_keypair::Keypair;
use solana_signer::Signer;
use trellis_core::{Amount, appeal::Appeal, correction::CorrectionKind, hash::sha256};
use trellis_epoch::corrections::{CorrectionJson, CorrectionReason};

use super::support::{fresh_folder, process::trellis};

const NETWORK: &str = "9FYXUrXFwr6hTLLb3WsqRi7oBUm3U6Dney7WUqTsGePV";
const VAULT: &str = "4Q8TDc3b89NisNB4YyfBAwcuMEG7yHeirR2T9LTb6BAG";

fn assert_signed(key: &Keypair, message: &[u8], signature: &[u8; 64]) {
    let key = VerifyingKey::from_bytes(&key.pubkey().to_bytes()).unwrap();
    key.verify_strict(message, &Signature::from_bytes(signature)).unwrap();
}

#[test]
fn correction_that_was_signed_is_the_one_that_was_asked_for() {
    let folder = fresh_folder("correction-sign");
    let (key, file) = (Keypair::new(), folder.join("key.json"));
    fs::write(&file, serde_json::to_string(&key.to_bytes().to_vec()).unwrap()).unwrap();
    let (file, evidence) = (file.to_str().unwrap(), "e1".repeat(32));
    let whose = ["correction", "sign", "--keypair", file, "--network", NETWORK, "--vault", VAULT, "--number", "7"];
    let what = ["--operator", "3", "--reason", "upheld_appeal", "--evidence", &evidence];
    let sign = |amount: &[&str]| trellis(&[&whose[..], &what, amount].concat());
    for (amount, kind) in [("--credit", CorrectionKind::Credit), ("--debit", CorrectionKind::Debit)] {
        let finished = sign(&[amount, "18446744073709551615"]);
        assert_eq!(finished.code, Some(0), "{finished:?}");
        let json: CorrectionJson = serde_json::from_str(&finished.stdout).unwrap();
        let signed = json.signed();
        let correction = signed.correction;
        assert_eq!((correction.number, correction.operator_index, correction.kind), (7, 3, kind));
        assert_eq!((correction.amount, correction.reason), (Amount(u64::MAX), CorrectionReason::UpheldAppeal));
        assert_eq!((correction.network, correction.evidence), (address(NETWORK), [0xe1; 32]));
        assert_signed(&key, &correction.signing_bytes(), &signed.signature);
    }
    for amount in [&["--debit", "1", "--credit", "1"][..], &[], &["--debit", "0"], &["--debit", "-1"]] {
        assert_eq!(sign(amount).code, Some(2), "{amount:?}");
    }
    for (was, wrong, named) in [
        ("upheld_appeal", "mood", "faulty_device"),
        (evidence.as_str(), "e1", "64 hex digits"),
        (file, "/no/key.json", "/no/key.json"),
        (NETWORK, "x", "--network"),
    ] {
        let arguments = [&whose[..], &what, &["--debit", "1"]].concat();
        let arguments: Vec<&str> = arguments.into_iter().map(|one| if one == was { wrong } else { one }).collect();
        let finished = trellis(&arguments);
        assert_eq!(finished.code, Some(2), "{wrong}: {finished:?}");
        assert!(finished.stderr.contains(named), "{finished:?}");
    }
}

fn address(text: &str) -> [u8; 32] {
    trellis_epoch::encoding::base58::decode(text).unwrap()
}

#[test]
fn appeal_that_was_signed_holds_the_statement_s_hash() {
    let folder = fresh_folder("appeal-sign");
    let (wallet, file, statement) = (Keypair::new(), folder.join("key.json"), folder.join("statement.txt"));
    fs::write(&file, serde_json::to_string(&wallet.to_bytes().to_vec()).unwrap()).unwrap();
    fs::write(&statement, "I was on a ship.").unwrap();
    let finding = "5a".repeat(32);
    let arguments = |statement| {
        let whose = ["appeal", "sign", "--keypair", file.to_str().unwrap(), "--network", NETWORK, "--vault", VAULT];
        let what = ["--epoch", "4", "--device", NETWORK, "--finding", &finding, "--statement", statement];
        trellis(&[whose, what].concat())
    };
    let finished = arguments(statement.to_str().unwrap());
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let json: Value = finished.json();
    let statement = sha256(&[b"I was on a ship."]);
    assert_eq!((json["statement"].as_str().unwrap(), &json["epoch"]), (hex::encode(statement).as_str(), &4.into()));
    let signature = hex::decode(json["signature"].as_str().unwrap()).unwrap().try_into().unwrap();
    let (network, vault) = (address(NETWORK), address(VAULT));
    let appeal = Appeal { network, vault, finding: [0x5a; 32], statement };
    assert_signed(&wallet, &appeal.signing_bytes(), &signature);
    let missing = arguments("/no/statement");
    assert_eq!((missing.code, missing.stderr.contains("/no/statement")), (Some(2), true), "{missing:?}");
}
