//! Clients that know nothing of Trellis but its IDLs: one in Python, and Anchor's own in JavaScript.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

use nix::sys::signal::Signal;
use serde_json::{Value, json};

use super::support::{
    eventually, fresh_folder, node,
    process::{Process, program},
    python,
};

const SOLDERS: &str = "solders==0.29.0";

/// The demo, kept running; two of its three operators have not claimed.
struct Demo {
    process: Process,
    report: Value,
    oracle: String,
    rpc: String,
    websocket: String,
    /// Alpha's, who pays the fees of others.
    payer: PathBuf,
}

impl Demo {
    fn start(seed: &str) -> Self {
        let folder = fresh_folder(&format!("demo-unclaimed-{seed}"));
        let mut process = Process::spawn(&program("trellis"), |command| {
            command.args(["demo", "--seed", seed, "--keep", "--unclaimed", "--json", "--work-dir"]).arg(&folder)
        });
        eventually("the kept demo", || {
            assert!(!process.has_ended(), "{}", process.stderr());
            process.stderr().lines().any(|line| line.starts_with("  vault ")).then_some(())
        });
        let said = process.stderr();
        let words = |label: &str| -> Vec<String> {
            let line = said.lines().find_map(|line| line.strip_prefix(&format!("  {label} "))).unwrap();
            line.split_whitespace().map(str::to_owned).collect()
        };
        let (oracle, chain) = (words("oracle"), words("chain"));
        Self {
            report: serde_json::from_str(&process.stdout()).unwrap(),
            oracle: oracle[0].strip_suffix("/v1/status").unwrap().to_owned(),
            rpc: chain[0].clone(),
            websocket: chain[2].trim_end_matches(')').to_owned(),
            payer: folder.join("wallets/Alpha.json"),
            process,
        }
    }

    /// What an operator has earned, who has claimed nothing of it.
    fn earned(&self, operator: usize) -> u64 {
        self.report["operators"][operator]["earned"].as_u64().unwrap()
    }

    fn stop(mut self) {
        self.process.signal(Signal::SIGINT);
        assert_eq!(self.process.wait().code, Some(0));
        assert!(self.process.group_is_gone(), "the demo left a process behind");
    }
}

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

fn said(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn client_made_of_the_idl_and_solders_claims_once_and_is_refused_the_second_time() {
    let demo = Demo::start("11");
    assert_eq!(
        demo.report["left_in_vault"].as_u64(),
        Some(demo.earned(1) + demo.earned(2)),
        "what two have not claimed"
    );
    // Alpha pays the fee for Charlie, who has no SOL.
    let claim = || -> Output {
        let mut command = Command::new(python::program(SOLDERS, "python3"));
        command.arg(repository("tests/clients/solders/claim.py"));
        command.arg("--idl").arg(repository("sdk/idl/rewards.json")).arg("--payer").arg(&demo.payer);
        command.args(["--oracle", &demo.oracle, "--rpc", &demo.rpc, "--operator", "2"]);
        command.output().unwrap()
    };
    let first = claim();
    assert!(first.status.success(), "{}", said(&first.stderr));
    let told: Value = serde_json::from_slice(&first.stdout).unwrap();
    assert_eq!((told["before"].as_u64(), told["after"].as_u64()), (Some(0), Some(demo.earned(2))));
    let second = claim();
    assert!(!second.status.success());
    let refused = said(&second.stderr);
    // NothingToClaim: 6482.
    assert!(refused.contains("6482") || refused.contains("0x1952"), "{refused}");
    demo.stop();
}

#[test]
fn client_of_anchor_reads_accounts_claims_once_and_names_the_error_the_second_time() {
    let demo = Demo::start("12");
    let claim = || -> Output {
        let mut command = Command::new("node");
        command.arg(node::program(&repository("tests/clients/anchor"), "claim.mjs"));
        command.arg("--idls").arg(repository("sdk/idl")).arg("--payer").arg(&demo.payer);
        command.args(["--oracle", &demo.oracle, "--rpc", &demo.rpc, "--websocket", &demo.websocket, "--operator", "1"]);
        command.output().unwrap()
    };
    let first = claim();
    assert!(first.status.success(), "{}{}", said(&first.stdout), said(&first.stderr));
    let told: Value = serde_json::from_slice(&first.stdout).unwrap();
    let earned = demo.earned(1).to_string();
    assert_eq!((&told["before"], &told["after"]), (&json!("0"), &json!(earned)), "the tokens have arrived");
    assert_eq!((&told["counter_before"], &told["counter_after"]), (&json!("0"), &json!(earned)));
    assert_eq!((&told["event"]["name"], &told["event"]["amount"]), (&json!("claimed"), &json!(earned)));
    // Accounts of three programs, as the demo tells of them.
    assert_eq!((&told["name"], &told["epoch_seconds"]), (&json!("La Haute Borne"), &json!(86_400)));
    assert_eq!(told["cells"].as_array().unwrap().len(), 4, "a turbine in each");
    assert_eq!(told["emitted"], json!(demo.report["emitted"].to_string()));
    assert_eq!(told["promised"], told["emitted"], "all of it was earned");
    assert_eq!(told["root"], demo.report["roots"][6], "that of the last day");
    let second = claim();
    assert_eq!(second.status.code(), Some(3), "{}{}", said(&second.stdout), said(&second.stderr));
    let refused: Value = serde_json::from_slice(&second.stdout).unwrap();
    assert_eq!((&refused["refused"], &refused["code"]), (&json!("NothingToClaim"), &json!(6482)), "{refused}");
    demo.stop();
}
