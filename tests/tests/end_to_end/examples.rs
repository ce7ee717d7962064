//! The SDK's examples, as processes, against one network: from an attestation to a stake.

use std::fs;

use serde_json::Value;
use solana_keypair::write_keypair_file;
use solana_signer::Signer;
use trellis_client::{
    SPL_TOKEN_ID,
    accounts::Vault,
    addresses,
    instructions::staking::{self, PoolSettings},
    oracle::OracleApi,
};
use trellis_core::Epoch;
use trellis_epoch::bundle::folder_name;

use super::support::{
    device::attest,
    epoch::{pass_challenge_window, until_approved},
    eventually, fresh_folder,
    network::{EPOCH_END_UNIX, FIRST_AMOUNT, GENESIS_UNIX, GRACE_SECONDS, Network},
    oracle::Oracle,
    process::{Finished, Process, program},
};

/// Stakes from this on are of tier 1.
const TIER_1: u64 = 1_000;

fn spawn(example: &str, arguments: &[&str]) -> Process {
    Process::spawn(&program(&format!("examples/{example}")), |command| command.args(arguments))
}

/// Runs an example to its end, which must be a good one.
fn run(example: &str, arguments: &[&str]) -> String {
    let finished = spawn(example, arguments).wait();
    assert_eq!(finished.code, Some(0), "{example}: {finished:?}");
    finished.stdout
}

/// Runs an example that must end with an error that says `word`.
fn run_refused(example: &str, arguments: &[&str], word: &str) {
    let finished: Finished = spawn(example, arguments).wait();
    assert_ne!(finished.code, Some(0), "{example}: {finished:?}");
    assert!(finished.stderr.contains(word), "{example}: {finished:?}");
}

/// Posts one attestation; the path of its receipt, and of one that was tampered with.
async fn receipts(oracle: &Oracle, network: &Network) -> [String; 2] {
    let signed = attest(&network.devices[0], network.address.to_bytes(), GENESIS_UNIX, 0);
    let wire = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, signed.to_bytes());
    let body = serde_json::json!({ "attestations": [wire] });
    let request = reqwest::Client::new().post(format!("{}/v1/attestations", oracle.url)).json(&body);
    let answer: Value = request.send().await.unwrap().json().await.unwrap();
    let good = answer["results"][0]["receipt"].to_string();
    let forged = good.replace("\"epoch\":0", "\"epoch\":1");
    assert_ne!(good, forged);
    [("receipt.json", good), ("forged.json", forged)].map(|(name, text)| {
        let path = oracle.folder.join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    })
}

