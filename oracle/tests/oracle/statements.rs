//! Corrections and appeals over HTTP: kept, listed, taken by the next epoch; and everything that is wrong with one.

use std::sync::Arc;

use ed25519_dalek::Signer;
use serde_json::{Value, json};
use trellis_core::{
    Amount, Epoch,
    appeal::Appeal,
    correction::{Correction, CorrectionKind, CorrectionReason},
};
use trellis_epoch::{
    EpochInput, LedgerState, Policy, Snapshot,
    audit::audit,
    bundle::{Bundle, EpochBasis, write},
    corrections::{CorrectionJson, CorrectionPolicy, SignedCorrection},
    encoding::base58,
    sorting::Sorter,
};
use trellis_oracle::{closing::Closer, log::Log, statements::Corrections};

use crate::{
    api_support::{Api, Problem, problem},
    closer::{GRACE, closable, filled, records},
    openapi,
    world::{self, EMISSION, NETWORK, VAULT, device_key, input, reading, signing_key, snapshot},
};

const SIGNER: u8 = 200;
/// Its wallet is that of operator 0 in [`own_wallets`].
const WALLET: u8 = 100;

fn policy() -> Policy {
    let mut policy = world::policy();
    policy.corrections = Some(CorrectionPolicy { key: signing_key(SIGNER).verifying_key().to_bytes() });
    policy.fraud.copied_intervals = 6;
    policy
}

fn own_wallets() -> Snapshot {
    let mut snapshot = snapshot();
    snapshot.policy_hash = policy().hash();
    snapshot.operators[0].wallet = signing_key(WALLET).verifying_key().to_bytes();
    snapshot
}

fn correction(number: u64, change: impl FnOnce(&mut Correction)) -> SignedCorrection {
    let mut correction = Correction {
        network: NETWORK,
        vault: VAULT,
        number,
        operator_index: 0,
        kind: CorrectionKind::Debit,
        amount: Amount(1_000),
        reason: CorrectionReason::Fraud,
        evidence: [0xe1; 32],
    };
    change(&mut correction);
    SignedCorrection { correction, signature: signing_key(SIGNER).sign(&correction.signing_bytes()).to_bytes() }
}

fn json_of(signed: &SignedCorrection) -> Value {
    serde_json::to_value(CorrectionJson::from(signed)).unwrap()
}

async fn post(api: &Api, path: &str, body: &Value) -> Result<Value, Problem> {
    let request = api.client.post(format!("{}{path}", api.url)).json(body);
    let response = openapi::checked("post", path, request.send().await.unwrap()).await;
    match response.status().is_success() {
        true => Ok(response.json().await.unwrap()),
        false => Err(problem(response).await),
    }
}

async fn start() -> Api {
    Api::start_with_policy(own_wallets(), policy()).await
}

#[tokio::test]
async fn corrections_are_kept_in_order_and_each_number_once() {
    let api = start().await;
    assert_eq!(api.get_ok("/v1/corrections").await, json!({ "next": 0, "corrections": [] }));
    let (first, second) = (correction(0, |_| {}), correction(1, |c| c.kind = CorrectionKind::Credit));
    let refused = post(&api, "/v1/corrections", &json_of(&second)).await.unwrap_err();
    assert_eq!((refused.status, refused.code.as_str()), (409, "out_of_order"));
    assert!(refused.detail.contains("has number 1; the next is 0"), "{refused:?}");
    for _ in 0..2 {
        let kept = post(&api, "/v1/corrections", &json_of(&first)).await.unwrap();
        assert_eq!(kept, json!({ "state": "waiting", "number": 0 }));
    }
    let other = correction(0, |c| c.amount = Amount(7));
    let refused = post(&api, "/v1/corrections", &json_of(&other)).await.unwrap_err();
    assert_eq!((refused.status, refused.code.as_str()), (409, "number_taken"));
    post(&api, "/v1/corrections", &json_of(&second)).await.unwrap();
    let listed = api.get_ok("/v1/corrections").await;
    assert_eq!((&listed["next"], listed["corrections"].as_array().unwrap().len()), (&json!(2), 2));
    assert_eq!(listed["corrections"][1]["kind"], "credit");
    assert_eq!(listed["corrections"][1]["state"], "waiting");
    assert_eq!(api.get_ok("/v1/corrections?from=1").await["corrections"].as_array().unwrap().len(), 1);
    assert_eq!(api.get_problem("/v1/corrections?from=x").await.code, "query");
}

