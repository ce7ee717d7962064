//! `trellis rewards claim-all`: claims of 5,000 operators, killed in the middle.

use std::{ops::RangeInclusive, path::PathBuf, time::Instant};

use base64::{Engine, prelude::BASE64_STANDARD};
use ed25519_dalek::SigningKey;
use nix::sys::signal::Signal;
use serde_json::json;
use solana_address::Address;
use solana_keypair::write_keypair_file;
use solana_message::{VersionedMessage, compiled_instruction::CompiledInstruction};
use solana_signer::Signer;
use solana_transaction::versioned::VersionedTransaction;
use tokio::task::JoinSet;
use trellis_client::{
    REWARDS_ID, SPL_TOKEN_ID,
    accounts::{Emission, Vault},
    addresses,
    chain::PastInstruction,
    instructions::{rewards, token},
};
use trellis_core::{DeviceKey, Epoch, hash::sha256};
use trellis_epoch::{
    EpochInput, LedgerState, Policy, Snapshot,
    bundle::{EncodedBundle, encode, folder_name},
    snapshot::{Class, Device, Operator},
};

use super::support::{
    LOOK_EVERY, PATIENCE,
    device::attest,
    epoch::pass_challenge_window,
    fault::FaultyRpc,
    fresh_folder,
    network::{EPOCH_END_UNIX, EPOCH_SECONDS, FIRST_AMOUNT, GENESIS_UNIX, Network, POLICY},
    process::{Process, assert_refused, program, trellis},
};

const OPERATORS: u32 = 5_000;
/// What a token account holds, so that it is kept.
const RENT_LAMPORTS: u64 = 3_000_000;

/// 32 bytes that stand for the operator.
fn bytes_of(index: u32, role: &str) -> [u8; 32] {
    sha256(&[role.as_bytes(), &index.to_le_bytes()])
}

fn wallet(index: u32) -> Address {
    Address::new_from_array(bytes_of(index, "wallet"))
}

/// Epoch 0 as if all these operators, with a device each, had worked alike for an interval.
fn close(network: &Network) -> EncodedBundle {
    let policy = Policy::from_toml(POLICY).unwrap();
    let keys: Vec<SigningKey> = (0..OPERATORS).map(|index| SigningKey::from_bytes(&bytes_of(index, "key"))).collect();
    let device = |(index, key): (u32, &SigningKey)| Device {
        key: DeviceKey::Ed25519(key.verifying_key().to_bytes()),
        operator_index: index,
        class_index: 0,
        registered_unix: 0,
        suspended: false,
        index,
        cell: None,
        cell_set_unix: 0,
    };
    let mut devices: Vec<Device> = (0..).zip(&keys).map(device).collect();
    devices.sort_by_key(|device| device.key);
    let operator =
        |index| Operator { index, wallet: wallet(index).to_bytes(), payout_wallet: wallet(index).to_bytes() };
    let snapshot = Snapshot {
        slot: 1,
        network: network.address.to_bytes(),
        vault: network.vault.to_bytes(),
        mint: network.mint.to_bytes(),
        policy_hash: policy.hash(),
        genesis_unix: GENESIS_UNIX,
        epoch_seconds: EPOCH_SECONDS,
        epoch_cap: FIRST_AMOUNT,
        emission: Some(FIRST_AMOUNT),
        classes: vec![Class { index: 0, work_kind: 1, rated_power_watts: 10_000, weight: 1 }],
        operators: (0..OPERATORS).map(operator).collect(),
        devices,
    };
    let attestations = keys.iter().map(|key| attest(key, network.address.to_bytes(), GENESIS_UNIX, 0)).collect();
    let input = EpochInput {
        epoch: Epoch(0),
        snapshot,
        policy,
        opening: LedgerState::default(),
        corrections: vec![],
        attestations,
    };
    encode(&input, None).unwrap()
}

