//! `trellis deploy` through the real upgradeable loader.

use serde_json::Value;
use solana_address::Address;
use solana_keypair::{Keypair, write_keypair_file};
use solana_signer::Signer;
use trellis_cli::{
    deploy::{
        deployment_cost,
        keys::{buffer_key, program_key_file},
        state::{Buffer, Deployed},
    },
    localnet::TRELLIS_PROGRAMS,
};

use super::support::{
    cluster::{Build, Cluster, EMPTY_ACCOUNT_LAMPORTS, SOL, elf},
    eventually,
    process::{Finished, Process, assert_refused, program},
};

/// What was done for each program, by name.
fn actions(finished: &Finished) -> Vec<(String, String)> {
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let report = finished.json();
    let programs = report["programs"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    programs.iter().map(|program| (text(&program["name"]), text(&program["action"]))).collect()
}

fn all(action: &str) -> Vec<(String, String)> {
    TRELLIS_PROGRAMS.map(|(name, _, _)| (name.to_owned(), action.to_owned())).to_vec()
}

async fn deployed(cluster: &Cluster, id: &Address) -> Deployed {
    Deployed::read(&cluster.chain, id).await.unwrap().unwrap()
}

async fn assert_no_buffer_is_left(cluster: &Cluster, build: &Build) {
    for id in build.ids.values() {
        let buffer = buffer_key(&cluster.payer, id).pubkey();
        assert_eq!(cluster.chain.balance_lamports(&buffer).await.unwrap(), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn deploy_then_again_then_upgrade_then_hand_over_does_each_once() {
    let cluster = Cluster::bare("deploy-all", 10 * SOL, &[]).await;
    let build = Build::under_new_keys(&cluster.folder);
    let dry = cluster.deploy(&build, &["--dry-run"]);
    assert_eq!((dry.code, cluster.balance().await), (Some(0), 10 * SOL), "{dry:?}");
    let needed = dry.json()["needed_lamports"].as_u64().unwrap();

    assert_eq!(actions(&cluster.deploy(&build, &[])), all("deployed"));
    for (name, id) in &build.ids {
        let deployed = deployed(&cluster, id).await;
        assert!(deployed.executable && deployed.is(&elf(name)), "{name}");
        assert_eq!(deployed.authority, Some(cluster.payer.pubkey()));
        assert_eq!(deployed.bytes.len(), deployment_cost(elf(name).len()).max_bytes);
    }
    assert_no_buffer_is_left(&cluster, &build).await;
    // The plan's sum, of which the payer's own minimum is not spent; and as computed without a chain.
    let costs = build.ids.keys().map(|name| deployment_cost(elf(name).len()));
    let spent = 10 * SOL - cluster.balance().await;
    assert_eq!(spent, costs.map(|cost| cost.rent_lamports + cost.fee_lamports).sum::<u64>());
    assert_eq!(needed, spent + EMPTY_ACCOUNT_LAMPORTS);

    let before = cluster.balance().await;
    assert_eq!(actions(&cluster.deploy(&build, &[])), all("unchanged"));
    assert_eq!(cluster.balance().await, before);

    // One longer than its room, one shorter; and the keys of the programs are no longer needed.
    std::fs::remove_dir_all(&build.keys).unwrap();
    let (long, short) = (elf("rewards"), elf("token"));
    build.put("token", &long);
    build.put("rewards", &short);
    let next = Keypair::new();
    let hand_over = ["--compute-unit-price", "1000", "--upgrade-authority", &next.pubkey().to_string()];
    let upgraded = actions(&cluster.deploy(&build, &hand_over));
    let wanted = |name: &str| if ["token", "rewards"].contains(&name) { "upgraded" } else { "unchanged" };
    assert!(upgraded.iter().all(|(name, action)| action == wanted(name)), "{upgraded:?}");
    for (name, elf) in [("registry", elf("registry")), ("staking", elf("staking")), ("token", long), ("rewards", short)]
    {
        let deployed = deployed(&cluster, &build.ids[name]).await;
        assert!(deployed.is(&elf), "{name}");
        assert_eq!(deployed.authority, Some(next.pubkey()));
    }
    assert_no_buffer_is_left(&cluster, &build).await;

    // The same bytes are fine whoever may upgrade; others are not.
    assert_eq!(actions(&cluster.deploy(&build, &[])), all("unchanged"));
    assert_eq!(actions(&cluster.deploy(&build, &hand_over)), all("unchanged"));
    let before = cluster.balance().await;
    build.put("registry", &elf("token"));
    assert_refused(&cluster.deploy(&build, &[]), 1, &["registry", &next.pubkey().to_string(), "may upgrade"]);
    let own = cluster.payer.pubkey().to_string();
    build.put("registry", &elf("registry"));
    assert_refused(&cluster.deploy(&build, &["--upgrade-authority", &own]), 1, &["hand it on"]);
    assert_eq!(cluster.balance().await, before);
}

/// Kills a deployment when `name`'s buffer holds some of its chunks.
fn kill_in_the_middle(cluster: &Cluster, build: &Build, name: &str) {
    let arguments = cluster.deploy_arguments(build);
    let buffer = buffer_key(&cluster.payer, &build.ids[name]).pubkey();
    let mut deploy = Process::spawn(&program("trellis"), |command| {
        let payer = cluster.payer_file();
        command.args(arguments).args(["--url", &cluster.url, "--keypair", &payer, "--parallel-writes", "1"])
    });
    let read = || {
        let found = tokio::task::block_in_place(|| {
            tokio::runtime::Handle::current().block_on(Buffer::read(&cluster.chain, &buffer))
        });
        let written = found.unwrap()?.bytes.iter().filter(|byte| **byte != 0).count();
        (written > 2_000).then_some(())
    };
    eventually("some chunks", read);
    deploy.kill_hard();
}

#[tokio::test(flavor = "multi_thread")]
async fn deploy_killed_while_it_writes_goes_on_where_it_was() {
    let cluster = Cluster::bare("deploy-killed", 10 * SOL, &[]).await;
    let build = Build::under_new_keys(&cluster.folder);
    kill_in_the_middle(&cluster, &build, "registry");
    assert_eq!(Deployed::read(&cluster.chain, &build.ids["registry"]).await.unwrap(), None);

    let resumed = cluster.deploy(&build, &[]);
    assert_eq!(actions(&resumed), all("deployed"));
    let line = resumed.stderr.lines().find(|line| line.starts_with("registry") && line.contains("chunks are there"));
    assert!(!line.unwrap().contains(": 0 of"), "{line:?}");
    for (name, id) in &build.ids {
        assert!(deployed(&cluster, id).await.is(&elf(name)), "{name}");
    }
    assert_no_buffer_is_left(&cluster, &build).await;

    // Killed in an upgrade: a build of another size takes the buffer over.
    build.put("registry", &elf("rewards"));
    kill_in_the_middle(&cluster, &build, "registry");
    build.put("registry", &elf("token"));
    assert_eq!(actions(&cluster.deploy(&build, &[]))[0].1, "upgraded");
    assert!(deployed(&cluster, &build.ids["registry"]).await.is(&elf("token")));
    assert_no_buffer_is_left(&cluster, &build).await;

    // Killed in an upgrade that is given up: the rent of its buffer comes back.
    build.put("registry", &elf("rewards"));
    kill_in_the_middle(&cluster, &build, "registry");
    build.put("registry", &elf("token"));
    let before = cluster.balance().await;
    assert_eq!(actions(&cluster.deploy(&build, &[])), all("unchanged"));
    let back = cluster.balance().await - before;
    // But for the fee, and that of a chunk which was under way when the run was killed.
    let lent = deployment_cost(elf("rewards").len()).buffer_lamports;
    assert!((lent - 10_000..=lent - 5_000).contains(&back), "{back} of {lent}");
    assert_no_buffer_is_left(&cluster, &build).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deploy_to_addresses_that_somebody_sent_lamports_to_works() {
    let folder = super::support::fresh_folder("deploy-sent-to-keys");
    let build = Build::under_new_keys(&folder);
    let cluster = Cluster::bare("deploy-sent-to", 10 * SOL, &[(build.ids["registry"], 1_000_000)]).await;
    let buffer = buffer_key(&cluster.payer, &build.ids["token"]).pubkey();
    let gift = solana_system_interface::instruction::transfer(&cluster.payer.pubkey(), &buffer, 1_000_000);
    cluster.chain.send(&[gift], &[&cluster.payer]).await.unwrap();
    assert_eq!(actions(&cluster.deploy(&build, &[])), all("deployed"));
    assert_no_buffer_is_left(&cluster, &build).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deploy_without_enough_sol_says_how_much_is_lacking_and_spends_nothing() {
    for lamports in [0, SOL / 4] {
        let cluster = Cluster::bare("deploy-poor", lamports, &[]).await;
        let build = Build::under_new_keys(&cluster.folder);
        let has = if lamports == 0 { "has 0 SOL" } else { "has 0.25 SOL" };
        let refused = cluster.deploy(&build, &[]);
        assert_refused(&refused, 1, &[has, "send at least", &cluster.payer.pubkey().to_string()]);
        assert_eq!(cluster.balance().await, lamports);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn deploy_of_files_that_do_not_fit_is_refused_before_anything_is_spent() {
    let cluster = Cluster::bare("deploy-unfit", 10 * SOL, &[]).await;
    let refused = |change: &dyn Fn(&Build), named: &[&str]| {
        let folder = cluster.folder.join("case");
        let _ = std::fs::remove_dir_all(&folder);
        let build = Build::under_new_keys(&folder);
        change(&build);
        assert_refused(&cluster.deploy(&build, &[]), 2, named);
    };
    refused(
        &|build| std::fs::write(build.file("token"), elf("rewards")).unwrap(),
        &["trellis_token.so", "changed or copied"],
    );
    refused(
        &|build| std::fs::remove_file(build.file("token")).unwrap(),
        &["trellis_token.so", "cargo xtask build-sbf"],
    );
    refused(
        &|build| std::fs::remove_file(build.file("token").with_extension("json")).unwrap(),
        &["trellis_token.json"],
    );
    refused(
        &|build| {
            drop(std::fs::copy(
                build.file("token").with_extension("json"),
                build.file("rewards").with_extension("json"),
            ))
        },
        &["trellis_rewards.so", "changed or copied"],
    );
    let key = |build: &Build| program_key_file(&build.keys, "rewards");
    refused(&|build| std::fs::remove_file(key(build)).unwrap(), &["trellis_rewards-keypair.json", "cargo xtask ids"]);
    refused(&|build| std::fs::write(key(build), "[1, 2]").unwrap(), &["trellis_rewards-keypair.json"]);
    let other = |build: &Build| drop(write_keypair_file(&Keypair::new(), key(build)).unwrap());
    refused(&other, &["trellis_rewards-keypair.json", "was built for"]);
    // A build whose programs do not know each other.
    let mixed = |build: &Build| {
        Build {
            ids: Build::under_default_ids(&cluster.folder).ids,
            programs: build.programs.clone(),
            keys: build.keys.clone(),
        }
        .put("token", &elf("token"))
    };
    refused(&mixed, &["different addresses"]);
    assert_eq!(cluster.balance().await, 10 * SOL);
}

#[test]
fn localnet_without_programs_says_so() {
    let mut localnet = Process::spawn(&program("trellis"), |command| {
        command.args(["localnet", "--no-programs", "--json", "--rpc-port", "0", "--ws-port", "0"])
    });
    let said: Value = eventually("the line of JSON", || serde_json::from_str(&localnet.stdout()).ok());
    assert_eq!(said["programs"], serde_json::json!({}));
    localnet.signal(nix::sys::signal::Signal::SIGTERM);
    assert_eq!(localnet.wait().code, Some(0));
}