#[tokio::test]
async fn corrections_that_cannot_count_are_refused_with_words() {
    let api = start().await;
    let mut forged = correction(0, |_| {});
    forged.signature[7] ^= 1;
    for (signed, code) in [
        (forged, "bad_signature"),
        (correction(0, |c| c.network = [1; 32]), "wrong_network"),
        (correction(0, |c| c.vault = [1; 32]), "wrong_vault"),
        (correction(0, |c| c.operator_index = 3), "unknown_operator"),
        (correction(0, |c| c.amount = Amount(0)), "no_amount"),
    ] {
        let refused = post(&api, "/v1/corrections", &json_of(&signed)).await.unwrap_err();
        assert_eq!((refused.status, refused.code.as_str()), (422, code), "{refused:?}");
    }
    let good = json_of(&correction(0, |_| {}));
    for (field, value) in [
        ("amount", json!(1_000)),
        ("amount", json!("+1")),
        ("amount", json!("18446744073709551616")),
        ("kind", json!("gift")),
        ("reason", json!("mood")),
        ("evidence", json!("e1")),
        ("signature", json!("")),
        ("network", json!("0")),
        ("more", json!(1)),
    ] {
        let mut body = good.clone();
        body[field] = value;
        let refused = post(&api, "/v1/corrections", &body).await.unwrap_err();
        assert_eq!((refused.status, refused.code.as_str()), (400, "body"), "{field}: {refused:?}");
    }
    let request = api.client.post(format!("{}/v1/corrections", api.url)).body(good.to_string());
    assert_eq!(problem(request.send().await.unwrap()).await.status, 415);
    let long = format!("{{\"number\":{}0}}", " ".repeat(20_000));
    let request = api.client.post(format!("{}/v1/corrections", api.url)).header("content-type", "application/json");
    assert_eq!(problem(request.body(long).send().await.unwrap()).await.status, 413);
    assert_eq!(api.get_ok("/v1/corrections").await["next"], 0);

    let closed_to_all = Api::start().await;
    let refused = post(&closed_to_all, "/v1/corrections", &good).await.unwrap_err();
    assert_eq!((refused.status, refused.code.as_str()), (422, "not_taken"));
}

#[test]
fn correction_survives_a_restart_and_the_next_epoch_takes_it_once() {
    let folder = tempfile::tempdir().unwrap();
    let log = filled(folder.path());
    let (snapshot, policy) = (own_wallets(), policy());
    let resume = || {
        let log: Arc<dyn Log> = log.clone();
        let closer =
            Closer::resume(log, Arc::new(policy.clone()), folder.path().join("bundles"), GRACE as u32).unwrap();
        let corrections = Arc::new(Corrections::open(folder.path()).unwrap());
        (closer.correcting(Arc::clone(&corrections)), corrections)
    };
    let (_, corrections) = resume();
    corrections.hand_in(&correction(0, |_| {}), &snapshot, &policy).unwrap();
    let (mut closer, _) = resume();
    let first = closer.close_next(&snapshot, closable(0)).unwrap().unwrap();
    assert_eq!((first.manifest.corrections, first.manifest.withheld), (1, 1_000));
    let (mut closer, corrections) = resume();
    assert!(corrections.waiting(1, &snapshot, &policy).is_empty());
    // Between two epochs another one comes.
    corrections.hand_in(&correction(1, |c| c.amount = Amount(5)), &snapshot, &policy).unwrap();
    let second = closer.close_next(&snapshot, closable(1)).unwrap().unwrap();
    assert_eq!((second.manifest.corrections, second.manifest.withheld), (2, 5));
    audit(&first, None).unwrap();
    audit(&second, Some(&first)).unwrap();
    let total = second.manifest.cumulative_total + second.manifest.carry;
    assert_eq!(total, 2 * EMISSION);
}

#[test]
fn correction_that_a_changed_key_did_not_sign_gives_its_number_to_another() {
    let folder = tempfile::tempdir().unwrap();
    let (snapshot, policy) = (own_wallets(), policy());
    let corrections = Corrections::open(folder.path()).unwrap();
    corrections.hand_in(&correction(0, |_| {}), &snapshot, &policy).unwrap();
    let mut changed = policy.clone();
    changed.corrections = Some(CorrectionPolicy { key: signing_key(7).verifying_key().to_bytes() });
    assert!(corrections.waiting(0, &snapshot, &changed).is_empty());
    let statement = correction(0, |_| {}).correction;
    let signature = signing_key(7).sign(&statement.signing_bytes()).to_bytes();
    let again = SignedCorrection { correction: statement, signature };
    corrections.hand_in(&again, &snapshot, &changed).unwrap();
    assert_eq!(Corrections::open(folder.path()).unwrap().waiting(0, &snapshot, &changed), [again]);
}

