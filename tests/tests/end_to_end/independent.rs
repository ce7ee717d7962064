//! A client that knows nothing of Trellis but its IDL.

use std::{path::Path, process::Command};

use nix::sys::signal::Signal;
use serde_json::Value;

use super::support::{
    eventually, fresh_folder,
    process::{Process, program},
    python,
};

const SOLDERS: &str = "solders==0.29.0";

#[test]
fn client_made_of_the_idl_and_solders_claims_once_and_is_refused_the_second_time() {
    let folder = fresh_folder("demo-unclaimed");
    let mut demo = Process::spawn(&program("trellis"), |command| {
        command.args(["demo", "--seed", "11", "--keep", "--unclaimed", "--json", "--work-dir"]).arg(&folder)
    });
    eventually("the kept demo", || {
        assert!(!demo.has_ended(), "{}", demo.stderr());
        demo.stderr().lines().any(|line| line.starts_with("  vault ")).then_some(())
    });
    let said = demo.stderr();
    let after = |label: &str| {
        let line = said.lines().find_map(|line| line.strip_prefix(&format!("  {label} "))).unwrap();
        line.split_whitespace().next().unwrap().to_owned()
    };
    let oracle = after("oracle").strip_suffix("/v1/status").unwrap().to_owned();
    let report: Value = serde_json::from_str(&demo.stdout()).unwrap();
    let [_, bravo, charlie] = report["operators"].as_array().unwrap().as_slice() else { panic!("{report}") };
    let left = [bravo, charlie].map(|operator| operator["earned"].as_u64().unwrap());
    assert_eq!(report["left_in_vault"].as_u64(), Some(left.iter().sum()), "what two have not claimed");

    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    // Alpha pays the fee for Charlie, who has no SOL.
    let claim = || {
        let mut command = Command::new(python::program(SOLDERS, "python3"));
        command.arg(manifest.join("clients/claim_with_solders.py"));
        command.arg("--idl").arg(manifest.join("../sdk/idl/rewards.json"));
        command.arg("--payer").arg(folder.join("wallets/Alpha.json"));
        command.args(["--oracle", &oracle, "--rpc", &after("chain"), "--operator", "2"]);
        command.output().unwrap()
    };
    let first = claim();
    assert!(first.status.success(), "{}", String::from_utf8_lossy(&first.stderr));
    let told: Value = serde_json::from_slice(&first.stdout).unwrap();
    assert_eq!((told["before"].as_u64(), told["after"].as_u64()), (Some(0), Some(left[1])));
    let second = claim();
    assert!(!second.status.success());
    let refused = String::from_utf8_lossy(&second.stderr).into_owned();
    // NothingToClaim: 6482.
    assert!(refused.contains("6482") || refused.contains("0x1952"), "{refused}");

    demo.signal(Signal::SIGINT);
    assert_eq!(demo.wait().code, Some(0));
    assert!(demo.group_is_gone(), "the demo left a process behind");
}
