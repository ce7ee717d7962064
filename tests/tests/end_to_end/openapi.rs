//! The API of a real oracle, fuzzed by its own OpenAPI document with schemathesis.

use std::{path::Path, process::Command};

use super::support::{
    device::attest,
    epoch::{pass_challenge_window, until_approved},
    fresh_folder,
    network::{EPOCH_END_UNIX, GENESIS_UNIX, GRACE_SECONDS, Network},
    oracle::Oracle,
    python,
};

const SCHEMATHESIS: &str = "schemathesis==4.32.5";

#[tokio::test(flavor = "multi_thread")]
async fn api_fuzzed_by_its_document_answers_as_the_document_says() {
    let network = Network::start().await;
    network.travel(EPOCH_END_UNIX).await;
    let folder = fresh_folder("openapi");
    let mut oracle = Oracle::start(&folder, &network).await;
    let batch: Vec<_> =
        (0..20).map(|number| attest(&network.devices[0], network.address.to_bytes(), GENESIS_UNIX, number)).collect();
    oracle.sender().deliver(&batch).await;
    network.travel(EPOCH_END_UNIX + GRACE_SECONDS).await;
    until_approved(&network).await;
    pass_challenge_window(&network).await;
    oracle.status_when("the root is final", |status| status["next_to_finalize"] == 1).await;

    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    let url = oracle.url.clone();
    let fuzzing = tokio::task::spawn_blocking(move || {
        let mut command = Command::new(python::program(SCHEMATHESIS, "schemathesis"));
        command.arg("--config-file").arg(manifest.join("schemathesis.toml"));
        command.args(["run", &format!("{url}/v1/openapi.json"), "--url", &url, "--seed", "1", "--no-color"]);
        python::run(command.current_dir(folder));
    });
    fuzzing.await.unwrap();
    let status = oracle.status_when("it still answers", |_| true).await;
    assert_eq!(status["acknowledged"], 20, "what is no attestation was taken in");
    assert!(!oracle.process.stderr().contains("panicked"));
}