/// Epoch 0 with two devices of operator 0, the second of which copies the first.
fn close_with_a_copy(api: &Api) -> Bundle {
    let mut input: EpochInput = input(0, LedgerState::default(), vec![]);
    (input.policy, input.snapshot) = (policy(), own_wallets());
    let mut sorter = Sorter::new(api.data_dir());
    for device in [1, 2] {
        let mut counter = 0;
        for (interval, energy) in (0..).zip([100, 200, 300, 150, 120, 90]) {
            counter += energy;
            sorter.push(&reading(device, interval, energy, counter).signed().to_bytes()).unwrap();
        }
    }
    let mut sorted = sorter.finish().unwrap();
    let basis = EpochBasis { context: input.context(), previous_bundle: None };
    let folder = write(&api.bundles(), &basis, &mut || Ok(sorted.next_block()?)).unwrap();
    api.shared.update(|view| view.next_to_close = Epoch(1));
    Bundle::read(&folder).unwrap()
}

fn base58_of(device: u8) -> String {
    base58::encode(device_key(device).bytes())
}

fn appeal_with(key: u8, finding: &Value, device: &str) -> Value {
    let finding: [u8; 32] = hex::decode(finding.as_str().unwrap()).unwrap().try_into().unwrap();
    let appeal = Appeal { network: NETWORK, vault: VAULT, finding, statement: [0x5a; 32] };
    let signature = signing_key(key).sign(&appeal.signing_bytes()).to_bytes();
    json!({
        "epoch": 0,
        "device": device,
        "finding": hex::encode(finding),
        "statement": hex::encode(appeal.statement),
        "signature": hex::encode(signature),
    })
}

#[tokio::test]
async fn owner_sees_a_finding_appeals_and_an_upheld_appeal_is_a_credit() {
    let api = start().await;
    let bundle = close_with_a_copy(&api);
    let copy = bundle.findings().unwrap().all().unwrap().remove(0);
    let device = base58::encode(copy.device.bytes());
    let path = format!("/v1/devices/{device}");
    let shown = api.get_ok(&path).await;
    let finding = &shown["findings"][0];
    assert_eq!(
        (&finding["reason"], &finding["code"], &finding["epoch"]),
        (&json!("copied_series"), &json!(34), &json!(0))
    );
    assert!(finding["evidence"].as_str().unwrap().contains("the same energies in the same 6 intervals"));
    assert_eq!((&shown["registered"]["operator_index"], &shown["to_epoch"]), (&json!(0), &json!(1)));
    assert!(shown["how_to_appeal"].as_str().unwrap().contains("/v1/appeals"));
    assert_eq!(api.get_ok(&format!("/v1/devices/{}", base58_of(3))).await["findings"], json!([]));

    let appeal = appeal_with(WALLET, &finding["finding"], &device);
    let kept = post(&api, "/v1/appeals", &appeal).await.unwrap();
    assert_eq!((&kept["operator_index"], &kept["finding"]), (&json!(0), &finding["finding"]));
    assert_eq!(post(&api, "/v1/appeals", &appeal).await.unwrap(), kept, "again");
    let listed = api.get_ok("/v1/appeals").await;
    assert_eq!(listed["appeals"].as_array().unwrap().len(), 1);
    assert_eq!((&listed["appeals"][0]["number"], listed["appeals"][0].get("upheld_by")), (&json!(0), None));
    assert_eq!(api.get_ok("/v1/appeals?from=1").await["appeals"], json!([]));

    let hash: [u8; 32] = hex::decode(finding["finding"].as_str().unwrap()).unwrap().try_into().unwrap();
    let upheld = correction(0, |c| {
        (c.kind, c.reason, c.evidence) = (CorrectionKind::Credit, CorrectionReason::UpheldAppeal, hash);
    });
    post(&api, "/v1/corrections", &json_of(&upheld)).await.unwrap();
    assert_eq!(api.get_ok("/v1/appeals").await["appeals"][0]["upheld_by"], 0);
    assert_eq!(api.get_ok(&path).await["findings"][0]["appeal"]["upheld_by"], 0);
    // Kept over a restart.
    assert_eq!(trellis_oracle::statements::Appeals::open(api.data_dir()).unwrap().list(0, 9).len(), 1);
}