/// Emits epoch 0 and makes the bundle's root final.
async fn finalize(network: &Network, bundle: &EncodedBundle) {
    network.travel(EPOCH_END_UNIX).await;
    let (oracle, content) = (network.oracle.pubkey(), bundle.root_content());
    let emission: Emission = network.chain.fetch(&addresses::emission(&network.address)).await.unwrap();
    let proposal = addresses::proposal(&network.vault, Epoch(0), &oracle);
    let pages = (0..=OPERATORS / 1_024).map(|page| rewards::open_page(oracle, network.vault, page));
    network.chain.send(&[token::emit_epochs(&emission, 0, 1)], &[&network.oracle]).await.unwrap();
    network.chain.send(&pages.collect::<Vec<_>>(), &[&network.oracle]).await.unwrap();
    let propose = rewards::propose_root(oracle, &content);
    let vote = rewards::vote_root(oracle, network.vault, proposal, content.hash());
    network.chain.send(&[propose, vote], &[&network.oracle]).await.unwrap();
    pass_challenge_window(network).await;
    network.chain.send(&[rewards::finalize_root(network.vault, proposal)], &[&network.oracle]).await.unwrap();
}

/// Gives every operator but the last an empty token account, by the local chain's own means: 5,000 transactions would
/// take minutes.
async fn give_accounts(network: &Network) {
    let (http, mut giving) = (reqwest::Client::new(), JoinSet::new());
    for index in 0..OPERATORS - 1 {
        let wallet = wallet(index);
        let address = addresses::associated_token_account(&wallet, &network.mint).to_string();
        let mut data = [0; 165];
        data[..32].copy_from_slice(&network.mint.to_bytes());
        data[32..64].copy_from_slice(&wallet.to_bytes());
        data[108] = 1;
        if giving.len() >= 16 {
            giving.join_next().await.unwrap().unwrap();
        }
        giving.spawn(set_account(http.clone(), network.rpc_url.clone(), address, SPL_TOKEN_ID, data.to_vec()));
    }
    giving.join_all().await;
}

async fn set_account(http: reqwest::Client, rpc_url: String, address: String, owner: Address, data: Vec<u8>) {
    let account = json!({ "data": hex::encode(data), "lamports": RENT_LAMPORTS, "owner": owner.to_string() });
    let request = json!({ "jsonrpc": "2.0", "id": 1, "method": "surfnet_setAccount", "params": [address, account] });
    let answer = http.post(rpc_url).json(&request).send().await.unwrap();
    let answer: serde_json::Value = answer.json().await.unwrap();
    assert!(answer["error"].is_null(), "{answer}");
}

struct Stage {
    network: Network,
    bundle: EncodedBundle,
    folder: PathBuf,
    rpc: FaultyRpc,
}

impl Stage {
    async fn start(name: &str) -> Self {
        let network = Network::start().await;
        let bundle = close(&network);
        finalize(&network, &bundle).await;
        give_accounts(&network).await;
        let folder = fresh_folder(name);
        let bundle_folder = folder.join(folder_name(Epoch(0)));
        std::fs::create_dir(&bundle_folder).unwrap();
        bundle.files.iter().for_each(|(name, bytes)| std::fs::write(bundle_folder.join(name), bytes).unwrap());
        write_keypair_file(&network.founder, folder.join("payer.json")).unwrap();
        let rpc = FaultyRpc::start(&network.rpc_url).await;
        Self { network, bundle, folder, rpc }
    }

    fn arguments(&self) -> Vec<String> {
        let [payer, bundle] = ["payer.json", &folder_name(Epoch(0))].map(|name| self.folder.join(name));
        let words = ["rewards", "claim-all", "--json", "--url", &self.rpc.url, "--keypair", payer.to_str().unwrap()];
        let words = words.into_iter().chain(["--bundle", bundle.to_str().unwrap()]);
        words.map(str::to_owned).collect()
    }

    async fn claim(&self, more: &[&str]) -> serde_json::Value {
        let arguments = [self.arguments(), more.iter().map(|word| (*word).to_owned()).collect()].concat();
        let running =
            tokio::task::spawn_blocking(move || trellis(&arguments.iter().map(String::as_str).collect::<Vec<_>>()));
        let finished = running.await.unwrap();
        assert_eq!(finished.code, Some(0), "{finished:?}");
        finished.json()
    }

