//! The demo: the same roots from the same seed, sums that agree, and a clean end however it ends.

use std::collections::BTreeSet;

use nix::sys::signal::Signal;
use serde_json::Value;

use super::support::{
    eventually, fresh_folder,
    process::{Process, assert_words, program},
    run::DemoRun,
};

#[test]
fn demo_run_twice_with_one_seed_gives_the_same_roots() {
    let first = DemoRun::first();
    let second = DemoRun::play(7, "demo-second");
    for run in [first, &second] {
        assert_sums_agree(&run.report);
        assert_every_cheat_is_refused(&run.report);
    }
    assert_eq!(first.roots().len(), 7);
    assert_eq!(first.roots().iter().collect::<BTreeSet<_>>().len(), 7, "two epochs have one root");
    assert_eq!(first.roots(), second.roots());
    for field in ["network", "vault", "mint", "operators", "receipts"] {
        assert_eq!(first.report[field], second.report[field], "{field}");
    }
}

fn assert_sums_agree(report: &Value) {
    assert_eq!(report["ok"], true);
    let operators = report["operators"].as_array().unwrap();
    let sum = |field: &str| operators.iter().map(|operator| operator[field].as_u64().unwrap()).sum::<u64>();
    let emitted = report["emitted"].as_u64().unwrap();
    assert!(emitted > 0);
    assert_eq!(sum("earned"), emitted);
    assert_eq!(sum("claimed"), emitted);
    assert_eq!(report["left_in_vault"], 0);
    assert_eq!(report["audits"], 7);
    assert_eq!(operators.len(), 3);
    assert_eq!(operators[2]["lamports"], 0, "the third operator was to need no SOL");
    assert!(operators[2]["claimed"].as_u64().unwrap() > 0);
}

fn assert_every_cheat_is_refused(report: &Value) {
    let refused = report["refused"].as_array().unwrap();
    let reasons: BTreeSet<_> = refused.iter().map(|refused| refused["reason"].as_str().unwrap()).collect();
    let wanted =
        ["above_rated_power", "bad_signature", "counter_fell", "replayed_sequence", "unknown_device", "wrong_network"];
    assert_eq!(reasons, BTreeSet::from(wanted));
    for refused in refused {
        assert_words(refused["detail"].as_str().unwrap());
    }
}

#[test]
fn demo_stopped_in_the_middle_leaves_no_process() {
    for (signal, name) in [(Signal::SIGTERM, "demo-terminated"), (Signal::SIGINT, "demo-interrupted")] {
        let folder = fresh_folder(name);
        let mut demo =
            Process::spawn(&program("trellis"), |command| command.args(["demo", "--json", "--work-dir"]).arg(&folder));
        eventually("the first day", || demo.stderr().contains("day 1:").then_some(()));
        demo.signal(signal);
        let finished = demo.wait();
        eventually("the end of the demo's oracle", || demo.group_is_gone().then_some(()));
        assert_eq!(finished.code, Some(1), "{finished:?}");
        let said = finished.json();
        assert_eq!(said["ok"], false);
        assert_words(said["error"].as_str().unwrap());
    }
}
