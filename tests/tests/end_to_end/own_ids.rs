//! Programs built, deployed and used under one's own addresses, without a change to the sources.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Command,
};

use solana_address::Address;
use solana_keypair::{Keypair, write_keypair_file};
use solana_signer::Signer;
use trellis_cli::{
    deploy::{keys::program_key_file, state::Deployed},
    localnet::TRELLIS_PROGRAMS,
    network::{
        NetworkFile, NetworkPlan,
        file::{OracleFile, OraclesFile, StakingFile},
    },
};
use trellis_client::{REGISTRY_ID, REWARDS_ID, STAKING_ID, TOKEN_ID, addresses};
use trellis_core::{hash::sha256, pda};

use super::support::cluster::{Build, Cluster, SOL};

const NETWORK: &str = include_str!("../../../migrations/la-haute-borne/network.toml");
const POLICY: &str = include_str!("../../../migrations/la-haute-borne/policy.toml");

/// Runs `cargo xtask` on `ids`, a copy of program-ids.toml.
fn xtask(ids: &Path, arguments: &[&str]) {
    let mut command = Command::new(env!("CARGO"));
    command.arg("xtask").args(arguments).current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    command.env("TRELLIS_PROGRAM_IDS", ids);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// The programs, built under addresses of keys that are the same in every run. What does not depend on addresses is there
/// from the build of the workspace's own programs, and a second build is quick.
fn build(folder: &Path) -> Build {
    let (ids, keys) = (folder.join("program-ids.toml"), folder.join("keys"));
    let programs = folder.join("programs");
    std::fs::create_dir_all(&keys).unwrap();
    std::fs::copy(concat!(env!("CARGO_MANIFEST_DIR"), "/../program-ids.toml"), &ids).unwrap();
    let own = TRELLIS_PROGRAMS.map(|(name, _, _)| {
        let key = Keypair::new_from_array(sha256(&[b"trellis test of own ids", name.as_bytes()]));
        write_keypair_file(&key, program_key_file(&keys, name)).unwrap();
        (name, key.pubkey())
    });
    xtask(&ids, &["ids", "--keys", keys.to_str().unwrap()]);
    // In one place, and written only if it changes, since a build looks at the file's name and time.
    let kept = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("own-program-ids.toml");
    let text = std::fs::read(&ids).unwrap();
    if !std::fs::read(&kept).is_ok_and(|present| present == text) {
        std::fs::write(&kept, text).unwrap();
    }
    xtask(&kept, &["build-sbf", "--deploy-to", programs.to_str().unwrap()]);
    Build { programs, keys, ids: BTreeMap::from(own) }
}

/// The demo's network, planned for the addresses that this test was built for.
fn plan(cluster: &Cluster) -> NetworkPlan {
    let creator = cluster.payer.pubkey();
    let mut file = NetworkFile::parse(NETWORK).unwrap();
    file.guardian = Some(creator);
    let members = vec![OracleFile { address: creator, weight: 1 }];
    file.oracles = OraclesFile { may_suspend: false, threshold: 1, members };
    file.staking = Some(StakingFile {
        unstake_cooldown_seconds: 2 * 86_400,
        slash_delay_seconds: 86_400,
        max_slash_bps_per_epoch: 1_000,
        tiers: Vec::new(),
    });
    NetworkPlan::new(file, POLICY, creator).unwrap()
}

/// Every address that follows from a program's, and what it is under one's own.
fn own_addresses(plan: &NetworkPlan, own: &BTreeMap<&str, Address>) -> BTreeMap<Address, Address> {
    let derive = |program: &str, seeds: &[&[u8]]| Address::find_program_address(seeds, &own[program]).0;
    let network = derive("registry", &[pda::NETWORK, plan.creator.as_ref(), &plan.name]);
    let mint = derive("token", &[pda::MINT, network.as_ref()]);
    let vault = derive("rewards", &[pda::VAULT, network.as_ref(), mint.as_ref(), &pda::DEVICE_REWARDS.to_le_bytes()]);
    let pool = derive("staking", &[pda::STAKE_POOL, network.as_ref()]);
    let planned_pool = addresses::stake_pool(&plan.address);
    BTreeMap::from([
        (REGISTRY_ID, own["registry"]),
        (TOKEN_ID, own["token"]),
        (REWARDS_ID, own["rewards"]),
        (STAKING_ID, own["staking"]),
        (plan.address, network),
        (addresses::class(&plan.address, 0), derive("registry", &[pda::CLASS, network.as_ref(), &0u16.to_le_bytes()])),
        (plan.mint, mint),
        (addresses::mint_authority(&plan.address), derive("token", &[pda::MINT_AUTHORITY, network.as_ref()])),
        (addresses::emission(&plan.address), derive("token", &[pda::EMISSION, network.as_ref()])),
        (plan.vault(), vault),
        (addresses::vault_tokens(&plan.vault()), derive("rewards", &[pda::VAULT_TOKENS, vault.as_ref()])),
        (plan.treasury(), addresses::associated_token_account(&plan.treasury_wallet(), &mint)),
        (planned_pool, pool),
        (addresses::stake_tokens(&planned_pool), derive("staking", &[pda::STAKE_TOKENS, pool.as_ref()])),
        (addresses::stake_rewards(&planned_pool), derive("staking", &[pda::STAKE_REWARDS, pool.as_ref()])),
    ])
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_built_for_own_ids_deploy_and_run_under_them() {
    let cluster = Cluster::bare("own-ids", 10 * SOL, &[]).await;
    let build = build(&cluster.folder);
    let deployed = cluster.deploy(&build, &[]);
    assert_eq!(deployed.code, Some(0), "{deployed:?}");
    for (name, id) in &build.ids {
        let there = Deployed::read(&cluster.chain, id).await.unwrap().unwrap();
        assert!(there.executable && there.is(&std::fs::read(build.file(name)).unwrap()), "{name}");
    }

    // A whole network: programs that know each other by these addresses.
    let plan = plan(&cluster);
    let own = own_addresses(&plan, &build.ids);
    let moved = |address: &mut Address| *address = *own.get(address).unwrap_or(address);
    for step in plan.steps() {
        let mut instructions = step.instructions();
        for instruction in &mut instructions {
            moved(&mut instruction.program_id);
            instruction.accounts.iter_mut().for_each(|account| moved(&mut account.pubkey));
        }
        cluster.chain.send(&instructions, &[&cluster.payer]).await.unwrap();
        let mut made = step.account();
        moved(&mut made);
        assert_ne!(made, step.account(), "{}", step.name());
        assert!(cluster.chain.account(&made).await.unwrap().is_some(), "{}", step.name());
    }
}