    async fn claimed(&self) -> u64 {
        let vault: Vault = self.network.chain.fetch(&self.network.vault).await.unwrap();
        vault.claimed_total
    }

    /// Claims by some operators alone; returns the transactions that were sent for it.
    async fn claim_by(&self, operators: impl Iterator<Item = u32>) -> Vec<VersionedTransaction> {
        let before = self.rpc.sent();
        let (file, wanted) = (self.folder.join("operators"), operators.collect::<Vec<_>>());
        std::fs::write(&file, wanted.iter().map(|index| format!("{index}\n")).collect::<String>()).unwrap();
        let report = self.claim(&["--operators", file.to_str().unwrap()]).await;
        let sent: Vec<_> = self.rpc.sent().difference(&before).map(decode).collect();
        assert_eq!((&report["operators"], &report["transactions"]), (&json!(wanted.len()), &json!(sent.len())));
        sent
    }

    /// Claims for these operators by the SDK's example `claim_fleet`; what it said.
    async fn run_example(&self, operators: RangeInclusive<u32>) -> String {
        let [payer, bundle] = ["payer.json", &folder_name(Epoch(0))].map(|name| self.folder.join(name));
        let (rpc_url, range) = (self.rpc.url.clone(), [operators.start(), operators.end()].map(u32::to_string));
        let running = tokio::task::spawn_blocking(move || {
            let example = program("examples/claim_fleet");
            Process::spawn(&example, |command| command.arg(rpc_url).args([payer, bundle]).args(range)).wait()
        });
        let finished = running.await.unwrap();
        assert_eq!(finished.code, Some(0), "{finished:?}");
        finished.stdout
    }

    /// Makes the chain say that transactions of version 1 are active, or that they are not.
    async fn set_version_1(&self, is_active: bool) {
        let feature = agave_feature_set::enable_tx_v1::ID.to_string();
        let (owner, data) = (solana_sdk_ids::feature::ID, [&[u8::from(is_active)][..], &[0; 8]].concat());
        set_account(reqwest::Client::new(), self.network.rpc_url.clone(), feature, owner, data).await;
    }
}

