//! The README's commands: each is run by something, and the cheap ones are run here, against a demo that is kept.

use std::{collections::BTreeSet, fs, path::Path};

use nix::sys::signal::Signal;
use serde_json::Value;
use trellis_epoch::{bundle::Bundle, encoding::base58};

use super::support::{
    eventually, fresh_folder,
    process::{Process, program, trellis},
};

/// Beginnings of commands, and what runs them.
const RUN_BY: &[(&str, &str)] = &[
    ("make demo SEED=", "demo::demo_run_twice_with_one_seed_gives_the_same_roots"),
    ("make demo KEEP=1", "readme::readme_commands_answer_in_a_demo_that_is_kept"),
    ("make demo", "demo::demo_run_twice_with_one_seed_gives_the_same_roots"),
    // Its steps, with a file of addresses beside the workspace's.
    ("make deploy", "own_ids::programs_built_for_own_ids_deploy_and_run_under_them"),
    ("make test", "make test"),
    ("make audit", "make audit"),
    ("make browser", "make browser"),
    ("make setup", "make programs"),
    ("cargo xtask build-sbf", "make programs"),
    ("trellis demo", "demo::demo_run_twice_with_one_seed_gives_the_same_roots"),
    ("trellis localnet", "localnet::localnet_says_where_it_is_and_stops_when_told"),
    ("trellis doctor", "doctor::doctor_of_a_cluster_with_everything_finds_nothing_wrong"),
    ("make install", "make programs"),
    ("trellis init", "own_network::own_network_from_init_to_a_device_that_earns_and_stake_that_earns"),
    ("trellis up", "own_network::own_network_from_init_to_a_device_that_earns_and_stake_that_earns"),
    ("trellis device transfer", "device_offer::offer_is_accepted_once_by_whom_it_is_for_and_says_what_it_is"),
    ("trellis device", "device_commands::devices_are_registered_moved_handed_over_and_retired_by_command"),
    ("trellis rewards claim-all", "fleet::claims_of_5_000_operators_killed_half_way_are_paid_once_in_few_transactions"),
    ("trellis rewards show", "rewards::rewards_are_shown_explained_and_claimed_once_and_every_mistake_has_words"),
    ("trellis rewards claim", "rewards::rewards_are_shown_explained_and_claimed_once_and_every_mistake_has_words"),
    ("trellis explain", "rewards::rewards_are_shown_explained_and_claimed_once_and_every_mistake_has_words"),
    ("trellis simulate", "simulate::simulation_of_the_same_policy_changes_nothing_and_of_a_stricter_one_moves_tokens"),
    ("trellis completions", "own_network::completions_and_man_pages_know_every_command"),
    ("trellis network create", "network_create::network_create_makes_all_that_the_file_names_once"),
    ("trellis audit", "audit::audit_of_every_bundle_of_the_demo_holds"),
    ("trellis agent", "agent::agent_and_oracle_killed_in_between_lose_nothing_and_the_work_is_paid_once"),
    ("trellis receipt", "receipt::receipts_are_verified_offline_and_checked_against_bundles_that_hold_them_or_lie"),
    ("trellis-oracle check", "operations::check_names_everything_that_is_wrong_and_what_to_do"),
    ("trellis-oracle backup", "backup::oracle_on_a_backup_counts_all_receipts_and_reaches_the_same_root"),
    ("trellis-oracle signer", "signer::signer_signs_for_its_own_user_and_by_its_rules_alone"),
    ("trellis-oracle --config", "crash::oracle_killed_at_random_moments_keeps_every_receipt_and_posts_once"),
    ("curl ", "readme::readme_commands_answer_in_a_demo_that_is_kept"),
];
const PROGRAMS: [&str; 5] = ["make ", "cargo ", "trellis ", "trellis-oracle ", "curl "];

/// Commands in the README's `sh` blocks.
fn readme_commands() -> Vec<String> {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let readme = fs::read_to_string(readme).unwrap();
    let mut in_shell_block = false;
    let mut commands = Vec::new();
    for line in readme.lines() {
        if let Some(language) = line.trim_start().strip_prefix("```") {
            in_shell_block = !in_shell_block && ["sh", "bash", "shell", "console"].contains(&language.trim());
        } else if in_shell_block {
            let line = line.trim().trim_start_matches("$ ");
            if PROGRAMS.iter().any(|program| line.starts_with(program)) {
                commands.push(line.to_owned());
            }
        }
    }
    commands
}

