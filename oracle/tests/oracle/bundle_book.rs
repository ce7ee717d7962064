//! Bundles that are deleted here: a crash after any step, and what the oracle does without them.

use std::{fs, path::Path, sync::Arc};

use trellis_core::{DeviceKey, Epoch};
use trellis_epoch::encoding::base58;
use trellis_oracle::{bundles::Book, closing::Closer, epochs::Epochs, log::Log};

use crate::{
    api_support::Api,
    closer::{GRACE, close, filled, resume},
    log_store::open,
    world::{honest_epoch, policy, snapshot},
};

/// An oracle's folder with closed epochs.
fn closed(epochs: usize) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let log = filled(folder.path());
    let mut closer = resume(folder.path(), &log).unwrap();
    for _ in 0..epochs {
        close(&mut closer, &snapshot());
    }
    folder
}

fn book(folder: &Path, store: Option<&str>) -> anyhow::Result<Book> {
    Book::open(folder, &folder.join("bundles"), store.map(str::to_owned))
}

fn resume_without(folder: &Path, kept_from: Epoch) -> anyhow::Result<Closer> {
    let log = Arc::new(open(folder)?);
    Closer::resume_from(log, Arc::new(policy()), folder.join("bundles"), GRACE as u32, kept_from)
}

/// The names in the bundle folder, hidden ones too.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder.join("bundles")).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn oracle_without_its_deleted_bundles_closes_the_same_next_epoch() {
    let (whole, pruned) = (closed(3), closed(3));
    for epoch in [0, 1] {
        book(pruned.path(), None).unwrap().delete(Epoch(epoch)).unwrap();
    }
    assert_eq!(names(pruned.path()), ["epoch-00000002"]);
    let kept_from = book(pruned.path(), None).unwrap().kept_from();
    assert_eq!(kept_from, Epoch(2));
    let hash = close(&mut resume_without(whole.path(), Epoch(0)).unwrap(), &snapshot()).hash;
    assert_eq!(close(&mut resume_without(pruned.path(), kept_from).unwrap(), &snapshot()).hash, hash);
    // A bundle that is missing and was not deleted is still told.
    let error = format!("{:#}", resume_without(pruned.path(), Epoch(1)).err().unwrap());
    assert!(error.contains("epoch-00000001"), "{error}");
}

