//! What the tests share: a quick chain, RPC calls that must succeed, transactions made by hand.

use std::time::{Duration, Instant};

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use solana_address::Address;
use solana_keypair::Keypair;
use solana_signer::Signer;

use crate::localnet::{LocalChain, LocalChainConfig, rpc::RpcClient};

pub const SOL: u64 = 1_000_000_000;
/// 2014-01-06T00:00:00Z, in Unix seconds.
pub const START_OF_2014: i64 = 1_388_966_400;

const DEADLINE: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(10);

/// Free ports and short slots.
pub fn quick() -> LocalChainConfig {
    LocalChainConfig { slot_ms: 50, ..LocalChainConfig::default() }
}

pub fn start(config: LocalChainConfig) -> LocalChain {
    LocalChain::start(config).unwrap()
}

pub async fn call(rpc_url: &str, method: &'static str, params: Value) -> Value {
    let client = RpcClient::new(rpc_url).unwrap();
    client.call(method, params).await.unwrap()
}

pub async fn balance(rpc_url: &str, address: &Address) -> u64 {
    let answer = call(rpc_url, "getBalance", json!([address.to_string()])).await;
    answer["value"].as_u64().unwrap()
}

/// Polls until the balance is `lamports`.
pub async fn wait_for_balance(rpc_url: &str, address: &Address, lamports: u64) {
    let deadline = Instant::now() + DEADLINE;
    loop {
        let now = balance(rpc_url, address).await;
        if now == lamports {
            return;
        }
        assert!(Instant::now() < deadline, "{address} has {now}, not {lamports}");
        tokio::time::sleep(POLL).await;
    }
}

pub async fn airdrop(rpc_url: &str, address: &Address, lamports: u64) {
    let params = json!([address.to_string(), lamports]);
    call(rpc_url, "requestAirdrop", params).await;
}

/// The latest block hash, which has an address's form.
pub async fn block_hash(rpc_url: &str) -> Address {
    let answer = call(rpc_url, "getLatestBlockhash", json!([])).await;
    answer["value"]["blockhash"].as_str().unwrap().parse().unwrap()
}

/// Sends what [`transaction`] makes and waits until it has been executed without an error.
pub async fn send(rpc_url: &str, transaction: &[u8]) {
    let params = json!([
        BASE64_STANDARD.encode(transaction),
        { "encoding": "base64", "preflightCommitment": "processed" }
    ]);
    let signature = call(rpc_url, "sendTransaction", params).await;
    let deadline = Instant::now() + DEADLINE;
    loop {
        let answer = call(rpc_url, "getSignatureStatuses", json!([[signature]])).await;
        let status = &answer["value"][0];
        if !status.is_null() {
            assert!(status["err"].is_null(), "{status}");
            return;
        }
        assert!(Instant::now() < deadline, "{signature} was not executed");
        tokio::time::sleep(POLL).await;
    }
}

/// A signed transaction of one instruction, in wire form: `accounts` (at most one, writable) and
/// `data` (short) for `program`, paid for by `payer`, which is the first account.
pub fn transaction(
    payer: &Keypair,
    program: &Address,
    accounts: &[Address],
    data: &[u8],
    block_hash: &Address,
) -> Vec<u8> {
    // One signature; no read-only signer; one read-only account without signature, the program.
    let mut message = vec![1, 0, 1];
    message.push(2 + u8::try_from(accounts.len()).unwrap());
    message.extend(payer.pubkey().to_bytes());
    accounts.iter().for_each(|a| message.extend(a.to_bytes()));
    message.extend(program.to_bytes());
    message.extend(block_hash.to_bytes());
    let program_index = 1 + u8::try_from(accounts.len()).unwrap();
    message.extend([1, program_index]);
    match accounts.len() {
        0 => message.push(0),
        _ => message.extend([2, 0, 1]),
    }
    message.push(u8::try_from(data.len()).unwrap());
    message.extend(data);
    let mut transaction = vec![1];
    transaction.extend(payer.sign_message(&message).as_ref());
    transaction.extend(message);
    transaction
}

/// A transfer by the system program.
pub fn transfer(payer: &Keypair, to: &Address, lamports: u64, block_hash: &Address) -> Vec<u8> {
    let mut data = 2_u32.to_le_bytes().to_vec();
    data.extend(lamports.to_le_bytes());
    transaction(payer, &Address::default(), &[*to], &data, block_hash)
}

/// The data of an account.
pub async fn account_data(rpc_url: &str, address: &str) -> Vec<u8> {
    let params = json!([address, { "encoding": "base64" }]);
    let answer = call(rpc_url, "getAccountInfo", params).await;
    let data = answer["value"]["data"][0].as_str().unwrap();
    BASE64_STANDARD.decode(data).unwrap()
}