#[test]
fn readme_commands_are_run_somewhere() {
    let commands = readme_commands();
    for wanted in ["make demo", "make test"] {
        assert!(commands.iter().any(|command| command == wanted), "`{wanted}` is not in the README: {commands:?}");
    }
    let missing: Vec<_> =
        commands.iter().filter(|command| !RUN_BY.iter().any(|(beginning, _)| command.starts_with(beginning))).collect();
    assert!(missing.is_empty(), "nothing runs these commands of the README: {missing:?}");
    let makefile = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../Makefile")).unwrap();
    for (_, runner) in RUN_BY {
        match (runner.strip_prefix("make "), runner.split_once("::")) {
            (Some(target), _) => assert!(makefile.contains(&format!("\n{target}:")), "no target for `{runner}`"),
            (_, Some((module, test))) => assert!(has_test(module, test), "no test for `{runner}`"),
            _ => panic!("`{runner}` is neither a target nor a test"),
        }
    }
}

fn has_test(module: &str, test: &str) -> bool {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/end_to_end/{module}.rs"));
    fs::read_to_string(file).is_ok_and(|text| text.contains(&format!("fn {test}()")))
}

#[tokio::test(flavor = "multi_thread")]
async fn readme_commands_answer_in_a_demo_that_is_kept() {
    let folder = fresh_folder("demo-kept");
    let mut demo = Process::spawn(&program("trellis"), |command| {
        command.args(["demo", "--seed", "3", "--keep", "--json", "--work-dir"]).arg(&folder)
    });
    eventually("the kept demo", || {
        assert!(!demo.has_ended(), "{}", demo.stderr());
        demo.stderr().lines().any(|line| line.starts_with("  vault ")).then_some(())
    });
    let report: Value = serde_json::from_str(&demo.stdout()).unwrap();
    let said = demo.stderr();
    let after = |label: &str| {
        let line = said.lines().find_map(|line| line.strip_prefix(&format!("  {label} "))).unwrap();
        line.split_whitespace().next().unwrap().to_owned()
    };
    assert_eq!(report["ok"], true);
    assert_eq!(report["vault"], after("vault"));

    let oracle = after("oracle").strip_suffix("/v1/status").unwrap().to_owned();
    answer_everything(&oracle, Path::new(&after("bundles"))).await;
    audit_against_the_chain(&after("bundles"), &after("chain"), &after("vault"), &report);

    demo.signal(Signal::SIGINT);
    let finished = demo.wait();
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(demo.group_is_gone(), "the demo left a process behind");
}

/// The README's `curl` lines and the API's other paths answer with JSON.
async fn answer_everything(oracle: &str, bundles: &Path) {
    let devices = Bundle::open(&bundles.join("epoch-00000006")).unwrap().devices().unwrap().all().unwrap();
    let device = base58::encode(devices[0].device.bytes());
    let mut paths =
        BTreeSet::from(["/v1/status", "/v1/epochs", "/v1/epochs/6", "/v1/operators/0/proof"].map(String::from));
    paths.insert(format!("/v1/devices/{device}/attestations"));
    for command in readme_commands().iter().filter(|command| command.starts_with("curl ")) {
        let url = command.split_whitespace().find(|word| word.contains("://")).unwrap();
        let path = url.find("/v1/").unwrap_or_else(|| panic!("no path of the API in `{command}`"));
        paths.insert(url[path..].trim_matches(['"', '\'']).to_owned());
    }
    for path in paths {
        let response = reqwest::get(format!("{oracle}{path}")).await.unwrap();
        assert_eq!(response.status().as_u16(), 200, "{path}");
        let body: Value = response.json().await.unwrap();
        assert!(body.as_object().is_some_and(|body| !body.is_empty()), "{path}: {body}");
    }
}

fn audit_against_the_chain(bundles: &str, url: &str, vault: &str, report: &Value) {
    let bundle = |epoch: usize| format!("{bundles}/epoch-{epoch:08}");
    let audit = |epoch, vault: &str| trellis(&["audit", &bundle(epoch), "--json", "--url", url, "--vault", vault]);
    for (epoch, on_chain) in [(6, "same"), (3, "same"), (2, "no_longer_kept")] {
        let finished = audit(epoch, vault);
        assert_eq!(finished.code, Some(0), "{finished:?}");
        assert_eq!(finished.json()["on_chain"], on_chain);
        assert_eq!(finished.json()["root"], report["roots"][epoch]);
    }
    for (wrong, named) in [("network", "no Vault at"), ("mint", "no Vault at")] {
        let address = report[wrong].as_str().unwrap();
        let finished = audit(6, address);
        assert_eq!(finished.code, Some(1), "{finished:?}");
        let error = finished.json()["error"].as_str().unwrap().to_owned();
        assert!(error.contains(named) && error.contains(address), "{error}");
    }
    let nowhere = "4uQeVj5tqViQh7yWWGStvkEG1Zmhx6uasJtWCJziofM";
    let error = audit(6, nowhere).json()["error"].as_str().unwrap().to_owned();
    assert!(error.contains("no account at") && error.contains(nowhere), "{error}");
}
