//! An oracle on a copy of another's folders.

use nix::sys::signal::Signal;

use super::support::{
    device::attest,
    epoch::{assert_bundle_is, assert_claim_pays, assert_posted_once, pass_challenge_window, until_approved},
    fresh_folder,
    network::{EPOCH_END_UNIX, GENESIS_UNIX, GRACE_SECONDS, Network},
    oracle::Oracle,
    process::{Finished, Process, program},
};

fn backup(folder: &std::path::Path) -> Finished {
    Process::spawn(&program("trellis-oracle"), |command| {
        command.args(["backup", "--config", "oracle.toml", "--to", "copy"]).current_dir(folder)
    })
    .wait()
}

#[tokio::test(flavor = "multi_thread")]
async fn oracle_on_a_backup_counts_all_receipts_and_reaches_the_same_root() {
    let network = Network::start().await;
    network.travel(EPOCH_END_UNIX).await;
    let folder = fresh_folder("backup");
    let mut first = Oracle::start(&folder, &network).await;
    let batch: Vec<_> =
        (0..40).map(|number| attest(&network.devices[0], network.address.to_bytes(), GENESIS_UNIX, number)).collect();
    let receipts = first.sender().deliver(&batch).await;
    let refused = backup(&folder);
    assert!(refused.code == Some(1) && refused.stderr.contains("stop it, copy"), "{refused:?}");
    first.process.signal(Signal::SIGTERM);
    assert_eq!(first.process.wait().code, Some(0));
    let made = backup(&folder);
    assert_eq!((made.code, made.stdout.as_str()), (Some(0), "40 attestations and 0 closed epochs are in copy\n"));
    let again = backup(&folder);
    assert!(again.code == Some(1) && again.stderr.contains("is there already"), "{again:?}");

    // The machine is lost; another one starts on the copy.
    let mut restored = Oracle::start(&folder.join("copy"), &network).await;
    network.travel(EPOCH_END_UNIX + GRACE_SECONDS).await;
    until_approved(&network).await;
    pass_challenge_window(&network).await;
    restored.status_when("the root is final", |status| status["next_to_finalize"] == 1).await;
    assert_bundle_is(&restored, &network, &receipts);
    assert_posted_once(&network).await;
    assert_claim_pays(&restored, &network).await;

    // The first was not lost after all: the same root. And a copy of a closed epoch is a closed epoch.
    drop(restored);
    first.restart().await;
    first.status_when("it is closed", |status| status["next_to_close"] == 1).await;
    first.process.signal(Signal::SIGTERM);
    assert_eq!(first.process.wait().code, Some(0));
    let root = first.bundle(0).manifest.root;
    std::fs::rename(folder.join("copy"), folder.join("earlier")).unwrap();
    assert_eq!(backup(&folder).stdout, "40 attestations and 1 closed epochs are in copy\n");
    let bundle = |copy: &str| trellis_epoch::bundle::Bundle::read(&folder.join(copy).join("bundles/epoch-00000000"));
    for copy in ["copy", "earlier"] {
        assert_eq!(bundle(copy).unwrap().manifest.root, root, "{copy}");
    }
}