/// A pool, and the operator's stake of `amount` by the operator's own wallet.
async fn stake(network: &Network, amount: u64) {
    let (founder, operator) = (network.founder.pubkey(), network.operator.pubkey());
    let mut tiers = [0; trellis_core::staking::MAX_TIERS];
    tiers[0] = TIER_1;
    let settings = PoolSettings {
        unstake_cooldown_seconds: 7 * 86_400,
        slash_delay_seconds: 3 * 86_400,
        max_slash_bps_per_epoch: 500,
        tiers,
        tier_count: 1,
    };
    let treasury = addresses::associated_token_account(&founder, &network.mint);
    let pool = addresses::stake_pool(&network.address);
    let account = addresses::operator(&network.address, &operator);
    let operator_stake = addresses::operator_stake(&pool, &account);
    let tokens = addresses::associated_token_account(&operator, &network.mint);
    let instructions = [
        staking::create_pool(founder, founder, network.address, network.mint, SPL_TOKEN_ID, treasury, settings),
        staking::open_operator_stake(founder, pool, account),
        staking::open_position(founder, operator_stake, operator),
        staking::delegate(operator, pool, SPL_TOKEN_ID, operator_stake, tokens, amount),
    ];
    network.chain.send(&instructions, &[&network.founder, &network.operator]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn examples_of_the_sdk_run_against_a_network() {
    let network = Network::start().await;
    network.travel(EPOCH_END_UNIX).await;
    let ws_url = network.local.as_ref().unwrap().ws_url();
    let mut watching = spawn("watch_events", &[&ws_url, "5", &network.vault.to_string()]);
    eventually("it listens", || watching.stdout().contains("listening").then_some(()));

    let oracle = Oracle::start(&fresh_folder("examples"), &network).await;
    let [receipt, forged] = receipts(&oracle, &network).await;
    let signer = network.oracle.pubkey().to_string();
    assert!(run("verify_receipt", &[&receipt, &signer]).starts_with("holds:"));
    run_refused("verify_receipt", &[&forged, &signer], "does not lead to the root");
    run_refused("verify_receipt", &[&receipt, &network.founder.pubkey().to_string()], "of another oracle");

    let device = hex::encode(network.devices[0].verifying_key().to_bytes());
    let rewards = || run("device_rewards", &[&network.rpc_url, &oracle.url, &device]);
    assert!(rewards().contains("nothing is final yet"));
    network.travel(EPOCH_END_UNIX + GRACE_SECONDS).await;
    until_approved(&network).await;
    pass_challenge_window(&network).await;
    let api = OracleApi::new(&oracle.url).unwrap();
    let mut proof = api.proof("0", None).await;
    while proof.is_err() {
        tokio::time::sleep(super::support::LOOK_EVERY).await;
        proof = api.proof("0", None).await;
    }
    assert!(rewards().contains(&format!("claimable {FIRST_AMOUNT}\n")));
    let proof = proof.unwrap();
    let vault: Vault = network.chain.fetch(&network.vault).await.unwrap();
    assert_eq!(proof.claim().check(&vault), Ok(()));
    assert!(api.proof("0", Some(Epoch(9))).await.unwrap_err().is_not_found());
    assert!(api.get::<Value>("/nothing").await.unwrap_err().is_not_found());

    // Anybody's keypair pays the fee; the operator's wallet has the tokens.
    let founder = oracle.folder.join("founder.json");
    write_keypair_file(&network.founder, &founder).unwrap();
    let claim = || run("claim", &[&network.rpc_url, &oracle.url, founder.to_str().unwrap(), "0"]);
    assert!(claim().starts_with(&format!("paid {FIRST_AMOUNT} to {} in ", network.operator.pubkey())));
    let account = addresses::associated_token_account(&network.operator.pubkey(), &network.mint);
    assert_eq!(network.chain.token_balance(&account).await.unwrap(), Some(FIRST_AMOUNT));
    assert_eq!(claim(), format!("nothing to claim: {FIRST_AMOUNT} were claimed before\n"));
    assert!(rewards().ends_with("claimable 0\n"));

    // The operator's share was all that there was. Thousands are claimed for in `fleet.rs`.
    let bundle = oracle.folder.join("bundles").join(folder_name(Epoch(0)));
    let fleet = [&network.rpc_url, founder.to_str().unwrap(), bundle.to_str().unwrap()];
    assert_eq!(run("claim_fleet", &fleet), "0 operators were paid 0 in 0 transactions\n");
    run_refused("claim_fleet", &[&fleet[..], &["0", "9"]].concat(), "there is no operator 1 in epoch 0");
    run_refused("claim_fleet", &[&fleet[..], &["0", "x"]].concat(), "`x` is no operator's index");
    run_refused("claim_fleet", &fleet[..1], "three or five arguments are wanted");

    // What the vault's transactions said meanwhile.
    let watched = watching.wait();
    assert_eq!(watched.code, Some(0), "{watched:?}");
    let told: Vec<&str> = watched.stdout.lines().filter_map(|line| line.split(' ').nth(2)).collect();
    assert_eq!(told, ["PageOpened", "RootProposed", "RootVoted", "RootFinalized", "Claimed"], "{watched:?}");

    let operator = network.operator.pubkey().to_string();
    let gate =
        |tier: &str| run("tier_gate", &[&network.rpc_url, &network.address.to_string(), &operator, &operator, tier]);
    stake(&network, TIER_1).await;
    assert_eq!((gate("1").trim(), gate("2").trim()), ("open: tier 1", "closed: tier 1, 2 is wanted"));
}
