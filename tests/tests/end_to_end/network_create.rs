//! `trellis network create`.

use solana_address::Address;
use solana_keypair::Keypair;
use solana_signer::Signer;
use trellis_client::{
    accounts::{Emission, Network, Vault},
    addresses,
    instructions::registry,
};

use super::support::{
    cluster::{Cluster, EMPTY_ACCOUNT_LAMPORTS, SOL},
    network_file::{Files, create, were_there},
    process::assert_refused,
};

#[tokio::test(flavor = "multi_thread")]
async fn network_create_makes_all_that_the_file_names_once() {
    let cluster = Cluster::with_programs("network-create", SOL).await;
    let files = Files::write(&cluster);
    let plan = files.plan(&cluster);
    let dry = create(&cluster, &files.network, &["--dry-run"]);
    assert_eq!(were_there(&dry), [false; 8]);
    assert_eq!(cluster.chain.account(&plan.address).await.unwrap(), None);

    let made = create(&cluster, &files.network, &[]);
    assert_eq!(were_there(&made), [false; 8]);
    // What the plan says that is needed is what is spent, but for the payer's own minimum.
    let needed = made.json()["needed_lamports"].as_u64().unwrap();
    assert_eq!(SOL - cluster.balance().await, needed - EMPTY_ACCOUNT_LAMPORTS);
    let network: Network = cluster.chain.fetch(&plan.address).await.unwrap();
    assert_eq!((network.class_count, network.epoch_seconds), (2, 3_600));
    let vault: Vault = cluster.chain.fetch(&plan.vault()).await.unwrap();
    assert_eq!((vault.oracle_count, vault.threshold, vault.epoch_cap), (3, 2, 1_000));
    let emission: Emission = cluster.chain.fetch(&addresses::emission(&plan.address)).await.unwrap();
    assert_eq!((emission.first_amount, emission.cap), (1_000, 100_000));

    let before = cluster.balance().await;
    assert_eq!(were_there(&create(&cluster, &files.network, &[])), [true; 8]);
    assert_eq!(cluster.balance().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn network_create_after_a_failure_does_what_is_missing() {
    let cluster = Cluster::with_programs("network-resume", SOL).await;
    let files = Files::write(&cluster);
    let plan = files.plan(&cluster);
    let steps = plan.steps();
    for done in 0..steps.len() {
        let report = create(&cluster, &files.network, &["--dry-run"]);
        let wanted: Vec<bool> = (0..steps.len()).map(|step| step < done).collect();
        assert_eq!(were_there(&report), wanted);
        cluster.chain.send(&steps[done].instructions(), &[&cluster.payer]).await.unwrap();
        if done == 2 {
            break;
        }
    }
    let rest = create(&cluster, &files.network, &[]);
    assert_eq!(were_there(&rest), [true, true, true, false, false, false, false, false]);
    assert_eq!(were_there(&create(&cluster, &files.network, &[])), [true; 8]);
}

#[tokio::test(flavor = "multi_thread")]
async fn network_create_with_another_file_names_the_fields_and_does_nothing() {
    let cluster = Cluster::with_programs("network-differs", SOL).await;
    let files = Files::write(&cluster);
    were_there(&create(&cluster, &files.network, &[]));
    let before = cluster.balance().await;
    let [guardian, oracle] = [1, 4].map(|byte| Address::new_from_array([byte; 32]).to_string());
    let other = Address::new_from_array([9; 32]).to_string();
    for (from, to, named) in [
        (
            "epoch_seconds = 3600",
            "epoch_seconds = 7200",
            "network: epoch_seconds is 7200 in the file and 3600 on the chain",
        ),
        (guardian.as_str(), other.as_str(), "network: guardian is"),
        ("decimals = 6", "decimals = 9", "mint: decimals is 9"),
        ("epoch_cap = 1000", "epoch_cap = 1001", "epoch_cap is 1001"),
        ("challenge_seconds = 600", "challenge_seconds = 601", "challenge_seconds is 601"),
        ("rated_power_watts = 7000", "rated_power_watts = 7001", "class 1: rated_power_watts is 7001"),
        ("weight = 2", "weight = 3", "class 1: weight is 3"),
        ("first_amount = 1000", "first_amount = 999", "emission: first_amount is 999"),
        ("decay_bps = 500", "decay_bps = 499", "emission: decay_bps is 499"),
        ("decay_every_epochs = 2", "decay_every_epochs = 3", "emission: decay_every_epochs is 3"),
        ("tail_amount = 10", "tail_amount = 9", "emission: tail_amount is 9"),
        ("cap = 100000", "cap = 99999", "emission: cap is 99999"),
        ("threshold = 2", "threshold = 3", "threshold is 3"),
        (oracle.as_str(), other.as_str(), "members is"),
    ] {
        files.change(from, to);
        assert_refused(&create(&cluster, &files.network, &[]), 1, &[named, "nothing was done"]);
    }
    std::fs::write(
        cluster.folder.join("policy.toml"),
        "version = 1\n[energy]\ninterval_seconds = 60\ntolerance_bps = 501\n",
    )
    .unwrap();
    files.put(&files.text);
    assert_refused(&create(&cluster, &files.network, &[]), 1, &["network: policy"]);
    assert_eq!(cluster.balance().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn network_create_hands_over_and_then_leaves_the_rest_to_the_new_authority() {
    let cluster = Cluster::with_programs("network-hand-over", SOL).await;
    let files = Files::write(&cluster);
    let next = Keypair::new();
    let text = files.text.replace("[token]", &format!("authority = \"{}\"\n[token]", next.pubkey()));
    files.put(&text);
    let plan = files.plan(&cluster);
    assert_eq!(were_there(&create(&cluster, &files.network, &[])), [false; 9]);
    let network: Network = cluster.chain.fetch(&plan.address).await.unwrap();
    assert_eq!((network.authority, network.pending_authority), (cluster.payer.pubkey(), next.pubkey()));
    assert_eq!(were_there(&create(&cluster, &files.network, &[])), [true; 9]);

    let accept = registry::accept_authority(next.pubkey(), plan.address);
    cluster.chain.send(&[accept], &[&cluster.payer, &next]).await.unwrap();
    assert_eq!(were_there(&create(&cluster, &files.network, &[])), [true; 9]);
    files.put(&text.replace("[oracles]", "[[class]]\nrated_power_watts = 1\nweight = 1\n[oracles]"));
    let refused = create(&cluster, &files.network, &[]);
    assert_refused(&refused, 1, &["class 2 is missing", &next.pubkey().to_string()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn network_create_that_cannot_be_is_refused_with_the_field_s_name() {
    let cluster = Cluster::with_programs("network-refused", 1_000_000).await;
    let files = Files::write(&cluster);
    let payer = cluster.payer.pubkey().to_string();
    assert_refused(&create(&cluster, &files.network, &[]), 1, &["has 0.001 SOL", "send at least", &payer]);
    for (from, to, named) in [
        ("name = \"A test\"", "name = \"\"", "name must have"),
        ("name = \"A test\"\n", "", "name"),
        ("guardian =", "guardians =", "guardians"),
        ("policy = \"policy.toml\"", "policy = \"no.toml\"", "no.toml"),
        ("T00:00:00Z", "", "genesis"),
        ("[[vault]]", "[[vault]]\nmint = \"xyz\"", "xyz is not an address"),
        ("[[vault]]", "[[vault]]\nmint = \"11111111111111111111111111111111\"", "[[vault]]"),
        ("weight = 2", "weight = -2", "weight"),
        ("rated_power_watts = 7000", "rated_power_watts = 7000\nkey = \"rsa\"", "rsa"),
    ] {
        files.change(from, to);
        assert_refused(&create(&cluster, &files.network, &[]), 2, &[named]);
    }
    for (line, named) in [("guardian = ", "guardian is missing"), ("[oracles]", "oracles is missing")] {
        let whole: Vec<&str> = files.text.lines().collect();
        let kept: Vec<&str> = match line {
            "[oracles]" => whole.iter().take_while(|text| !text.starts_with(line)).copied().collect(),
            _ => whole.iter().filter(|text| !text.starts_with(line)).copied().collect(),
        };
        files.put(&kept.join("\n"));
        assert_refused(&create(&cluster, &files.network, &[]), 2, &[named]);
    }
    assert_refused(&create(&cluster, &cluster.folder.join("none.toml"), &[]), 2, &["none.toml"]);
    assert_eq!(cluster.balance().await, 1_000_000);
}