#[tokio::test]
async fn appeals_of_others_and_against_nothing_are_refused() {
    let api = start().await;
    let copy = close_with_a_copy(&api).findings().unwrap().all().unwrap().remove(0);
    let device = base58::encode(copy.device.bytes());
    let hash = json!(hex::encode(copy.finding(Epoch(0)).hash(&NETWORK, &VAULT)));
    let refused = post(&api, "/v1/appeals", &appeal_with(1, &hash, &device)).await.unwrap_err();
    assert_eq!((refused.status, refused.code.as_str()), (422, "bad_signature"));
    let none = json!("00".repeat(32));
    for (finding, device, epoch) in [(&none, &device, 0), (&hash, &base58_of(3), 0), (&hash, &device, 1)] {
        let mut appeal = appeal_with(WALLET, finding, device);
        appeal["epoch"] = json!(epoch);
        let refused = post(&api, "/v1/appeals", &appeal).await.unwrap_err();
        assert_eq!((refused.status, refused.code.as_str()), (404, "not_found"), "{refused:?}");
    }
    let good = appeal_with(WALLET, &hash, &device);
    for (field, value) in [("device", json!("x")), ("finding", json!("00")), ("more", json!(1)), ("epoch", json!(-1))] {
        let mut body = good.clone();
        body[field] = value;
        assert_eq!(post(&api, "/v1/appeals", &body).await.unwrap_err().code, "body", "{field}");
    }
    post(&api, "/v1/appeals", &good).await.unwrap();
    let mut second = Appeal { network: NETWORK, vault: VAULT, finding: [0; 32], statement: [1; 32] };
    second.finding = hex::decode(hash.as_str().unwrap()).unwrap().try_into().unwrap();
    let mut other = good.clone();
    other["statement"] = json!(hex::encode(second.statement));
    other["signature"] = json!(hex::encode(signing_key(WALLET).sign(&second.signing_bytes()).to_bytes()));
    let refused = post(&api, "/v1/appeals", &other).await.unwrap_err();
    assert_eq!((refused.status, refused.code.as_str()), (409, "appealed"));
    assert_eq!(api.get_problem("/v1/appeals?from=x").await.code, "query");
    assert_eq!(api.get_problem("/v1/devices/x").await.code, "device");
    assert_eq!(api.get_problem(&format!("/v1/devices/{}", base58_of(9))).await.status, 404);
    assert_eq!(api.get_problem(&format!("/v1/devices/{device}?from_epoch=x")).await.code, "query");
    let later = api.get_ok(&format!("/v1/devices/{device}?from_epoch=9")).await;
    assert_eq!((&later["from_epoch"], &later["findings"]), (&json!(1), &json!([])));
}

#[tokio::test]
async fn late_attestation_is_answered_with_the_epoch_that_takes_it_and_later_refused_with_dates() {
    let late_policy = Policy { late_seconds: 3_599, ..policy() };
    let mut snapshot = own_wallets();
    snapshot.policy_hash = late_policy.hash();
    let api = Api::start_with_policy(snapshot.clone(), late_policy.clone()).await;
    api.log.append(&records(0)).unwrap();
    let log: Arc<dyn Log> = api.log.clone();
    let mut closer = Closer::resume(log, Arc::new(late_policy), api.bundles(), GRACE as u32).unwrap();
    closer.close_next(&snapshot, closable(0)).unwrap().unwrap();
    let late = [reading(5, 4, 100, 100).signed(), reading(5, 5, 100, 200).signed()];
    let (status, results) = api.submit(&late).await;
    assert_eq!((status, &results[0]["status"]), (200, &json!("accepted")), "{results:?}");
    let second = closer.close_next(&snapshot, closable(1)).unwrap().unwrap();
    assert_eq!((second.manifest.attestations, second.manifest.accepted), (2, 2));
    let (status, results) = api.submit(&[reading(2, 5, 100, 100).signed()]).await;
    assert_eq!((status, &results[0]["reason"]), (422, &json!("outside_time_window")));
    let detail = results[0]["detail"].as_str().unwrap();
    assert!(detail.contains("could take it was 1, which ended at 2014-02-04 02:00:00 UTC"), "{detail}");
    // Its history knows which epoch took it.
    api.shared.update(|view| view.next_to_close = Epoch(2));
    let history = api.get_ok(&format!("/v1/devices/{}/attestations", base58_of(5))).await;
    let states: Vec<_> =
        history["attestations"].as_array().unwrap().iter().map(|row| (&row["epoch"], &row["state"])).collect();
    assert_eq!(states, [(&json!(1), &json!("counted")); 2]);
}
