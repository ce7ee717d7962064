//! One of four members proposes roots that are not right. The test is that member: it has a key of the oracle set, serves
//! its bundles as an oracle would, and proposes them on the chain.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    extract::{Path, State},
    http::StatusCode,
    routing::get,
};
use solana_address::Address;
use solana_keypair::Keypair;
use solana_signer::Signer;
use trellis_client::{
    accounts::{Device, DeviceClass, Network as NetworkAccount, Operator},
    addresses,
    instructions::rewards,
};
use trellis_core::{Amount, Epoch, Hash, attestation::SignedAttestation, leaf::RewardLeaf, merkle::Tree};
use trellis_epoch::{
    EpochInput, LedgerState, Policy, Snapshot,
    bundle::{self, EncodedBundle, MANIFEST, OPERATORS},
    snapshot,
};

use super::support::{
    device::attest,
    network::{FIRST_AMOUNT, GENESIS_UNIX, Network, POLICY},
    quorum::{EXCHANGED_UNIX, LEADER_SECONDS, Quorum},
};

/// The registry and the vault as epoch 0 is to be closed with.
async fn read_snapshot(network: &Network) -> Snapshot {
    let chain = &network.chain;
    let account: NetworkAccount = chain.fetch(&network.address).await.unwrap();
    let classes: Vec<(Address, DeviceClass)> = chain.of_network(&network.address).await.unwrap();
    let operators: Vec<(Address, Operator)> = chain.of_network(&network.address).await.unwrap();
    let devices: Vec<(Address, Device)> = chain.of_network(&network.address).await.unwrap();
    let mut devices: Vec<_> = devices
        .iter()
        .map(|(_, device)| snapshot::Device {
            key: device.device_key().unwrap(),
            operator_index: device.operator_index,
            class_index: device.class_index,
            registered_unix: device.key_since_unix,
            suspended: false,
        })
        .collect();
    devices.sort_by_key(|device| device.key);
    Snapshot {
        slot: chain.slot().await.unwrap(),
        network: network.address.to_bytes(),
        vault: network.vault.to_bytes(),
        mint: network.mint.to_bytes(),
        policy_hash: account.policy_hash,
        genesis_unix: account.genesis_unix,
        epoch_seconds: account.epoch_seconds,
        epoch_cap: FIRST_AMOUNT,
        emission: Some(FIRST_AMOUNT),
        classes: classes
            .iter()
            .map(|(_, class)| snapshot::Class {
                index: class.index,
                work_kind: class.work_kind,
                rated_power_watts: class.rated_power_watts,
                weight: class.weight,
            })
            .collect(),
        operators: operators
            .iter()
            .map(|(_, operator)| snapshot::Operator {
                index: operator.index,
                wallet: operator.wallet.to_bytes(),
                payout_wallet: operator.payout_wallet_at(Epoch(0)).to_bytes(),
            })
            .collect(),
        devices,
    }
}

/// The bundle of epoch 0 over these attestations.
fn close(snapshot: &Snapshot, attestations: Vec<SignedAttestation>) -> EncodedBundle {
    let policy = Policy::from_toml(POLICY).unwrap();
    let opening = LedgerState::default();
    let input = EpochInput { epoch: Epoch(0), snapshot: snapshot.clone(), policy, opening, attestations };
    bundle::encode(&input, None).unwrap()
}

