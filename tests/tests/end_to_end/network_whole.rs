//! `trellis network create` with a file that uses everything that there is.

use trellis_client::{
    SPL_TOKEN_ID, TOKEN_2022_ID,
    accounts::{DeviceClass, Emission, Network, StakePool, Vault},
    addresses,
};
use trellis_core::device_key::KeyKind;

use super::support::{
    cluster::{Cluster, EMPTY_ACCOUNT_LAMPORTS, SOL},
    network_file::{Files, create, were_there},
    process::assert_refused,
};

/// Network, two classes, mint, treasury, stake pool, three vaults, emission, their oracles, and what these may do.
const STEPS: usize = 14;
/// The first of the three vaults' oracles.
const FIRST_ORACLES: usize = 10;

/// A network beside, whose mint is the whole one's other.
async fn start(name: &str) -> (Cluster, Files) {
    let cluster = Cluster::with_programs(name, SOL).await;
    let other = Files::write(&cluster);
    were_there(&create(&cluster, &other.network, &[]));
    let mint = other.plan(&cluster).mint;
    let files = Files::write_whole(&cluster, mint);
    (cluster, files)
}

async fn assert_is_whole(cluster: &Cluster, files: &Files) {
    let (chain, plan) = (&cluster.chain, files.plan(cluster));
    let network: Network = chain.fetch(&plan.address).await.unwrap();
    assert_eq!((network.class_count, network.suspension_vault), (2, plan.vault()));
    let class: DeviceClass = chain.fetch(&addresses::class(&plan.address, 1)).await.unwrap();
    assert_eq!((class.key_kind, class.bond, class.h3_resolution), (KeyKind::P256 as u8, 90, 9));
    let pool: StakePool = chain.fetch(&addresses::stake_pool(&plan.address)).await.unwrap();
    assert_eq!((pool.slash_destination, &pool.tiers[..3]), (plan.treasury(), &[100, 1_000, 0][..]));
    let emission: Emission = chain.fetch(&addresses::emission(&plan.address)).await.unwrap();
    let stakers = addresses::stake_rewards(&addresses::stake_pool(&plan.address));
    let paid: Vec<_> = emission.destinations().map(|(account, share_bps)| (*account, share_bps)).collect();
    assert_eq!(paid, [(addresses::vault_tokens(&plan.vault()), 7_000), (stakers, 2_000)]);
    assert_eq!((emission.treasury, emission.token_program), (plan.treasury(), TOKEN_2022_ID));
    let wanted = [(0, TOKEN_2022_ID, 3_000, 7_200), (1, TOKEN_2022_ID, 1_000, 3_600), (3, SPL_TOKEN_ID, 800, 3_600)];
    for (file, (pool, program, capacity, window_seconds)) in plan.file.vaults.iter().zip(wanted) {
        let vault: Vault = chain.fetch(&plan.address_of(file)).await.unwrap();
        assert_eq!((vault.pool, vault.token_program, vault.mint), (pool, program, plan.mint_of(file)));
        assert_eq!((vault.breaker_capacity, vault.breaker_window_seconds), (capacity, window_seconds));
        assert_eq!((vault.oracle_count, vault.threshold), (20, 14));
        let oracles = plan.file.oracles.members.iter().map(|member| member.address);
        assert!(oracles.eq(vault.oracles[..20].iter().copied()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn network_create_makes_all_that_a_file_can_say() {
    let (cluster, files) = start("network-whole").await;
    let before = cluster.balance().await;
    let made = create(&cluster, &files.network, &[]);
    assert_eq!(were_there(&made), [false; STEPS]);
    let needed = made.json()["needed_lamports"].as_u64().unwrap();
    assert_eq!(before - cluster.balance().await, needed - EMPTY_ACCOUNT_LAMPORTS);
    assert_is_whole(&cluster, &files).await;
    assert_eq!(were_there(&create(&cluster, &files.network, &[])), [true; STEPS]);
}

#[tokio::test(flavor = "multi_thread")]
async fn network_create_after_half_of_a_large_oracle_set_goes_on() {
    let (cluster, files) = start("network-half").await;
    let plan = files.plan(&cluster);
    for step in plan.steps().iter().take(FIRST_ORACLES) {
        for instructions in step.transactions() {
            cluster.chain.send(&instructions, &[&cluster.payer]).await.unwrap();
        }
    }
    let steps = plan.steps();
    let [first, _] = steps[FIRST_ORACLES].transactions().try_into().unwrap();
    cluster.chain.send(&first, &[&cluster.payer]).await.unwrap();
    let vault: Vault = cluster.chain.fetch(&plan.vault()).await.unwrap();
    // Half a set decides nothing without all of it.
    assert_eq!((vault.oracle_count, vault.threshold), (16, 16));

    let wanted: Vec<bool> = (0..STEPS).map(|step| step < FIRST_ORACLES).collect();
    assert_eq!(were_there(&create(&cluster, &files.network, &[])), wanted);
    assert_is_whole(&cluster, &files).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn network_create_with_another_whole_file_names_the_fields() {
    let (cluster, files) = start("network-whole-differs").await;
    were_there(&create(&cluster, &files.network, &[]));
    let before = cluster.balance().await;
    for (from, to, named) in [
        ("token_2022", "spl_token", "mint: program is"),
        ("vault_share_bps = 7000", "vault_share_bps = 7001", "(7001 bps)"),
        ("stakers_share_bps = 2000", "stakers_share_bps = 1999", "(1999 bps)"),
        ("treasury =", "#", "emission: treasury is"),
        ("recycle_bps = 5000", "recycle_bps = 4999", "emission: recycle_bps is 4999"),
        ("recycle_epoch_cap = 50", "recycle_epoch_cap = 51", "emission: recycle_epoch_cap is 51"),
        (
            "unstake_cooldown_seconds = 172800",
            "unstake_cooldown_seconds = 172801",
            "unstake_cooldown_seconds is 172801",
        ),
        ("slash_delay_seconds = 86400", "slash_delay_seconds = 86401", "stake pool: slash_delay_seconds is 86401"),
        ("max_slash_bps_per_epoch = 1000", "max_slash_bps_per_epoch = 999", "max_slash_bps_per_epoch is 999"),
        ("[100, 1000]", "[100]", "stake pool: tiers is"),
        ("breaker_capacity = 3000", "breaker_capacity = 3001", "breaker_capacity is 3001"),
        ("breaker_window_seconds = 7200", "breaker_window_seconds = 7201", "breaker_window_seconds is 7201"),
        ("epoch_cap = 500", "epoch_cap = 501", "vault 1 for mint"),
        ("epoch_cap = 400", "epoch_cap = 401", "vault 3 for mint"),
        ("bond = 90", "bond = 91", "class 1: bond is 91"),
        ("h3_resolution = 9", "", "class 1: h3_resolution is none in the file and 9 on the chain"),
        ("key = \"p256\"", "", "class 1: key is ed25519 in the file and p256 on the chain"),
        ("may_suspend = true", "", "network: oracles.may_suspend is false"),
        ("threshold = 14", "threshold = 15", "threshold is 15"),
    ] {
        files.change(from, to);
        assert_refused(&create(&cluster, &files.network, &[]), 1, &[named, "nothing was done"]);
    }
    assert_eq!(cluster.balance().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn network_create_with_fields_that_contradict_each_other_is_refused_with_their_names() {
    let (cluster, files) = start("network-contradicts").await;
    let before = cluster.balance().await;
    let (start, end) = (files.text.find("[staking]").unwrap(), files.text.find("[[vault]]").unwrap());
    let without_staking = [&files.text[..start], &files.text[end..]].concat();
    files.put(&without_staking);
    assert_refused(&create(&cluster, &files.network, &[]), 2, &["stakers_share_bps is above zero"]);
    files.put(&without_staking.replace("stakers_share_bps = 2000", ""));
    assert_refused(&create(&cluster, &files.network, &[]), 2, &["class 1 has a bond"]);
    for (from, to, named) in [
        ("vault_share_bps = 7000", "vault_share_bps = 8001", "10001 together"),
        ("vault_share_bps = 7000", "vault_share_bps = 0", "token.vault_share_bps is zero"),
        ("pool = 1", "pool = 0", "the same mint and pool 0"),
        ("pool = 1", "program = \"token_2022\"\npool = 1", "has program, but no mint"),
        ("[[vault]]\nepoch_cap = 1000", "[[vault]]\npool = 7\nepoch_cap = 1000", "without mint and without pool"),
        ("h3_resolution = 9", "h3_resolution = 16", "class 1: h3_resolution is above 15"),
        ("tiers = [100, 1000]", "tiers = [1, 2, 3, 4, 5, 6, 7, 8, 9]", "staking.tiers has more than 8"),
        ("threshold = 14", "threshold = 13", "oracles.threshold is 13"),
        ("threshold = 14", "threshold = 21", "oracles.threshold is 21"),
        ("token_2022", "token2023", "token2023"),
    ] {
        files.change(from, to);
        assert_refused(&create(&cluster, &files.network, &[]), 2, &[named]);
    }
    assert_eq!(cluster.balance().await, before);
}