#[test]
fn crash_after_any_step_of_deleting_leaves_the_bundle_whole_or_gone() {
    let at = |step: &str, change: &dyn Fn(&Path)| {
        let folder = closed(3);
        let before = book(folder.path(), Some("s3://b")).unwrap();
        before.copied(Epoch(1)).unwrap();
        drop(before);
        change(folder.path());
        let book = book(folder.path(), Some("s3://b")).unwrap();
        let kept_from = book.kept_from();
        let whole = folder.path().join("bundles/epoch-00000000/manifest.json").exists();
        assert_eq!(whole, kept_from == Epoch(0), "{step}");
        assert!(
            names(folder.path()).iter().all(|name| name.starts_with("epoch-")),
            "{step}: {:?}",
            names(folder.path())
        );
        resume_without(folder.path(), kept_from).unwrap();
        if !whole {
            let gone = book.gone(Epoch(0)).unwrap().to_string();
            assert!(gone.contains("s3://b/epoch-00000000"), "{step}: {gone}");
            assert_eq!(book.gone(Epoch(1)), None);
        }
    };
    let rename = |folder: &Path| {
        let bundles = folder.join("bundles");
        fs::rename(bundles.join("epoch-00000000"), bundles.join(".epoch-00000000.deleted")).unwrap();
    };
    at("before", &|_| {});
    at("renamed", &rename);
    at("renamed, and half removed", &|folder| {
        rename(folder);
        fs::remove_file(folder.join("bundles/.epoch-00000000.deleted/manifest.json")).unwrap();
    });
    at("written down, and not removed", &|folder| {
        rename(folder);
        let copied = r#""copied": { "store": "s3://b", "next": 2 }"#;
        let entries = format!(r#"{{ "kept_from": 1, "deleted_to": "s3://b", {copied} }}"#);
        fs::write(folder.join("bundles.json"), entries).unwrap();
    });
    at("all done, and the new book not renamed", &|folder| {
        book(folder, Some("s3://b")).unwrap().delete(Epoch(0)).unwrap();
        fs::write(folder.join("bundles.json.new"), "{ \"kept_fr").unwrap();
    });
}

#[test]
fn book_counts_copies_for_one_store_and_begins_anew_with_another() {
    let folder = closed(3);
    let book_of = |store| book(folder.path(), store).unwrap();
    assert_eq!(book_of(None).next_to_copy(), None);
    let first = book_of(Some("s3://one"));
    first.copied(Epoch(0)).unwrap();
    first.copied(Epoch(1)).unwrap();
    assert_eq!(book_of(Some("s3://one")).next_to_copy(), Some(Epoch(2)));
    first.delete(Epoch(0)).unwrap();
    assert_eq!(book_of(Some("s3://two")).next_to_copy(), Some(Epoch(1)), "what is not here cannot be copied");
    assert!(book_of(Some("s3://two")).gone(Epoch(0)).unwrap().to_string().contains("s3://one/epoch-00000000"));
    fs::write(folder.path().join("bundles.json"), "{").unwrap();
    let error = format!("{:#}", book(folder.path(), None).err().unwrap());
    assert!(error.contains("bundles.json is damaged"), "{error}");
}

#[test]
fn log_that_lacks_a_closed_epoch_is_told_though_its_bundle_was_deleted() {
    let folder = closed(0);
    let log = open(folder.path()).unwrap();
    for epoch in [1, 2] {
        log.set_closed(Epoch(epoch), &[1; 32]).unwrap();
    }
    drop(log);
    let error = format!("{:#}", resume_without(folder.path(), Epoch(2)).err().unwrap());
    assert!(error.contains("epoch 0 was closed"), "{error}");
}

#[tokio::test]
async fn api_says_where_a_deleted_bundle_is_and_that_its_verdicts_are_archived() {
    let api = Api::start_with_book(Some("s3://bucket/trellis")).await;
    api.submit(&honest_epoch(1, 0)).await;
    api.close_next();
    api.close_next();
    api.finalize_before(2);
    let status = api.get_ok("/v1/status").await;
    assert_eq!(status["bundles"]["kept_from"], 0);
    assert_eq!(
        (&status["bundles"]["store"], &status["bundles"]["next_to_copy"]),
        (&"s3://bucket/trellis".into(), &0.into())
    );
    // Somebody asked before: what is in memory stays an answer.
    api.get_ok("/v1/epochs/0").await;
    api.book.copied(Epoch(0)).unwrap();
    api.book.delete(Epoch(0)).unwrap();
    for path in ["/v1/epochs/0", "/v1/operators/0/proof?epoch=0"] {
        let problem = api.get_problem(path).await;
        assert_eq!((problem.status, problem.code.as_str()), (410, "gone"), "{problem:?}");
        assert!(problem.detail.contains("s3://bucket/trellis/epoch-00000000"), "{problem:?}");
    }
    let DeviceKey::Ed25519(key) = honest_epoch(1, 0)[0].attestation.device else { panic!("another kind of key") };
    let device = base58::encode(&key);
    let history = api.get_ok(&format!("/v1/devices/{device}/attestations")).await;
    let rows = history["attestations"].as_array().unwrap();
    assert!(!rows.is_empty() && rows.iter().all(|row| row["state"] == "archived"), "{history}");
    api.get_ok("/v1/epochs/1").await;
    let listed = api.get_ok("/v1/epochs").await;
    assert_eq!(listed["epochs"].as_array().unwrap().len(), 2, "what was closed is told, with its hash");
    let status = api.get_ok("/v1/status").await;
    assert_eq!((&status["bundles"]["kept_from"], &status["bundles"]["next_to_copy"]), (&1.into(), &1.into()));
}

#[test]
fn bundle_that_is_missing_and_was_not_deleted_is_not_called_gone() {
    let folder = closed(1);
    let book = book(folder.path(), None).unwrap();
    let epochs = Epochs::new(folder.path().join("bundles")).with_book(book);
    fs::remove_dir_all(folder.path().join("bundles/epoch-00000000")).unwrap();
    let error = format!("{:#}", epochs.bundle(Epoch(0)).unwrap_err());
    assert!(error.contains("the bundle of epoch 0") && error.contains("cannot read"), "{error}");
}