/// The bundle with one unit less for the first operator: table, root, totals and hashes all say so.
fn lie_about_a_score(mut bundle: EncodedBundle, operator: Address, vault: Address) -> EncodedBundle {
    let mut table = bundle.files[OPERATORS].clone();
    let mut changed = 0;
    for at in 0..table.len() - 8 {
        if table[at..at + 8] == FIRST_AMOUNT.to_le_bytes() {
            table[at..at + 8].copy_from_slice(&(FIRST_AMOUNT - 1).to_le_bytes());
            changed += 1;
        }
    }
    assert!(changed >= 2, "what it earned, and all it ever earned");
    let leaf = RewardLeaf {
        vault: vault.to_bytes(),
        operator_index: 0,
        payout_wallet: operator.to_bytes(),
        cumulative: Amount(FIRST_AMOUNT - 1),
    };
    let manifest = &mut bundle.manifest;
    manifest.root = Tree::new(vec![leaf.hash()]).root();
    manifest.cumulative_total -= 1;
    manifest.distributed -= 1;
    manifest.carry += 1;
    manifest.files.get_mut(OPERATORS).unwrap().blake3 = blake3::hash(&table).to_hex().to_string();
    let mut bytes = serde_json::to_vec_pretty(manifest).unwrap();
    bytes.push(b'\n');
    bundle.hash = *blake3::hash(&bytes).as_bytes();
    bundle.files.insert(OPERATORS, table);
    bundle.files.insert(MANIFEST, bytes);
    bundle
}

type Served = Arc<Mutex<BTreeMap<String, Vec<u8>>>>;

/// A member of the oracle set that the test plays.
struct Liar {
    url: String,
    key: Keypair,
    served: Served,
}

