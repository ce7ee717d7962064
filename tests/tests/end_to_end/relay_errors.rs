//! Every reason why the relay does not pay, and what it costs then.

use std::time::Instant;

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use solana_instruction::{AccountMeta, Instruction};
use solana_keypair::Keypair;
use solana_signer::Signer;
use tokio::sync::oneshot;
use trellis_client::{
    SPL_TOKEN_ID,
    accounts::Vault,
    addresses,
    instructions::rewards::{pause_vault, unpause_vault},
};

use super::{
    relay::{Stage, ask, names, start_oracle},
    relay_transactions::{CODE, Sponsor, assert_refused, post},
    support::{
        LOOK_EVERY, PATIENCE,
        device::attest,
        epoch::{claim_of, until_final},
        fault::{Fault, FaultyRpc, asks_for_clock},
        network::{EPOCH_END_UNIX, EPOCH_SECONDS, GENESIS_UNIX, GRACE_SECONDS},
    },
};

const FEE_LAMPORTS: u64 = 5_000;
const SOL: u64 = 1_000_000_000;
/// Of the day, as it is without settings.
const BUDGET_LAMPORTS: u64 = 50_000_000;
/// No transaction lives up to there.
const FAR_HEIGHT: u64 = 1 << 40;
const NO_LIMIT: &str = "client_per_minute = 0";

/// Gives the token account of the vault's first operator to another owner.
fn give_account(stage: &Stage, from: &Keypair, to: &Keypair) -> Instruction {
    const SET_AUTHORITY: u8 = 6;
    const ACCOUNT_OWNER: u8 = 2;
    const SOMEBODY: u8 = 1;
    let account = addresses::associated_token_account(&stage.network.operator.pubkey(), &stage.network.mint);
    Instruction {
        program_id: SPL_TOKEN_ID,
        accounts: vec![AccountMeta::new(account, false), AccountMeta::new_readonly(from.pubkey(), true)],
        data: [&[SET_AUTHORITY, ACCOUNT_OWNER, SOMEBODY][..], to.pubkey().as_ref()].concat(),
    }
}

/// Lets the next transaction wait until it is told, and tells when it has come.
async fn hold_next(rpc: &FaultyRpc) -> oneshot::Sender<()> {
    let (go_on, wait) = oneshot::channel();
    let mut wait = Some(wait);
    rpc.set(move |method, _| match (method, wait.take_if(|_| method == "sendTransaction")) {
        (_, Some(wait)) => Fault::Until(wait),
        _ => Fault::Pass,
    });
    go_on
}

