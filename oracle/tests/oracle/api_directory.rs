//! What the API tells page by page: operators, devices, places, work and earnings.

use serde_json::{Value, json};
use trellis_epoch::{
    Snapshot,
    encoding::base58,
    snapshot::{Device, Operator},
};

use crate::{
    api_support::Api,
    world::{EMISSION, device_key, honest_epoch, reading, snapshot},
};

/// H3 cells of resolution 9 in one cell of resolution 5, and that cell.
const CELLS: [u64; 2] = [0x891_f844_00c7_ffff, 0x891_f844_007b_ffff];
const AROUND: &str = "851f8443fffffff";

fn name(device: u8) -> String {
    base58::encode(device_key(device).bytes())
}

/// A registry of many: the operators own 100 devices each.
fn large(operators: u32, devices: u32) -> Snapshot {
    let wallet = |kind: u8, index: u32| {
        let mut wallet = [kind; 32];
        wallet[..4].copy_from_slice(&index.to_le_bytes());
        wallet
    };
    let base = snapshot();
    let key = |index: u32| {
        let secret = wallet(9, index);
        trellis_core::DeviceKey::Ed25519(ed25519_dalek::SigningKey::from_bytes(&secret).verifying_key().to_bytes())
    };
    let device = |index: u32| Device {
        key: key(index),
        operator_index: index % operators,
        index,
        cell: Some(CELLS[index as usize % 2]),
        ..base.devices[0]
    };
    let mut devices: Vec<Device> = (0..devices).map(device).collect();
    devices.sort_by_key(|device| device.key);
    let operators =
        (0..operators).map(|index| Operator { index, wallet: wallet(1, index), payout_wallet: wallet(2, index) });
    Snapshot { operators: operators.collect(), devices, ..base }
}

/// All rows of a list, and how many pages it took.
async fn all_pages(api: &Api, first: &str, field: &str, next: impl Fn(&Value) -> String) -> (Vec<Value>, usize) {
    let (mut rows, mut pages, mut path) = (Vec::new(), 0, first.to_owned());
    loop {
        let page = api.get_ok(&path).await;
        let found = page[field].as_array().unwrap().clone();
        assert!(found.len() <= 100, "a page of {}", found.len());
        pages += 1;
        let Some(last) = found.last().cloned() else { return (rows, pages) };
        rows.extend(found);
        path = next(&last);
    }
}

#[tokio::test]
async fn network_is_told_with_all_that_never_changes() {
    let api = Api::start().await;
    let network = api.get_ok("/v1/network").await;
    assert_eq!((&network["name"], &network["decimals"]), (&json!("Test network"), &json!(6)));
    assert_eq!((&network["operators"], &network["devices"]), (&json!(3), &json!(5)));
    assert_eq!(
        network["classes"][1],
        json!({"index": 1, "work_kind": "energy", "rated_power_watts": 6_000, "weight": 3})
    );
    assert_eq!(network["rpc_url"], "http://127.0.0.1:8899");
    assert_eq!(network["programs"]["rewards"], trellis_client::REWARDS_ID.to_string());
}

#[tokio::test]
async fn operators_are_listed_page_by_page_with_their_devices() {
    let api = Api::start_with(large(250, 1_000), 1_000).await;
    let next = |last: &Value| format!("/v1/operators?from={}", last["index"].as_u64().unwrap() + 1);
    let (rows, pages) = all_pages(&api, "/v1/operators", "operators", next).await;
    assert_eq!((rows.len(), pages), (250, 4));
    for (index, row) in rows.iter().enumerate() {
        assert_eq!((&row["index"], &row["devices"]), (&json!(index), &json!(4)));
        assert_eq!(row.get("cumulative"), None, "nothing is final yet");
    }
    assert_eq!(api.get_ok("/v1/operators?from=4294967295").await, json!({"total": 250, "operators": []}));
}

#[tokio::test]
async fn devices_are_listed_page_by_page_and_by_operator_and_place() {
    let api = Api::start_with(large(250, 1_000), 1_000).await;
    let after = |query: &'static str| {
        move |last: &Value| format!("/v1/devices?{query}after={}", last["device"].as_str().unwrap())
    };
    let (rows, pages) = all_pages(&api, "/v1/devices", "devices", after("")).await;
    assert_eq!((rows.len(), pages), (1_000, 11));
    let mut keys: Vec<&str> = rows.iter().map(|row| row["device"].as_str().unwrap()).collect();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), 1_000, "a device is listed twice");

    let mine = api.get_ok("/v1/devices?operator=7").await;
    assert_eq!((mine["devices"].as_array().unwrap().len(), &mine["more"]), (4, &json!(false)));
    let (here, _) =
        all_pages(&api, "/v1/devices?within=891f84400c7ffff", "devices", after("within=891f84400c7ffff&")).await;
    assert_eq!(here.len(), 500);
    let around = api.get_ok(&format!("/v1/devices?within={AROUND}")).await;
    assert_eq!((around["devices"].as_array().unwrap().len(), &around["more"]), (100, &json!(true)));
}

#[tokio::test]
async fn places_are_told_as_counts_in_cells() {
    let api = Api::start_with(large(10, 1_001), 1_000).await;
    let cells = api.get_ok("/v1/cells").await;
    let row = |cell: &str, devices: u32| json!({"cell": cell, "devices": devices});
    assert_eq!(cells["cells"], json!([row("891f844007bffff", 500), row("891f84400c7ffff", 501)]));
    assert_eq!(cells["without_place"], 0);
    assert_eq!(api.get_ok("/v1/cells?resolution=5").await["cells"], json!([row(AROUND, 1_001)]));
    let one = api.get_ok("/v1/cells?within=891f84400c7ffff").await;
    assert_eq!(one["cells"], json!([row("891f84400c7ffff", 501)]));
    let nowhere = Api::start().await.get_ok("/v1/cells").await;
    assert_eq!((&nowhere["cells"], &nowhere["without_place"]), (&json!([]), &json!(5)));
}

