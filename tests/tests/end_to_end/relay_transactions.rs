//! Transactions of others that the relay signs as fee payer.

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_message::{Hash, Message};
use solana_signer::Signer;
use solana_system_interface::instruction::transfer;
use solana_transaction::{Transaction, versioned::VersionedTransaction};
use trellis_client::{
    SPL_TOKEN_ID,
    accounts::{Device, Operator},
    addresses, claims,
    instructions::{precompile, registry},
};
use trellis_core::DeviceKey;

use super::{
    relay::{Stage, start_oracle},
    support::{
        epoch::claim_of,
        fault::FaultyRpc,
        fresh_folder,
        network::Network,
        oracle::{Oracle, write_key},
    },
};

pub const CODE: &str = "welcome-to-the-wind-farm";
const SOL: u64 = 1_000_000_000;
const FILES: &str = "client_per_minute = 0\ninvitations = \"codes.txt\"\nowners = \"owners.txt\"\n";

/// A network whose founder pays for registrations of invited owners.
pub struct Sponsor {
    pub network: Network,
    pub oracle: Oracle,
    pub relay: Keypair,
}

impl Sponsor {
    pub async fn start(name: &str, settings: &str) -> Self {
        let network = Network::start().await;
        let (folder, relay) = (fresh_folder(name), Keypair::new());
        let fund = transfer(&network.founder.pubkey(), &relay.pubkey(), SOL);
        network.chain.send(&[fund], &[&network.founder]).await.unwrap();
        write_key(&folder.join("relay-key.json"), &relay);
        write_codes(&folder, &format!("{CODE}\n"));
        std::fs::write(folder.join("owners.txt"), "# nobody yet\n").unwrap();
        let oracle = start_oracle(&folder, &network, &format!("{FILES}{settings}"), &network.rpc_url).await;
        Self { network, oracle, relay }
    }

    /// The same oracle with other settings of its relay, which asks the chain at `rpc_url`.
    pub async fn restart(&mut self, settings: &str, rpc_url: &str) {
        self.oracle.process.kill_hard();
        let folder = self.oracle.folder.clone();
        self.oracle = start_oracle(&folder, &self.network, &format!("{FILES}{settings}"), rpc_url).await;
    }

    pub fn register(&self, owner: &Keypair, device: &Keypair) -> Vec<Instruction> {
        let (relay, owner, network) = (self.relay.pubkey(), owner.pubkey(), self.network.address);
        vec![
            registry::register_operator(relay, owner, network, owner),
            registry::register_device(relay, owner, device.pubkey(), None, network, 0),
        ]
    }

    /// Signed by these, with the relay as fee payer.
    pub async fn sign(&self, instructions: &[Instruction], signers: &[&Keypair]) -> Transaction {
        let (blockhash, _) = self.network.chain.latest_blockhash().await.unwrap();
        sign(&self.relay, instructions, signers, blockhash)
    }

    pub async fn post(&self, transaction: &Transaction, invitation: Option<&str>) -> (u16, Value) {
        post(&self.oracle, transaction, invitation).await
    }

    pub async fn lamports(&self) -> u64 {
        self.network.chain.balance_lamports(&self.relay.pubkey()).await.unwrap()
    }
}

fn write_codes(folder: &std::path::Path, codes: &str) {
    use std::os::unix::fs::PermissionsExt;
    let file = folder.join("codes.txt");
    std::fs::write(&file, codes).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
}

fn sign(relay: &Keypair, instructions: &[Instruction], signers: &[&Keypair], blockhash: Hash) -> Transaction {
    let mut transaction = Transaction::new_unsigned(Message::new(instructions, Some(&relay.pubkey())));
    transaction.partial_sign(&signers.to_vec(), blockhash);
    transaction
}

