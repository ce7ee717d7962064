//! Arguments that `trellis` cannot use: words, the right exit code, and JSON if JSON was asked for.

use std::{net::TcpListener, os::fd::OwnedFd, process::Stdio};

use super::support::{
    fresh_folder,
    process::{Process, assert_words, program, trellis},
    run::DemoRun,
};

/// Runs with and without `--json`: `code`, and a message with all of `named`.
fn assert_refused(arguments: &[&str], code: i32, named: &[&str]) {
    let finished = trellis(arguments);
    assert_eq!(finished.code, Some(code), "{arguments:?}: {finished:?}");
    assert_eq!(finished.stdout, "", "{arguments:?}");
    assert_words(&finished.stderr);
    for named in named {
        assert!(finished.stderr.contains(named), "`{named}` is not in: {}", finished.stderr);
    }
    let finished = trellis(&[arguments, &["--json"]].concat());
    assert_eq!(finished.code, Some(code), "{arguments:?}: {finished:?}");
    let said = finished.json();
    assert_eq!(said["ok"], false, "{arguments:?}: {said}");
    let error = said["error"].as_str().unwrap();
    assert_words(error);
    for named in named {
        assert!(error.contains(named), "`{named}` is not in: {error}");
    }
}

#[test]
fn usage_that_is_wrong_ends_with_code_2() {
    assert_refused(&["frobnicate"], 2, &["frobnicate"]);
    assert_refused(&["audit"], 2, &["<BUNDLE>"]);
    assert_refused(&["demo", "--seed", "abc"], 2, &["--seed", "abc"]);
    assert_refused(&["demo", "--work-dir", ""], 2, &["--work-dir"]);
    assert_refused(&["demo", "--nonsense"], 2, &["--nonsense"]);
    assert_refused(&["audit", "bundle", "--url", "http://127.0.0.1:9"], 2, &["--vault"]);
    let vault = "4Q8TDc3b89NisNB4YyfBAwcuMEG7yHeirR2T9LTb6BAG";
    assert_refused(&["audit", "bundle", "--vault", vault], 2, &["--url"]);
    assert_refused(&["audit", "bundle", "--url", "http://127.0.0.1:9", "--vault", "xyz"], 2, &["--vault", "xyz"]);
}

#[test]
fn hardware_wallet_needs_a_build_for_them_and_a_command_that_signs_little() {
    let device = "4Q8TDc3b89NisNB4YyfBAwcuMEG7yHeirR2T9LTb6BAG";
    let signing = ["--url", "http://127.0.0.1:9", "--keypair", "usb://ledger?key=0/0"];
    let retire = [&["device", "retire", device, "--yes", "--network", device][..], &signing].concat();
    assert_refused(&retire, 2, &["usb://ledger?key=0/0 is a hardware wallet", "HARDWARE_WALLETS=1"]);
    let deploy = [&["deploy"][..], &signing].concat();
    assert_refused(&deploy, 2, &["usb://ledger?key=0/0 is a hardware wallet", "the file of a keypair"]);
}

#[test]
fn no_arguments_show_the_commands_with_code_2() {
    let finished = trellis(&[]);
    assert_eq!(finished.code, Some(2));
    for command in ["localnet", "demo", "audit"] {
        assert!(finished.stderr.contains(command), "{finished:?}");
    }
    let finished = trellis(&["--json"]);
    assert_eq!((finished.code, &finished.json()["ok"]), (Some(2), &false.into()), "{finished:?}");
}

#[test]
fn help_and_version_end_with_code_0() {
    for arguments in [["--help", "--json"], ["--version", "--json"]] {
        let finished = trellis(&arguments);
        assert_eq!((finished.code, finished.stderr.as_str()), (Some(0), ""), "{finished:?}");
        assert!(finished.stdout.contains("trellis"), "{finished:?}");
    }
}

#[test]
fn demo_in_a_folder_that_cannot_be_used_says_so() {
    let used = DemoRun::first().folder.to_str().unwrap();
    assert_refused(&["demo", "--work-dir", used], 2, &[used, "earlier run"]);
    // Nobody can make a folder there, not even root.
    assert_refused(&["demo", "--work-dir", "/proc/trellis"], 2, &["/proc/trellis"]);
    let folder = fresh_folder("demo-no-dashboard");
    assert_refused(&["demo", "--dashboard", folder.to_str().unwrap()], 2, &["demo-no-dashboard", "make app"]);
    let folder = fresh_folder("demo-a-file");
    let file = folder.join("file");
    std::fs::write(&file, "").unwrap();
    let file = file.to_str().unwrap();
    assert_refused(&["demo", "--work-dir", file], 2, &[file]);
}

#[test]
fn demo_without_built_programs_says_how_to_build_them() {
    let folder = fresh_folder("demo-no-programs");
    let mut demo = Process::spawn(&program("trellis"), |command| {
        command.args(["demo", "--work-dir"]).arg(&folder).env("TRELLIS_TARGET", "/no/target")
    });
    let finished = demo.wait();
    assert_eq!(finished.code, Some(2), "{finished:?}");
    assert_words(&finished.stderr);
    for named in ["/no/target/deploy", "cargo xtask build-sbf"] {
        assert!(finished.stderr.contains(named), "{finished:?}");
    }
}

#[test]
fn localnet_with_what_it_cannot_use_says_what_to_do() {
    let listening = TcpListener::bind("127.0.0.1:0").unwrap();
    let busy = listening.local_addr().unwrap().port().to_string();
    let localnet =
        |arguments: &[&'static str]| [&["localnet", "--rpc-port", "0", "--ws-port", "0"], arguments].concat();
    let message = ["another port", busy.as_str()];
    assert_refused(&["localnet", "--rpc-port", &busy, "--ws-port", "0"], 2, &message);
    assert_refused(&["localnet", "--rpc-port", "0", "--ws-port", &busy], 2, &message);
    drop(listening);
    assert_refused(&localnet(&["--programs", "/no/programs"]), 2, &["/no/programs", "cargo xtask build-sbf"]);
    assert_refused(&localnet(&["--start-time", "yesterday"]), 2, &["yesterday", "2014-01-06T00:00:00Z"]);
    assert_refused(&localnet(&["--start-time=-5"]), 2, &["-5", "from 0"]);
    assert_refused(&localnet(&["--slot-ms", "0"]), 2, &["0 ms", "1 to 60000"]);
    assert_refused(&localnet(&["--airdrop", "abc"]), 2, &["ADDRESS=SOL"]);
    assert_refused(&["localnet", "--rpc-port", "99999"], 2, &["99999"]);
}

#[test]
fn output_that_nobody_reads_is_no_error() {
    let bundle = DemoRun::first().bundle(0);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut audit = Process::spawn(&program("trellis"), |command| {
        command.arg("audit").arg(&bundle).stdout(Stdio::from(OwnedFd::from(writer)))
    });
    let finished = audit.wait();
    assert_eq!((finished.code, finished.stderr.as_str()), (Some(0), ""), "{finished:?}");
}