/// Epoch 0 closed and final, epoch 1 closed, two attestations of epoch 1 refused.
async fn two_closed() -> Api {
    let api = Api::start().await;
    assert_eq!(api.submit(&honest_epoch(1, 0)).await.0, 200);
    assert_eq!(api.submit(&[reading(3, 0, 100, 50).signed(), reading(3, 1, 100, 300).signed()]).await.0, 200);
    assert_eq!(api.submit(&honest_epoch(1, 1)).await.0, 200);
    api.close_next();
    api.close_next();
    api.finalize_before(1);
    api
}

#[tokio::test]
async fn work_is_told_epoch_by_epoch() {
    let api = two_closed().await;
    for _ in 0..2 {
        let work = api.get_ok("/v1/work").await;
        assert_eq!((&work["from_epoch"], &work["to_epoch"]), (&json!(0), &json!(2)));
        let first = &work["epochs"][0];
        assert_eq!((&first["final"], &first["attestations"]), (&json!(true), &json!(8)));
        assert_eq!(first["distributed"], EMISSION.to_string());
        assert_eq!(first["points"], points_of_all(&api, 0).await.to_string());
        assert_eq!(work["epochs"][1]["final"], false);
    }
    assert_eq!(api.get_ok("/v1/work?from_epoch=1").await["epochs"].as_array().unwrap().len(), 1);
    assert_eq!(api.get_ok("/v1/work?from_epoch=99").await["epochs"], json!([]));
}

async fn points_of_all(api: &Api, epoch: usize) -> u64 {
    let mut sum = 0;
    for operator in 0..3 {
        let earnings = api.get_ok(&format!("/v1/operators/{operator}/earnings")).await;
        sum += earnings["epochs"][epoch]["points"].as_u64().unwrap();
    }
    sum
}

#[tokio::test]
async fn earnings_add_up_to_what_an_operator_can_claim() {
    let api = two_closed().await;
    for operator in 0..3 {
        let earnings = api.get_ok(&format!("/v1/operators/{operator}/earnings")).await;
        let rows = earnings["epochs"].as_array().unwrap();
        assert_eq!(rows.len(), 2);
        let amount = |row: &Value, field: &str| row[field].as_str().unwrap().parse::<u64>().unwrap();
        let sum: u64 = rows.iter().map(|row| amount(row, "earned")).sum();
        assert_eq!(sum, amount(&rows[1], "cumulative"));
        // Only what is final is told of an operator; the proof is of the same epoch.
        let told = api.get_ok(&format!("/v1/operators/{operator}")).await;
        let proof = api.get_ok(&format!("/v1/operators/{operator}/proof")).await;
        assert_eq!((&told["final_epoch"], &told["cumulative"]), (&json!(0), &proof["cumulative"]));
        assert_eq!(told["cumulative"], rows[0]["cumulative"]);
        // Once more, from the proofs in memory.
        assert_eq!(api.get_ok(&format!("/v1/operators/{operator}/earnings")).await, earnings);
    }
    let by_wallet = api.get_ok(&format!("/v1/operators/{}", base58::encode(&[0xb1; 32]))).await;
    assert_eq!((&by_wallet["index"], &by_wallet["devices"]), (&json!(1), &json!(1)));
}

#[tokio::test]
async fn questions_that_cannot_be_answered_are_named() {
    let api = Api::start().await;
    for (path, status, code, words) in [
        ("/v1/operators?from=x", 400, "query", "invalid digit"),
        ("/v1/operators/9", 404, "not_found", "operator 9"),
        ("/v1/operators/9/earnings", 404, "not_found", "operator 9"),
        ("/v1/operators/nobody", 400, "operator", "`nobody`"),
        ("/v1/operators/0/earnings?from_epoch=x", 400, "query", "invalid digit"),
        ("/v1/devices?after=x", 400, "device", "`x` is no device key"),
        ("/v1/devices?operator=x", 400, "operator", "`x`"),
        ("/v1/devices?within=x", 400, "cell", "`x` is no H3 cell"),
        ("/v1/devices?page=2", 400, "query", "page"),
        ("/v1/cells?resolution=16", 400, "resolution", "16"),
        ("/v1/cells?within=ffff", 400, "cell", "`ffff`"),
        ("/v1/work?from_epoch=-1", 400, "query", "invalid digit"),
    ] {
        let problem = api.get_problem(path).await;
        assert_eq!((problem.status, problem.code.as_str()), (status, code), "{path}");
        assert!(problem.detail.contains(words), "{path}: {problem:?}");
    }
    assert_eq!(api.get_ok(&format!("/v1/devices?after={}", name(1))).await["more"], false);
}

#[tokio::test]
async fn answers_stay_small_with_a_hundred_thousand_devices() {
    let api = Api::start_with(large(5_000, 100_000), 1_000).await;
    for path in ["/v1/network", "/v1/status", "/v1/work", "/v1/cells", "/v1/operators", "/v1/devices"] {
        let bytes = api.get_ok(path).await.to_string().len();
        assert!(bytes < 32_000, "{path} answers with {bytes} bytes");
    }
}