async fn until_sent(rpc: &FaultyRpc, before: usize) {
    let deadline = Instant::now() + PATIENCE;
    while rpc.count("sendTransaction") == before {
        assert!(Instant::now() < deadline, "nothing was sent");
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// What is sent never lands, and soon cannot any more.
fn lose_transactions(rpc: &FaultyRpc) {
    rpc.set(|method, _| match method {
        "sendTransaction" => Fault::Swallow,
        "getBlockHeight" => Fault::Result(json!(FAR_HEIGHT)),
        _ => Fault::Pass,
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn pause_of_the_vault_and_a_payout_account_of_another_owner_are_said_and_pass() {
    let stage = Stage::start("relay-paused", NO_LIMIT).await;
    let (network, founder) = (&stage.network, &stage.network.founder);
    network.chain.send(&[pause_vault(founder.pubkey(), network.vault, 3_600)], &[founder]).await.unwrap();
    let until = network.chain.fetch::<Vault>(&network.vault).await.unwrap().paused_until_unix;
    let (status, answer) = stage.ask(&["0"]).await;
    assert_refused((status, answer), 409, "vault_paused", &format!("until {until}"));
    let unpause = unpause_vault(founder.pubkey(), network.address, network.vault);
    network.chain.send(&[unpause], &[founder]).await.unwrap();

    let give = give_account(&stage, &network.operator, founder);
    network.chain.send(&[give], &[founder, &network.operator]).await.unwrap();
    let outcome = stage.outcome("0").await;
    assert_eq!(outcome["outcome"], "unusable_token_account", "{outcome}");
    let detail = outcome["detail"].as_str().unwrap();
    assert!(detail.contains(&network.operator.pubkey().to_string()) && detail.contains("another payout wallet"));
    assert!(outcome["amount"].as_str().unwrap().parse::<u64>().unwrap() > 0, "what waits is told: {outcome}");
    let outcome = stage.outcome("3").await;
    assert_eq!((&outcome["outcome"], &outcome["amount"]), (&json!("nothing_earned"), &Value::Null), "{outcome}");
    // Its neighbour is paid, and nothing but that was spent.
    assert_eq!(names(&stage.ask(&["0", "1"]).await.1), ["unusable_token_account", "paid"]);
    assert_eq!(stage.relay_lamports().await, SOL - FEE_LAMPORTS);

    network.chain.send(&[give_account(&stage, founder, &network.operator)], &[founder]).await.unwrap();
    assert_eq!(stage.outcome("0").await["outcome"], "paid");
}

#[tokio::test(flavor = "multi_thread")]
async fn chain_that_moved_on_fails_or_loses_what_was_sent_is_told_apart() {
    let mut stage = Stage::start("relay-chain", NO_LIMIT).await;
    let rpc = FaultyRpc::start(&stage.network.rpc_url).await;
    stage.restart(NO_LIMIT, &rpc.url).await;
    let vault = stage.network.vault.to_string();

    // The oracle no longer follows, and meanwhile four other roots became final.
    rpc.set(move |method, params| match method {
        _ if asks_for_clock(method, params) => Fault::Status(503),
        "getMultipleAccounts" if params[0][0] == vault.as_str() => Fault::Change(Box::new(|result| {
            let data = &mut result["value"][0]["data"][0];
            let mut bytes = BASE64_STANDARD.decode(data.as_str().unwrap()).unwrap();
            let mut vault: Vault = bytemuck::pod_read_unaligned(&bytes[8..]);
            vault.roots[0].epoch = 4;
            vault.next_epoch = 5;
            bytes[8..].copy_from_slice(bytemuck::bytes_of(&vault));
            *data = json!(BASE64_STANDARD.encode(bytes));
        })),
        _ => Fault::Pass,
    });
    assert_refused(stage.ask(&["0"]).await, 503, "behind", "the chain has moved on");

    // Simulation fails, then two requests want the same.
    rpc.set(|method, _| match method {
        "simulateTransaction" => Fault::Status(503),
        _ => Fault::Pass,
    });
    let outcome = stage.outcome("0").await;
    assert_eq!(outcome["outcome"], "failed", "{outcome}");
    assert!(outcome["detail"].as_str().unwrap().contains("does not answer now"), "{outcome}");
    assert!(!outcome["detail"].as_str().unwrap().contains("127.0.0.1"), "{outcome}");
    assert_eq!((stage.left_lamports().await, stage.relay_lamports().await), (BUDGET_LAMPORTS, SOL));
    let (go_on, before) = (hold_next(&rpc).await, rpc.count("sendTransaction"));
    let url = stage.oracle.url.clone();
    let first = tokio::spawn(async move { ask(&url, &json!({ "operators": ["0"] })).await });
    until_sent(&rpc, before).await;
    let second = stage.outcome("0").await;
    assert_eq!((&second["outcome"], &second["retry_after_seconds"]), (&json!("in_progress"), &json!(5)), "{second}");
    go_on.send(()).unwrap();
    assert_eq!(names(&first.await.unwrap().1), ["paid"]);

    // What is sent is lost: it may have cost its fee, so it counts, and the operator is paid later.
    lose_transactions(&rpc);
    let outcome = stage.outcome("1").await;
    assert_eq!(
        (&outcome["outcome"], &outcome["retry_after_seconds"]),
        (&json!("unconfirmed"), &json!(60)),
        "{outcome}"
    );
    assert!(outcome["signature"].is_string() && outcome["detail"].as_str().unwrap().contains("may still be paid"));
    assert_eq!(stage.left_lamports().await, BUDGET_LAMPORTS - 2 * FEE_LAMPORTS);
    assert_eq!(stage.tokens(1).await, Some(0));
    rpc.heal();
    assert_eq!(stage.outcome("1").await["outcome"], "paid");
    assert_eq!(stage.relay_lamports().await, SOL - 2 * FEE_LAMPORTS);
    assert_eq!(stage.left_lamports().await, BUDGET_LAMPORTS - 3 * FEE_LAMPORTS);
}

#[tokio::test(flavor = "multi_thread")]
async fn operator_that_was_paid_often_enough_today_waits_for_tomorrow() {
    let mut stage = Stage::start("relay-quota", "client_per_minute = 0\noperator_claims_per_day = 1").await;
    let intervals = EPOCH_SECONDS / 60;
    let end = EPOCH_END_UNIX + i64::from(EPOCH_SECONDS);
    let device = &stage.network.devices[0];
    stage.network.travel(end).await;
    // Both epochs' rewards come in one day.
    let address = stage.network.address.to_bytes();
    let batch: Vec<_> =
        (intervals..intervals + 5).map(|number| attest(device, address, GENESIS_UNIX, number)).collect();
    stage.oracle.sender().deliver(&batch).await;
    assert_eq!(stage.outcome("0").await["outcome"], "paid");
    stage.network.travel(end + GRACE_SECONDS).await;
    until_final(&stage.network, 2).await;
    stage.oracle.status_when("the second root is final", |status| status["next_to_finalize"] == 2).await;
    let outcome = stage.outcome("0").await;
    assert_eq!(outcome["outcome"], "over_quota", "{outcome}");
    assert!(outcome["detail"].as_str().unwrap().contains("was paid 1 times today"), "{outcome}");
    assert!((1..=86_400).contains(&outcome["retry_after_seconds"].as_u64().unwrap()), "{outcome}");
    assert!(outcome["amount"].as_str().unwrap().parse::<u64>().unwrap() > 0, "{outcome}");
    assert_eq!(stage.relay_lamports().await, SOL - FEE_LAMPORTS);
    stage.network.travel(end + i64::from(EPOCH_SECONDS)).await;
    let deadline = Instant::now() + PATIENCE;
    while stage.outcome("0").await["outcome"] != "paid" {
        assert!(Instant::now() < deadline, "the next day pays nothing");
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn registration_that_is_lost_counts_and_one_that_waits_or_cannot_be_paid_is_said() {
    let mut sponsor = Sponsor::start("relay-lost", "devices_per_owner = 2").await;
    let rpc = FaultyRpc::start(&sponsor.network.rpc_url).await;
    sponsor.restart("devices_per_owner = 2", &rpc.url).await;
    let [owner, device] = [(); 2].map(|()| Keypair::new());
    let register = sponsor.register(&owner, &device);

    lose_transactions(&rpc);
    let signed = sponsor.sign(&register, &[&owner, &device]).await;
    assert_refused(sponsor.post(&signed, Some(CODE)).await, 503, "unconfirmed", "it may still land");
    // It may have landed: the device counts, and what it may have cost.
    let book = std::fs::read_to_string(sponsor.oracle.folder.join("data/relay.json")).unwrap();
    let book: Value = serde_json::from_str(&book).unwrap();
    assert_eq!(book["devices"][owner.pubkey().to_string()], 1, "{book}");
    assert!(book["spent_lamports"].as_u64().unwrap() > 1_000_000, "{book}");
    assert_eq!(sponsor.lamports().await, SOL);

    let (go_on, before) = (hold_next(&rpc).await, rpc.count("sendTransaction"));
    let signed = sponsor.sign(&register, &[&owner, &device]).await;
    let (first, second) = tokio::join!(sponsor.post(&signed, None), async {
        until_sent(&rpc, before).await;
        let second = sponsor.post(&signed, None).await;
        go_on.send(()).unwrap();
        second
    });
    assert_refused(second, 409, "in_progress", "another request is sending this transaction");
    assert_eq!(first.0, 200, "{first:?}");

    // Claims are signed only for a fee, and a relay with too little SOL says that it is its own.
    let other = Keypair::new();
    let nothing = sponsor.sign(&[], &[]).await;
    assert_refused(sponsor.post(&nothing, None).await, 422, "not_allowed", "does nothing that this relay pays for");
    let all_but_fees = sponsor.lamports().await - 200 * FEE_LAMPORTS;
    let drain = solana_system_interface::instruction::transfer(&sponsor.relay.pubkey(), &other.pubkey(), all_but_fees);
    sponsor.network.chain.send(&[drain], &[&sponsor.relay]).await.unwrap();
    std::fs::write(sponsor.oracle.folder.join("owners.txt"), other.pubkey().to_string()).unwrap();
    let another = Keypair::new();
    let signed = sponsor.sign(&sponsor.register(&other, &another), &[&other, &another]).await;
    assert_refused(sponsor.post(&signed, None).await, 503, "relay_empty", "too little SOL");
}

#[tokio::test(flavor = "multi_thread")]
async fn claim_of_others_making_without_a_fee_and_an_account_without_sol_for_it_are_refused() {
    let stage = Stage::start("relay-poor", "client_per_minute = 0\ncreate_accounts = true").await;
    let claim = claim_of(&stage.oracle, &stage.network, 0).await;
    let (blockhash, _) = stage.network.chain.latest_blockhash().await.unwrap();
    let mut message = solana_message::Message::new(&[claim], Some(&stage.relay.pubkey()));
    message.recent_blockhash = blockhash;
    let signed = solana_transaction::Transaction::new_unsigned(message);
    assert_refused(post(&stage.oracle, &signed, None).await, 422, "token_fee", "/v1/relay/claim");

    let elsewhere = stage.network.founder.pubkey();
    let all_but_fees = SOL - 400 * FEE_LAMPORTS;
    let drain = solana_system_interface::instruction::transfer(&stage.relay.pubkey(), &elsewhere, all_but_fees);
    stage.network.chain.send(&[drain], &[&stage.relay]).await.unwrap();
    // There is enough for fees, and not for the rent of the third's account.
    assert_eq!(names(&stage.ask(&["0", "2"]).await.1), ["paid", "relay_empty"]);
    assert_eq!(stage.left_lamports().await, BUDGET_LAMPORTS - FEE_LAMPORTS);
}

#[tokio::test(flavor = "multi_thread")]
async fn book_that_cannot_be_written_stops_payments_and_one_that_was_written_is_kept_to() {
    let mut stage = Stage::start("relay-book", NO_LIMIT).await;
    let book = stage.oracle.folder.join("data/relay.json");
    // What is in the new file's way.
    let blocked = book.with_extension("json.new");
    std::fs::create_dir(&blocked).unwrap();
    let outcome = stage.outcome("0").await;
    assert_eq!(outcome["outcome"], "failed", "{outcome}");
    assert!(outcome["detail"].as_str().unwrap().contains("cannot write its book"), "{outcome}");
    assert_eq!(stage.relay_lamports().await, SOL);
    std::fs::remove_dir(&blocked).unwrap();
    assert_eq!(stage.outcome("0").await["outcome"], "paid");

    // An account that was paid for, and closed since, is not paid for again.
    stage.oracle.process.kill_hard();
    let mut kept: Value = serde_json::from_str(&std::fs::read_to_string(&book).unwrap()).unwrap();
    kept["created_accounts"] = json!([stage.wallets[2].to_string()]);
    std::fs::write(&book, kept.to_string()).unwrap();
    let (folder, settings) = (stage.oracle.folder.clone(), "client_per_minute = 0\ncreate_accounts = true");
    stage.oracle = start_oracle(&folder, &stage.network, settings, &stage.network.rpc_url).await;
    stage.oracle.status_when("the chain was heard", |status| status["next_to_finalize"] == 1).await;
    let outcome = stage.outcome("2").await;
    assert_eq!(outcome["outcome"], "failed", "{outcome}");
    assert!(outcome["detail"].as_str().unwrap().contains("once, which was closed since"), "{outcome}");
    assert_eq!(stage.relay_lamports().await, SOL - FEE_LAMPORTS);
}
