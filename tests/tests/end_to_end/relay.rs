//! Claims that the oracle sends and pays for.

use std::path::Path;

use ed25519_dalek::SigningKey;
use serde_json::{Value, json};
use solana_address::Address;
use solana_keypair::Keypair;
use solana_signer::Signer;
use trellis_client::{addresses, claims, instructions::registry};

use super::support::{
    device::attest,
    epoch::{pass_challenge_window, until_approved},
    fault::{Fault, FaultyRpc},
    fresh_folder,
    network::{EPOCH_END_UNIX, FIRST_AMOUNT, GENESIS_UNIX, GRACE_SECONDS, Network},
    oracle::{Oracle, write_key},
};

const FEE_LAMPORTS: u64 = 5_000;
const SOL: u64 = 1_000_000_000;
/// Intervals that each operator's device works.
const WORKED: u32 = 5;

/// A network with three operators that have earned alike, of whom the last has no token account; and a fourth, who has
/// earned nothing.
pub struct Stage {
    pub network: Network,
    pub oracle: Oracle,
    pub relay: Keypair,
    pub wallets: Vec<Address>,
}

impl Stage {
    /// With epoch 0 final, and a relay with these settings.
    pub async fn start(name: &str, settings: &str) -> Self {
        let network = Network::start().await;
        let (folder, relay) = (fresh_folder(name), Keypair::new());
        let fund = solana_system_interface::instruction::transfer(&network.founder.pubkey(), &relay.pubkey(), SOL);
        network.chain.send(&[fund], &[&network.founder]).await.unwrap();
        write_key(&folder.join("relay-key.json"), &relay);
        let mut wallets = vec![network.operator.pubkey()];
        let mut devices = vec![network.devices[0].clone()];
        for has_account in [true, false] {
            let (wallet, device) = join(&network, has_account).await;
            wallets.push(wallet);
            devices.push(device);
        }
        let idle = Keypair::new();
        let (payer, wallet) = (network.founder.pubkey(), idle.pubkey());
        let register = registry::register_operator(payer, wallet, network.address, wallet);
        network.chain.send(&[register], &[&network.founder, &idle]).await.unwrap();
        wallets.push(wallet);
        network.travel(EPOCH_END_UNIX).await;
        let oracle = start_oracle(&folder, &network, settings, &network.rpc_url).await;
        let mut stage = Self { network, oracle, relay, wallets };
        for device in &devices {
            let network = stage.network.address.to_bytes();
            let batch: Vec<_> = (0..WORKED).map(|number| attest(device, network, GENESIS_UNIX, number)).collect();
            stage.oracle.sender().deliver(&batch).await;
        }
        stage.network.travel(EPOCH_END_UNIX + GRACE_SECONDS).await;
        until_approved(&stage.network).await;
        pass_challenge_window(&stage.network).await;
        stage.oracle.status_when("the root is final", |status| status["next_to_finalize"] == 1).await;
        stage
    }

    /// The same oracle with other settings of its relay, which asks the chain at `rpc_url`.
    pub async fn restart(&mut self, settings: &str, rpc_url: &str) {
        self.oracle.process.kill_hard();
        self.oracle = start_oracle(&self.oracle.folder.clone(), &self.network, settings, rpc_url).await;
        self.oracle.status_when("the chain was heard", |status| status["next_to_finalize"] == 1).await;
    }

    pub async fn ask(&self, operators: &[&str]) -> (u16, Value) {
        ask(&self.oracle.url, &json!({ "operators": operators })).await
    }

    /// The one result of a claim for one operator.
    pub async fn outcome(&self, operator: &str) -> Value {
        let (status, answer) = self.ask(&[operator]).await;
        assert_eq!(status, 200, "{answer}");
        assert_eq!(answer["results"].as_array().unwrap().len(), 1, "{answer}");
        answer["results"][0].clone()
    }

    pub async fn tokens(&self, operator: usize) -> Option<u64> {
        let account = addresses::associated_token_account(&self.wallets[operator], &self.network.mint);
        self.network.chain.token_balance(&account).await.unwrap()
    }

    pub async fn relay_lamports(&self) -> u64 {
        self.network.chain.balance_lamports(&self.relay.pubkey()).await.unwrap()
    }

    pub async fn left_lamports(&self) -> u64 {
        self.oracle.get("/v1/relay").await.1["left_lamports"].as_u64().unwrap()
    }
}

/// Registers another operator with a device.
async fn join(network: &Network, has_account: bool) -> (Address, SigningKey) {
    let (wallet, key, founder) = (Keypair::new(), Keypair::new(), network.founder.pubkey());
    let address = wallet.pubkey();
    let register = [
        registry::register_operator(founder, address, network.address, address),
        registry::register_device(founder, address, key.pubkey(), None, network.address, 0),
    ];
    network.chain.send(&register, &[&network.founder, &wallet, &key]).await.unwrap();
    if has_account {
        let create = claims::create_payout_account(&founder, &address, &network.mint);
        network.chain.send(&[create], &[&network.founder]).await.unwrap();
    }
    (address, SigningKey::from_bytes(key.secret_bytes()))
}