impl Liar {
    async fn start(key: Keypair) -> Self {
        let served = Served::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let file = async |State(served): State<Served>, Path((hash, file)): Path<(String, String)>| {
            let found = served.lock().unwrap().get(&format!("{hash}/{file}")).cloned();
            found.ok_or(StatusCode::NOT_FOUND)
        };
        let router = Router::new().route("/v1/bundles/{hash}/{file}", get(file)).with_state(Arc::clone(&served));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, key, served }
    }

    /// Serves the bundle, and proposes it in place of what it proposed before.
    async fn propose(&self, network: &Network, bundle: &EncodedBundle, again: bool) {
        let hash = hex::encode(bundle.hash);
        let files = bundle.files.iter().map(|(name, bytes)| (format!("{hash}/{name}"), bytes.clone()));
        self.served.lock().unwrap().extend(files);
        let (oracle, content) = (self.key.pubkey(), bundle.root_content());
        let proposal = addresses::proposal(&network.vault, Epoch(0), &oracle);
        let mut instructions = Vec::new();
        if again {
            instructions.push(rewards::withdraw_proposal(oracle, network.vault, Epoch(0)));
        }
        instructions.push(rewards::propose_root(oracle, &content));
        instructions.push(rewards::vote_root(oracle, network.vault, proposal, content.hash()));
        network.chain.send(&instructions, &[&self.key]).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn liar_gets_no_vote_is_named_with_what_differs_and_is_replaced() {
    let mut quorum = Quorum::start("liar", &[1, 2, 3]).await;
    let liar = Liar::start(quorum.keys[0].insecure_clone()).await;
    quorum.serve_as(0, &liar.url);
    let mut sent = quorum.work(1, 1, 0..4).await;
    sent.extend(quorum.work(2, 2, 0..4).await);
    let readings = |device: usize| {
        let (key, network) = (&quorum.network.devices[device], quorum.network.address.to_bytes());
        (0..4).map(|number| attest(key, network, GENESIS_UNIX, number)).collect::<Vec<_>>()
    };
    let (of_one, of_two) = (readings(1), readings(2));
    quorum.travel(EXCHANGED_UNIX).await;
    quorum.until_emitted().await;
    let snapshot = read_snapshot(&quorum.network).await;

    // A score that is not what the attestations lead to.
    let all = [of_one.clone(), of_two].concat();
    let honest = close(&snapshot, all.clone());
    let lie = lie_about_a_score(honest.clone(), quorum.network.operator.pubkey(), quorum.network.vault);
    liar.propose(&quorum.network, &lie, false).await;
    for member in [1, 2, 3] {
        let said = quorum.refused(member, &lie.hash).await;
        let wanted = "operators.parquet, row 0, column earned: the bundle says 1000000006, recomputed is 1000000007";
        assert!(said.contains(wanted), "{said}");
    }

    // Nothing wrong in it, but without one device's work: refused by who acknowledged it, and by who knows that.
    let without = close(&snapshot, of_one);
    liar.propose(&quorum.network, &without, true).await;
    for member in [1, 2, 3] {
        let said = quorum.refused(member, &without.hash).await;
        assert!(said.contains("attestation") && said.contains("is missing"), "{said}");
        let by = match member {
            2 => "which this oracle acknowledged as position 0".to_owned(),
            _ => format!("which oracle {} acknowledged", quorum.keys[2].pubkey()),
        };
        assert!(said.contains(&by), "{said}");
    }

    // A device that was never registered earns in it.
    let mut invented = snapshot.clone();
    let mut device = invented.devices[0];
    device.key = trellis_core::DeviceKey::Ed25519([0xff; 32]);
    invented.devices.push(device);
    let invention = close(&invented, all);
    liar.propose(&quorum.network, &invention, true).await;
    for member in [1, 2, 3] {
        let said = quorum.refused(member, &invention.hash).await;
        assert!(said.contains("the chain did not show that"), "{said}");
    }
    let vault = quorum.vault().await;
    assert_eq!((vault.ballots[..4].to_vec(), vault.approved), (vec![1, 0, 0, 0], 0));

    // Its time is over: the next member proposes what is right.
    quorum.travel(EXCHANGED_UNIX + LEADER_SECONDS).await;
    assert_eq!(quorum.until_approved().await, 1);
    quorum.until_adopted(0, &[1, 2, 3]).await;
    assert_eq!(quorum.counted(0, &[1, 2, 3]), sent);
    assert_eq!(quorum.oracle(1).bundle(0).manifest.root, honest.manifest.root);
}

#[tokio::test(flavor = "multi_thread")]
async fn proposal_that_its_own_bundle_contradicts_gets_no_vote() {
    let mut quorum = Quorum::start("contradiction", &[1, 2, 3]).await;
    let liar = Liar::start(quorum.keys[0].insecure_clone()).await;
    quorum.serve_as(0, &liar.url);
    quorum.travel(EXCHANGED_UNIX).await;
    quorum.until_emitted().await;
    let bundle = close(&read_snapshot(&quorum.network).await, Vec::new());
    let mut other = bundle.clone();
    other.manifest.root = [7; 32];
    liar.propose(&quorum.network, &other, false).await;
    let said = quorum.refused(2, &bundle.hash).await;
    assert!(said.contains(&hex::encode([7; 32])) && said.contains("its bundle leads to"), "{said}");
}

impl Quorum {
    /// Waits until epoch 0 is emitted.
    async fn until_emitted(&self) {
        let emission = addresses::emission(&self.network.address);
        let deadline = std::time::Instant::now() + super::support::PATIENCE;
        loop {
            let found: trellis_client::accounts::Emission = self.network.chain.fetch(&emission).await.unwrap();
            if found.next_epoch > 0 {
                return;
            }
            assert!(std::time::Instant::now() < deadline, "nobody emits");
            tokio::time::sleep(super::support::LOOK_EVERY).await;
        }
    }

    /// Waits until `member` finds the bundle `hash` wrong; what it says, which must be in its alarm too.
    async fn refused(&mut self, member: usize, hash: &Hash) -> String {
        let hash = hex::encode(hash);
        let of = |status: &serde_json::Value| {
            let proposals = status["quorum"]["proposals"].as_array().cloned().unwrap_or_default();
            proposals.into_iter().find(|one| one["bundle_hash"] == hash.as_str() && one["verdict"] == "wrong")
        };
        let what = format!("oracle {member} refuses {hash}");
        let status = self.oracle(member).status_when(&what, |status| of(status).is_some()).await;
        let said = of(&status).unwrap()["detail"].as_str().unwrap().to_owned();
        let alarm = self.oracle(member).alarm("root_refused").await;
        assert!(alarm.contains(&said), "{alarm}");
        said
    }
}
