//! What somebody must be told: a low balance, a missed vote, an oracle that nobody named.

use serde_json::json;
use solana_keypair::Keypair;
use trellis_cli::localnet::time_travel;

use super::support::{
    epoch::until_approved,
    fault::{Fault, FaultyRpc},
    fresh_folder,
    network::{EPOCH_END_UNIX, GRACE_SECONDS, Network},
    oracle::{Oracle, write_key},
    process::assert_words,
};

const VOTE_ALARM_SECONDS: i64 = 900;

#[tokio::test(flavor = "multi_thread")]
async fn missed_vote_and_low_balance_raise_alarms_until_they_are_over() {
    let network = Network::start().await;
    let rpc = FaultyRpc::start(&network.rpc_url).await;
    let change = |settings: String| {
        let settings = settings.replace(&network.rpc_url, &rpc.url);
        // The key has 10 SOL.
        format!("vote_alarm_seconds = {VOTE_ALARM_SECONDS}\nbalance_alarm_lamports = 10_500_000_000\n{settings}")
    };
    let mut oracle = Oracle::start_with(&fresh_folder("alarms"), &network, change).await;
    let detail = oracle.alarm("balance_low").await;
    assert_words(&detail);
    assert!(detail.contains("less than 10.500000000 SOL"), "{detail}");
    assert_eq!(oracle.metric("trellis_oracle_alarm{alarm=\"balance_low\"}").await, Some(1.0));
    assert!(oracle.metric("trellis_oracle_balance_lamports").await.unwrap() <= 1e10);

    rpc.set(|method, _| match method {
        "sendTransaction" => Fault::Status(503),
        _ => Fault::Pass,
    });
    time_travel(&network.rpc_url, EPOCH_END_UNIX + GRACE_SECONDS).await.unwrap();
    oracle.status_when("the epoch is over", |status| status["current_epoch"] == 1).await;
    assert_eq!(oracle.metric("trellis_oracle_missed_votes_total").await, Some(0.0));
    time_travel(&network.rpc_url, EPOCH_END_UNIX + GRACE_SECONDS + VOTE_ALARM_SECONDS).await.unwrap();
    let detail = oracle.alarm("vote_missed").await;
    assert_words(&detail);
    assert!(detail.contains("on epoch 0"), "{detail}");
    assert_eq!(oracle.metric("trellis_oracle_missed_votes_total").await, Some(1.0));
    assert_eq!(oracle.metric("trellis_oracle_alarm{alarm=\"vote_missed\"}").await, Some(1.0));
    let said = oracle.process.stderr();
    for alarm in ["balance_low", "vote_missed"] {
        let lines = said.lines().filter(|line| line.contains("ERROR") && line.contains(alarm)).count();
        assert_eq!(lines, 1, "{alarm}: {said}");
    }

    rpc.heal();
    until_approved(&network).await;
    let airdrop = json!({
        "jsonrpc": "2.0", "id": 1, "method": "requestAirdrop",
        "params": [solana_signer::Signer::pubkey(&network.oracle).to_string(), 5_000_000_000u64],
    });
    reqwest::Client::new().post(&network.rpc_url).json(&airdrop).send().await.unwrap();
    oracle.status_when("all alarms are over", |status| status["alarms"] == json!([])).await;
    assert_eq!(oracle.metric("trellis_oracle_alarm{alarm=\"vote_missed\"}").await, Some(0.0));
    assert_eq!(oracle.metric("trellis_oracle_missed_votes_total").await, Some(1.0), "counted once");
}

#[tokio::test(flavor = "multi_thread")]
async fn oracle_that_the_vault_does_not_name_says_so() {
    let network = Network::start().await;
    let folder = fresh_folder("alarms-stranger");
    let stranger = Keypair::new();
    let mut oracle = Oracle::start_with(&folder, &network, |settings| {
        write_key(&folder.join("key.json"), &stranger);
        settings
    })
    .await;
    let address = solana_signer::Signer::pubkey(&stranger).to_string();
    let detail = oracle.alarm("not_a_member").await;
    assert!(detail.contains(&address), "{detail}");
    let detail = oracle.alarm("balance_low").await;
    assert!(detail.contains("0.000000000 SOL"), "{detail}");
}
