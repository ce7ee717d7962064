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
    network::{NetworkFile, NetworkPlan, file::OracleFile, file::OraclesFile},
};
use trellis_client::{REGISTRY_ID, REWARDS_ID, TOKEN_ID, addresses};
use trellis_core::{hash::sha256, pda};

use super::support::cluster::{Build, Cluster, SOL};

const NETWORK: &str = include_str!("../../../migrations/la-haute-borne/network.toml");
const POLICY: &str = include_str!("../../../migrations/la-haute-borne/policy.toml");

/// Runs `cargo xtask` on `ids`, a copy of program-ids.toml, with a target folder of its own. The folder is kept: a
/// second build of the same is quick.
fn xtask(ids: &Path, target: &Path, arguments: &[&str]) {
    let mut command = Command::new(env!("CARGO"));
    command.arg("xtask").args(arguments).current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    command.env("TRELLIS_PROGRAM_IDS", ids).env("TRELLIS_TARGET", target);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// The programs, built under addresses of keys that are the same in every run.
fn build(folder: &Path) -> Build {
    let target = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("own-ids");
    let (ids, keys) = (folder.join("program-ids.toml"), folder.join("keys"));
    std::fs::create_dir_all(&keys).unwrap();
    std::fs::copy(concat!(env!("CARGO_MANIFEST_DIR"), "/../program-ids.toml"), &ids).unwrap();
    let own = TRELLIS_PROGRAMS.map(|(name, _, _)| {
        let key = Keypair::new_from_array(sha256(&[b"trellis test of own ids", name.as_bytes()]));
        write_keypair_file(&key, program_key_file(&keys, name)).unwrap();
        (name, key.pubkey())
    });
    xtask(&ids, &target, &["ids", "--keys", keys.to_str().unwrap()]);
    xtask(&ids, &target, &["build-sbf"]);
    Build { programs: target.join("deploy"), keys, ids: BTreeMap::from(own) }
}

/// The demo's network, planned for the addresses that this test was built for.
fn plan(cluster: &Cluster) -> NetworkPlan {
    let creator = cluster.payer.pubkey();
    let mut file = NetworkFile::parse(NETWORK).unwrap();
    file.guardian = Some(creator);
    file.oracles = OraclesFile { threshold: 1, members: vec![OracleFile { address: creator, weight: 1 }] };
    NetworkPlan::new(file, POLICY, creator).unwrap()
}

/// Every address that follows from a program's, and what it is under one's own.
fn own_addresses(plan: &NetworkPlan, own: &BTreeMap<&str, Address>) -> BTreeMap<Address, Address> {
    let derive = |program: &str, seeds: &[&[u8]]| Address::find_program_address(seeds, &own[program]).0;
    let network = derive("registry", &[pda::NETWORK, plan.creator.as_ref(), &plan.name]);
    let mint = derive("token", &[pda::MINT, network.as_ref()]);
    let vault = derive("rewards", &[pda::VAULT, network.as_ref(), mint.as_ref()]);
    BTreeMap::from([
        (REGISTRY_ID, own["registry"]),
        (TOKEN_ID, own["token"]),
        (REWARDS_ID, own["rewards"]),
        (plan.address, network),
        (addresses::class(&plan.address, 0), derive("registry", &[pda::CLASS, network.as_ref(), &0u16.to_le_bytes()])),
        (plan.mint, mint),
        (addresses::mint_authority(&plan.address), derive("token", &[pda::MINT_AUTHORITY, network.as_ref()])),
        (addresses::emission(&plan.address), derive("token", &[pda::EMISSION, network.as_ref()])),
        (plan.vault(), vault),
        (addresses::vault_tokens(&plan.vault()), derive("rewards", &[pda::VAULT_TOKENS, vault.as_ref()])),
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