fn decode(encoded: &String) -> VersionedTransaction {
    wincode::deserialize(&BASE64_STANDARD.decode(encoded).unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn claims_of_5_000_operators_killed_half_way_are_paid_once_in_few_transactions() {
    let stage = Stage::start("fleet-killed").await;
    let total = u64::from(OPERATORS) * (FIRST_AMOUNT / u64::from(OPERATORS));
    let mut first = Process::spawn(&program("trellis"), |command| command.args(stage.arguments()));
    let deadline = Instant::now() + PATIENCE;
    while stage.claimed().await < total / 3 {
        assert!(!first.has_ended(), "it ended by itself: {} {}", first.stdout(), first.stderr());
        assert!(Instant::now() < deadline, "{} of {total} were claimed", stage.claimed().await);
        tokio::time::sleep(LOOK_EVERY).await;
    }
    first.signal(Signal::SIGKILL);
    assert_eq!(first.wait().signal, Some(Signal::SIGKILL as i32));
    let at_the_kill = stage.claimed().await;
    assert!(at_the_kill < stage.bundle.manifest.cumulative_total, "it was done already");

    let report = stage.claim(&[]).await;
    let sent = stage.rpc.sent();
    println!("{} transactions; {report}", sent.len());
    assert!(sent.len() <= 110, "{} transactions", sent.len());
    assert_eq!((&report["epoch"], &report["ok"]), (&json!(0), &json!(true)));
    let last = OPERATORS - 1;
    assert_eq!(report["left_out"], json!([{ "operator_index": last, "reason": "no_token_account" }]));

    // Everybody has just what was earned, and nobody more.
    let rows = bundle_rows(&stage);
    for part in rows[..rows.len() - 1].chunks(100) {
        let accounts: Vec<Address> =
            part.iter().map(|(wallet, _)| addresses::associated_token_account(wallet, &stage.network.mint)).collect();
        for ((wallet, cumulative), account) in part.iter().zip(stage.network.chain.accounts(&accounts).await.unwrap()) {
            let held = trellis_core::spl::balance(&account.unwrap().data).unwrap().get();
            assert_eq!(held, *cumulative, "{wallet}");
        }
    }
    let paid = stage.bundle.manifest.cumulative_total - rows.last().unwrap().1;
    assert_eq!(stage.claimed().await, paid);

    // Once more: nothing is left, nothing is sent.
    let again = stage.claim(&[]).await;
    assert_eq!((&again["operators"], &again["transactions"]), (&json!(0), &json!(0)), "{again}");
    assert_eq!(stage.rpc.sent(), sent);

    // A bundle that is not the chain's is not claimed by, whatever it says.
    let manifest = stage.folder.join(folder_name(Epoch(0))).join("manifest.json");
    let text = std::fs::read_to_string(&manifest).unwrap();
    let vault = stage.network.vault.to_string();
    std::fs::write(&manifest, text.replace(&vault, &stage.network.mint.to_string())).unwrap();
    let arguments = stage.arguments();
    let finished =
        tokio::task::spawn_blocking(move || trellis(&arguments.iter().map(String::as_str).collect::<Vec<_>>()));
    assert_refused(&finished.await.unwrap(), 1, &[&stage.network.mint.to_string()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn claims_of_scattered_operators_share_transactions_and_old_clusters_get_smaller_ones() {
    let stage = Stage::start("fleet-scattered").await;
    let is_version_1 = |sent: &VersionedTransaction| matches!(sent.message, VersionedMessage::V1(_));

    // Too far from each other to be paid together, each has its own instruction and proof.
    let sent = stage.claim_by((0..1_000).step_by(20)).await;
    assert!(sent.iter().all(is_version_1) && sent.len() <= 8, "{} transactions", sent.len());
    assert_eq!(sent.iter().map(|sent| sent.message.instructions().len()).sum::<usize>(), 50);
    let found = stage.network.chain.instructions_of(&sent[0].signatures[0]).await.unwrap();
    let of_message =
        |instruction: &CompiledInstruction| PastInstruction { program: REWARDS_ID, data: instruction.data.clone() };
    assert_eq!(found, sent[0].message.instructions().iter().map(of_message).collect::<Vec<_>>());

    stage.set_version_1(false).await;
    let sent = stage.claim_by(2_000..2_100).await;
    assert!(!sent.iter().any(is_version_1) && sent.len() <= 12, "{} transactions", sent.len());

    stage.set_version_1(true).await;
    let sent = stage.claim_by(3_000..3_100).await;
    assert!(sent.iter().all(is_version_1) && sent.len() == 2, "{} transactions", sent.len());
    let rows = bundle_rows(&stage);
    let paid = (0..1_000).step_by(20).chain(2_000..2_100).chain(3_000..3_100).map(|index| rows[index].1).sum::<u64>();
    assert_eq!(stage.claimed().await, paid);

    // All others, by the SDK's example; then nothing is left.
    let said = stage.run_example(0..=OPERATORS - 1).await;
    assert!(said.starts_with("4749 operators were paid "), "{said}");
    assert!(said.contains(&format!("operator {} cannot be paid as it is: NoAccount", OPERATORS - 1)), "{said}");
    assert_eq!(stage.claimed().await, stage.bundle.manifest.cumulative_total - rows[rows.len() - 1].1);
    assert_eq!(stage.run_example(1_000..=1_999).await, "0 operators were paid 0 in 0 transactions\n");
}

/// Payout wallets and what they have earned.
fn bundle_rows(stage: &Stage) -> Vec<(Address, u64)> {
    let bundle = trellis_epoch::bundle::Bundle::open(&stage.folder.join(folder_name(Epoch(0)))).unwrap();
    let rows = bundle.operators().unwrap().all().unwrap();
    rows.iter().map(|row| (row.payout_wallet.into(), row.cumulative)).collect()
}
