//! Bundles by their hash: served, fetched, and held against what was acknowledged.

use axum::{Router, extract::Path, http::StatusCode, routing::get};
use solana_address::Address;
use trellis_epoch::{
    bundle::{Bundle, FILES, MANIFEST},
    sorting::Sorter,
};
use trellis_oracle::quorum::{Limits, Peer, candidates::Candidates, coverage};

use crate::{
    api_support::{Api, serve},
    closer::closable,
    peers::{Asker, LIMITS, offering, peer},
    world::{honest_epoch, reading},
};

/// An oracle that has closed epoch 0, and its bundle.
async fn closed() -> (Api, Bundle) {
    let api = offering(&[]).await;
    api.close_next();
    let bundle = Bundle::read(&api.bundles().join("epoch-00000000")).unwrap();
    (api, bundle)
}

#[tokio::test]
async fn every_file_of_a_bundle_is_served_under_its_hash_for_ever() {
    let (api, bundle) = closed().await;
    for file in FILES.into_iter().chain([MANIFEST]) {
        let response = api.get(&format!("/v1/bundles/{}/{file}", hex::encode(bundle.hash))).await;
        assert_eq!(response.status(), 200, "{file}");
        assert!(response.headers()["cache-control"].to_str().unwrap().contains("immutable"));
        let bytes = response.bytes().await.unwrap();
        assert_eq!(bytes, std::fs::read(bundle.folder().join(file)).unwrap(), "{file}");
    }
    for (path, status, words) in [
        (format!("/v1/bundles/{}/manifest.json", "0".repeat(64)), 404, "is not here"),
        (format!("/v1/bundles/{}/manifest.sig", hex::encode(bundle.hash)), 404, "no bundle has a file"),
        (format!("/v1/bundles/{}/..%2f..%2fkey.json", hex::encode(bundle.hash)), 404, "no bundle has a file"),
        ("/v1/bundles/..%2f..%2f/manifest.json".to_owned(), 400, "64 hex digits"),
    ] {
        let problem = api.get_problem(&path).await;
        assert!(problem.status == status && problem.detail.contains(words), "{path}: {problem:?}");
    }
}

/// Serves `bundle`'s files as `change` leaves them.
async fn serve_changed(bundle: &Bundle, change: fn(&str, Vec<u8>) -> Vec<u8>) -> Peer {
    let folder = bundle.folder().to_owned();
    let file = async move |Path((_, file)): Path<(String, String)>| {
        let bytes = std::fs::read(folder.join(&file)).map_err(|_| StatusCode::NOT_FOUND)?;
        Ok::<_, StatusCode>(change(&file, bytes))
    };
    let url = serve(Router::new().route("/v1/bundles/{hash}/{file}", get(file))).await;
    Peer { oracle: Address::new_from_array([9; 32]), url }
}

#[tokio::test(flavor = "multi_thread")]
async fn bundle_is_fetched_whole_or_not_at_all_from_the_first_that_has_it() {
    let (api, bundle) = closed().await;
    let asker = Asker::at(closable(1));
    let candidates = Candidates::new(&asker.folder.path().join("bundles"));
    let fetch = async |peers: &[Peer], limits: &Limits| {
        candidates.fetch(&asker.client, peers, &bundle.hash, limits).await.map_err(|error| format!("{error:#}"))
    };
    let refused = fetch(&[], &LIMITS).await.unwrap_err();
    assert!(refused.contains("no peer to ask"), "{refused}");
    let other_manifest = serve_changed(&bundle, |_, bytes| [bytes, b" ".to_vec()].concat()).await;
    let cut_off = serve_changed(&bundle, |file, mut bytes| {
        bytes.truncate(if file == "operators.parquet" { bytes.len() / 2 } else { bytes.len() });
        bytes
    })
    .await;
    let longer = serve_changed(&bundle, |file, mut bytes| {
        bytes.extend(if file == "verdicts.parquet" { vec![0; 9] } else { vec![] });
        bytes
    })
    .await;
    for (peer, words) in [
        (&other_manifest, "another than was asked for"),
        (&cut_off, "operators.parquet has BLAKE3"),
        (&longer, "sends more than"),
    ] {
        let refused = fetch(std::slice::from_ref(peer), &LIMITS).await.unwrap_err();
        assert!(refused.contains(words), "{refused}");
        assert!(!candidates.is_here(&bundle.hash));
    }
    let refused = fetch(&[peer(&api)], &Limits { peer_bytes: 100 }).await.unwrap_err();
    assert!(refused.contains("at most 100 are taken"), "{refused}");
    let fetched = fetch(&[other_manifest, cut_off, longer, peer(&api)], &LIMITS).await.unwrap();
    assert_eq!(Bundle::read(&candidates.path(&bundle.hash)).unwrap().hash, bundle.hash);
    // It is here now: nobody is asked.
    assert_eq!(fetch(&[], &LIMITS).await.unwrap().folder(), fetched.folder());
    candidates.keep_only(&[]).unwrap();
    assert!(!candidates.is_here(&bundle.hash));
}

#[tokio::test]
async fn what_a_bundle_lacks_is_found_one_by_one() {
    let (_api, bundle) = closed().await;
    let missing = |wanted: Vec<trellis_core::attestation::SignedAttestation>| {
        let folder = tempfile::tempdir().unwrap();
        let mut sorter = Sorter::new(folder.path());
        wanted.iter().for_each(|signed| sorter.push(&signed.to_bytes()).unwrap());
        let mut found = Vec::new();
        coverage::missing(&mut sorter.finish().unwrap(), &bundle, &mut |signed| {
            found.push(signed.clone());
            Ok(true)
        })
        .unwrap();
        found
    };
    let (one, three) = (honest_epoch(1, 0), honest_epoch(3, 0));
    assert_eq!(missing(vec![]), []);
    assert_eq!(missing([one.clone(), three.clone()].concat()), []);
    assert_eq!(missing(vec![three[2].clone(), one[4].clone()]), []);
    let two = honest_epoch(2, 0);
    assert_eq!(missing([two.clone(), one.clone(), three].concat()).len(), two.len());
    // The same device and interval with another content.
    let other = reading(1, 2, 1, 1).signed();
    assert_eq!(missing(vec![one[1].clone(), other.clone(), one[3].clone()]), [other]);
}