pub async fn post(oracle: &Oracle, transaction: &Transaction, invitation: Option<&str>) -> (u16, Value) {
    let bytes = wincode::serialize(&VersionedTransaction::from(transaction.clone())).unwrap();
    let body = json!({ "transaction": BASE64_STANDARD.encode(bytes), "invitation": invitation });
    let request = reqwest::Client::new().post(format!("{}/v1/relay/transaction", oracle.url)).json(&body);
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

pub fn assert_refused((status, answer): (u16, Value), wanted: u16, code: &str, words: &str) {
    assert_eq!((status, &answer["error"]["code"]), (wanted, &json!(code)), "{answer}");
    assert!(answer["error"]["detail"].as_str().unwrap().contains(words), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn invited_owner_without_sol_registers_once_and_nothing_else_is_signed() {
    let sponsor = Sponsor::start("relay-sponsor", "devices_per_owner = 2").await;
    let [owner, other, device, second] = [(); 4].map(|()| Keypair::new());
    let register = sponsor.register(&owner, &device);
    let network = &sponsor.network;

    // What is not allowed costs nothing, code or not.
    let mut smuggled = register.clone();
    smuggled.push(transfer(&sponsor.relay.pubkey(), &owner.pubkey(), SOL / 2));
    let signed = sponsor.sign(&smuggled, &[&owner, &device]).await;
    assert_refused(sponsor.post(&signed, Some(CODE)).await, 422, "not_allowed", "names the relay's key");
    let unsigned = sponsor.sign(&register, &[&owner]).await;
    assert_refused(sponsor.post(&unsigned, Some(CODE)).await, 422, "bad_signature", &device.pubkey().to_string());
    let signed = sponsor.sign(&register, &[&owner, &device]).await;
    assert_refused(sponsor.post(&signed, None).await, 403, "not_invited", "ask for an invitation code");
    assert_refused(
        sponsor.post(&signed, Some("welcome-to-another-farm")).await,
        403,
        "not_invited",
        "no such invitation",
    );
    let stale = sign(&sponsor.relay, &register, &[&owner, &device], Hash::new_from_array([7; 32]));
    assert_refused(sponsor.post(&stale, Some(CODE)).await, 422, "chain_refused", "lockhash");
    let elsewhere = registry::register_operator(sponsor.relay.pubkey(), owner.pubkey(), network.vault, owner.pubkey());
    let elsewhere = sponsor.sign(&[elsewhere], &[&owner]).await;
    assert_refused(sponsor.post(&elsewhere, Some(CODE)).await, 422, "not_allowed", "this relay works for");
    let claim_alone = sponsor.sign(&[transfer(&owner.pubkey(), &other.pubkey(), 0)], &[&owner]).await;
    assert_refused(sponsor.post(&claim_alone, Some(CODE)).await, 422, "not_allowed", "does not pay for");
    assert_eq!(sponsor.lamports().await, SOL);

    // Several times the same, at the same time and afterwards: it lands once.
    let (one, two) = tokio::join!(sponsor.post(&signed, Some(CODE)), sponsor.post(&signed, Some(CODE)));
    let landed =
        [&one, &two].into_iter().find(|(status, _)| *status == 200).unwrap_or_else(|| panic!("{one:?} {two:?}"));
    assert!([200, 409].contains(&one.0) && [200, 409].contains(&two.0), "{one:?} {two:?}");
    assert_eq!(sponsor.post(&signed, None).await, *landed);
    let operator: Operator =
        network.chain.fetch(&addresses::operator(&network.address, &owner.pubkey())).await.unwrap();
    let key = DeviceKey::Ed25519(device.pubkey().to_bytes());
    let registered: Device = network.chain.fetch(&addresses::device(&network.address, &key)).await.unwrap();
    assert_eq!((operator.device_count, registered.rent_payer), (1, sponsor.relay.pubkey()));
    assert_eq!(network.chain.balance_lamports(&owner.pubkey()).await.unwrap(), 0);
    let spent = SOL - sponsor.lamports().await;
    assert_eq!(landed.1["cost_lamports"], spent, "what was counted is what was spent");
    let (_, terms) = sponsor.oracle.get("/v1/relay").await;
    assert_eq!(terms["left_lamports"], 50_000_000 - spent, "{terms}");
    assert_eq!((&terms["registrations"], &terms["devices_per_owner"]), (&json!(true), &json!(2)), "{terms}");

    // The code is used; its owner gets a second device by a proof made beforehand, and no third.
    let signed = sponsor.sign(&sponsor.register(&other, &second), &[&other, &second]).await;
    assert_refused(sponsor.post(&signed, Some(CODE)).await, 403, "not_invited", "used by another wallet");
    let until = network.chain.unix_time().await.unwrap() + 3_600;
    let second_key = DeviceKey::Ed25519(second.pubkey().to_bytes());
    let proof = registry::registration(&owner.pubkey(), &network.address, 0, second_key, until);
    let by_proof = [
        precompile::ed25519_check(&second, &proof.message()).unwrap(),
        registry::register_device_by_proof(
            sponsor.relay.pubkey(),
            owner.pubkey(),
            None,
            network.address,
            0,
            &second_key,
            until,
        ),
    ];
    let signed = sponsor.sign(&by_proof, &[&owner]).await;
    assert_eq!(sponsor.post(&signed, None).await.0, 200);
    let third = Keypair::new();
    let signed = sponsor.sign(&sponsor.register(&owner, &third)[1..], &[&owner, &third]).await;
    assert_refused(sponsor.post(&signed, None).await, 403, "not_invited", "has paid for 2");

    // The founder's list needs no code; and a file that others may read stops the door, not the oracle.
    std::fs::write(sponsor.oracle.folder.join("owners.txt"), format!("{} # Bob\n", other.pubkey())).unwrap();
    let fourth = Keypair::new();
    let signed = sponsor.sign(&sponsor.register(&other, &fourth), &[&other, &fourth]).await;
    write_codes(&sponsor.oracle.folder, "short\n");
    assert_refused(sponsor.post(&signed, None).await, 500, "internal", "failed to answer");
    write_codes(&sponsor.oracle.folder, &format!("{CODE}\n"));
    assert_eq!(sponsor.post(&signed, None).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn budget_and_an_empty_or_absent_chain_stop_registrations_in_words() {
    let mut sponsor = Sponsor::start("relay-sponsor-limits", "daily_budget_lamports = 100000").await;
    let [owner, device] = [(); 2].map(|()| Keypair::new());
    let signed = sponsor.sign(&sponsor.register(&owner, &device), &[&owner, &device]).await;
    assert_refused(sponsor.post(&signed, Some(CODE)).await, 429, "relay_budget", "and 100000 are left");
    // A budget that did not hold it used up neither the code nor a device.
    let book = std::fs::read_to_string(sponsor.oracle.folder.join("data/relay.json")).unwrap_or_default();
    assert!(!book.contains(&owner.pubkey().to_string()), "{book}");
    let rpc = FaultyRpc::start(&sponsor.network.rpc_url).await;
    sponsor.restart("", &rpc.url).await;
    rpc.set(|_, _| super::support::fault::Fault::Status(503));
    assert_refused(sponsor.post(&signed, Some(CODE)).await, 503, "chain_away", "nothing was sent");
    rpc.heal();
    assert_refused(
        {
            let request = reqwest::Client::new().post(format!("{}/v1/relay/transaction", sponsor.oracle.url));
            let response = request.json(&json!({ "transaction": "AAAA" })).send().await.unwrap();
            (response.status().as_u16(), response.json().await.unwrap())
        },
        400,
        "transaction",
        "no transaction of Solana",
    );
    let signed = sponsor.sign(&sponsor.register(&owner, &device), &[&owner, &device]).await;
    assert_eq!(sponsor.post(&signed, Some(CODE)).await.0, 200);
}

/// The claim pays the operator first, who pays the relay from it in the same transaction.
#[tokio::test(flavor = "multi_thread")]
async fn claim_that_pays_the_relay_in_tokens_is_signed_and_one_that_pays_too_little_is_not() {
    let stage = Stage::start("relay-token-fee", "client_per_minute = 0\ntoken_fee = 1000").await;
    let (network, relay) = (&stage.network, stage.relay.pubkey());
    let create = claims::create_payout_account(&network.founder.pubkey(), &relay, &network.mint);
    network.chain.send(&[create], &[&network.founder]).await.unwrap();
    let relay_tokens = addresses::associated_token_account(&relay, &network.mint);
    assert_eq!(stage.oracle.get("/v1/relay").await.1["token_fee"], "1000");
    let own_tokens = addresses::associated_token_account(&network.operator.pubkey(), &network.mint);
    let claim = claim_of(&stage.oracle, network, 0).await;
    let pay = |amount: u64, authority: &solana_address::Address| Instruction {
        program_id: SPL_TOKEN_ID,
        accounts: vec![
            solana_instruction::AccountMeta::new(own_tokens, false),
            solana_instruction::AccountMeta::new(relay_tokens, false),
            solana_instruction::AccountMeta::new_readonly(*authority, true),
        ],
        data: [&[3][..], &amount.to_le_bytes()].concat(),
    };
    let (blockhash, _) = network.chain.latest_blockhash().await.unwrap();
    let signed = |amount| {
        let instructions = [claim.clone(), pay(amount, &network.operator.pubkey())];
        sign(&stage.relay, &instructions, &[&network.operator], blockhash)
    };
    assert_refused(post(&stage.oracle, &signed(999), None).await, 422, "token_fee", "999 units");
    let (status, answer) = post(&stage.oracle, &signed(1_000), None).await;
    assert_eq!((status, &answer["cost_lamports"]), (200, &json!(10_000)), "{answer}");
    assert_eq!(network.chain.token_balance(&relay_tokens).await.unwrap(), Some(1_000));
    assert!(stage.tokens(0).await.unwrap() > 300_000_000);
    assert_eq!(network.chain.balance_lamports(&network.operator.pubkey()).await.unwrap(), 0);
    // The claim is made: another one of the same fails in the simulation, and costs nothing.
    let before = stage.relay_lamports().await;
    assert_refused(post(&stage.oracle, &signed(1_001), None).await, 422, "chain_refused", "NothingToClaim");
    assert_eq!(stage.relay_lamports().await, before);
}