pub async fn start_oracle(folder: &Path, network: &Network, relay: &str, rpc_url: &str) -> Oracle {
    let change = |settings: String| {
        let settings = settings.replace(&network.rpc_url, rpc_url);
        // No priority fees: what is paid is known to the lamport.
        format!("priority_fee_max_micro_lamports = 0\n{settings}\n[relay]\nkeypair = \"relay-key.json\"\n{relay}\n")
    };
    Oracle::start_with(folder, network, change).await
}

pub async fn ask(url: &str, body: &Value) -> (u16, Value) {
    let request = reqwest::Client::new().post(format!("{url}/v1/relay/claim")).json(body);
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

pub fn names(answer: &Value) -> Vec<&str> {
    answer["results"].as_array().unwrap().iter().map(|row| row["outcome"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn operators_without_sol_are_paid_once_in_one_transaction_whoever_asks_and_how_often() {
    let mut stage = Stage::start("relay", "client_per_minute = 0").await;
    let before = stage.relay_lamports().await;
    // Many at the same time, in both ways of asking.
    let mut asking = tokio::task::JoinSet::new();
    for number in 0..8 {
        let url = stage.oracle.url.clone();
        let body = match number % 2 {
            0 => json!({ "operators": ["0", "1", stage.wallets[2].to_string(), "0"] }),
            _ => json!({ "range": { "first": 0, "count": 5 } }),
        };
        asking.spawn(async move { ask(&url, &body).await });
    }
    let answers = asking.join_all().await;
    let mut paid = Vec::new();
    for (status, answer) in &answers {
        assert_eq!(*status, 200, "{answer}");
        for row in answer["results"].as_array().unwrap() {
            match row["outcome"].as_str().unwrap() {
                "paid" => paid.push(row.clone()),
                "in_progress" | "already_claimed" => assert!(row["operator_index"].as_u64().unwrap() < 2, "{row}"),
                "no_token_account" => assert_eq!(row["operator_index"], 2, "{row}"),
                "nothing_earned" => assert_eq!(row["operator_index"], 3, "{row}"),
                "not_in_epoch" => assert_eq!(row["operator_index"], 4, "{row}"),
                _ => panic!("{row}"),
            }
        }
    }
    paid.sort_by_key(|row| row["operator_index"].as_u64());
    assert_eq!(paid.len(), 2, "{paid:?}");
    assert_eq!(paid[0]["signature"], paid[1]["signature"], "neighbours are paid together");
    for (operator, row) in paid.iter().enumerate() {
        let amount: u64 = row["amount"].as_str().unwrap().parse().unwrap();
        assert_eq!(
            (row["operator_index"].as_u64(), stage.tokens(operator).await),
            (Some(operator as u64), Some(amount))
        );
        assert!(amount >= FIRST_AMOUNT / 3);
        assert_eq!(stage.network.chain.balance_lamports(&stage.wallets[operator]).await.unwrap(), 0);
    }
    assert_eq!(stage.relay_lamports().await, before - FEE_LAMPORTS, "one transaction, and nothing else");
    assert_eq!(stage.left_lamports().await, 50_000_000 - FEE_LAMPORTS);
    assert_eq!(stage.oracle.metric("trellis_oracle_relay_claims_total{outcome=\"paid\"}").await, Some(2.0));
    assert_eq!(stage.oracle.metric("trellis_oracle_relay_spent_lamports_total").await, Some(FEE_LAMPORTS as f64));

    // Asking again pays nothing, and names the payment.
    let again = stage.outcome("0").await;
    assert_eq!((&again["outcome"], &again["signature"]), (&json!("already_claimed"), &paid[0]["signature"]));
    // What was spent is remembered over a start.
    stage.restart("client_per_minute = 0\nalarm_lamports = 2000000000", &stage.network.rpc_url.clone()).await;
    assert_eq!(stage.left_lamports().await, 50_000_000 - FEE_LAMPORTS);
    assert_eq!(stage.outcome("1").await["outcome"], "already_claimed");
    let detail = stage.oracle.alarm("relay_balance_low").await;
    assert!(detail.contains(&stage.relay.pubkey().to_string()) && detail.contains("send it some SOL"), "{detail}");
}

#[tokio::test(flavor = "multi_thread")]
async fn relay_keeps_to_its_limits_and_says_which() {
    let mut stage = Stage::start("relay-limits", "client_per_minute = 0\ndaily_budget_lamports = 4999").await;
    let url = stage.network.rpc_url.clone();
    let outcome = stage.outcome("0").await;
    assert_eq!(outcome["outcome"], "over_budget", "{outcome}");
    assert!(outcome["detail"].as_str().unwrap().contains("5000 lamports, and 4999 are left"), "{outcome}");
    assert!(outcome["retry_after_seconds"].as_u64().unwrap() <= 86_400);

    stage.restart("client_per_minute = 0\nminimum_amount = 1000000000000", &url).await;
    let outcome = stage.outcome("0").await;
    assert_eq!(outcome["outcome"], "below_minimum", "{outcome}");
    assert!(outcome["amount"].as_str().unwrap().parse::<u64>().unwrap() >= FIRST_AMOUNT / 3, "{outcome}");
    assert_eq!(stage.relay_lamports().await, SOL, "nothing was paid so far");

    // The one without an account gets one, once, from a budget that bounds that too.
    stage.restart("client_per_minute = 0\ncreate_accounts = true\ndaily_budget_lamports = 100000", &url).await;
    assert_eq!(stage.outcome("2").await["outcome"], "over_budget");
    stage.restart("client_per_minute = 0\ncreate_accounts = true", &url).await;
    let (_, answer) = stage.ask(&["0", "1", "2"]).await;
    assert_eq!(names(&answer), ["paid", "paid", "paid"], "{answer}");
    assert_ne!(answer["results"][1]["signature"], answer["results"][2]["signature"]);
    let spent = SOL - stage.relay_lamports().await;
    assert!((1_000_000..5_000_000).contains(&spent), "{spent}: two fees and a rent");
    assert!(stage.tokens(2).await.unwrap() >= FIRST_AMOUNT / 3 - 1);
    let left = stage.left_lamports().await;
    assert!(left <= 50_000_000 - spent && left >= 50_000_000 - spent - 200_000, "{left} are left, {spent} were spent");
}

#[tokio::test(flavor = "multi_thread")]
async fn relay_without_sol_says_so() {
    let mut stage = Stage::start("relay-empty", "client_per_minute = 0").await;
    write_key(&stage.oracle.folder.join("relay-key.json"), &Keypair::new());
    stage.restart("client_per_minute = 0", &stage.network.rpc_url.clone()).await;
    let outcome = stage.outcome("0").await;
    assert_eq!(outcome["outcome"], "relay_empty", "{outcome}");
    assert_eq!(stage.left_lamports().await, 50_000_000);
    stage.oracle.alarm("relay_balance_low").await;

    // The oracle's own key is not the relay's.
    stage.oracle.process.kill_hard();
    write_key(&stage.oracle.folder.join("relay-key.json"), &stage.network.oracle);
    let finished = super::support::oracle::spawn(&stage.oracle.folder).wait();
    assert_eq!(finished.code, Some(1), "{finished:?}");
    assert!(finished.stderr.contains("give the relay one of its own"), "{finished:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn claim_that_somebody_else_made_meanwhile_and_a_chain_that_fails_pay_nothing_twice() {
    let mut stage = Stage::start("relay-faults", "client_per_minute = 0").await;
    let rpc = FaultyRpc::start(&stage.network.rpc_url).await;
    stage.restart("client_per_minute = 0", &rpc.url).await;

    // Between simulation and sending, somebody else claims.
    let (claimed, wait) = tokio::sync::oneshot::channel();
    let mut wait = Some(wait);
    rpc.set(move |method, _| {
        if method == "sendTransaction"
            && let Some(wait) = wait.take()
        {
            return Fault::Until(wait);
        }
        Fault::Pass
    });
    let url = stage.oracle.url.clone();
    let asking = tokio::spawn(async move { ask(&url, &json!({ "operators": ["0"] })).await });
    let deadline = std::time::Instant::now() + super::support::PATIENCE;
    while rpc.count("sendTransaction") == 0 {
        assert!(std::time::Instant::now() < deadline, "nothing was sent");
        tokio::time::sleep(super::support::LOOK_EVERY).await;
    }
    super::support::epoch::assert_claim_of_pays(&stage.oracle, &stage.network, 0).await;
    claimed.send(()).unwrap();
    let (status, answer) = asking.await.unwrap();
    assert_eq!((status, names(&answer)), (200, vec!["already_claimed"]), "{answer}");
    assert_eq!(stage.relay_lamports().await, SOL, "nothing was sent");

    // The chain takes nothing, then everything twice: the second operator is paid once.
    rpc.set(|_, _| Fault::Status(503));
    let (status, answer) = stage.ask(&["1"]).await;
    assert_eq!((status, &answer["error"]["code"]), (503, &json!("chain_away")), "{answer}");
    rpc.set(|method, _| match method {
        "sendTransaction" => Fault::Twice,
        _ => Fault::Pass,
    });
    let outcome = stage.outcome("1").await;
    assert_eq!(outcome["outcome"], "paid", "{outcome}");
    assert_eq!(stage.outcome("1").await["outcome"], "already_claimed");
    assert_eq!(stage.relay_lamports().await, SOL - FEE_LAMPORTS);
}
