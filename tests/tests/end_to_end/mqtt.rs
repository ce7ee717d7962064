//! Attestations over a real broker to a real oracle, which is killed before it has acknowledged one.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use trellis_core::attestation::SignedAttestation;
use trellis_epoch::encoding::base58;

use super::support::{
    device::attest,
    fresh_folder,
    mosquitto::Mosquitto,
    mqtt_device::Device,
    network::{EPOCH_END_UNIX, GENESIS_UNIX, Network},
    oracle::Oracle,
    process::{Finished, Process, program},
};

/// Stands between oracle and broker, and can keep back what the oracle says.
struct Wire {
    port: u16,
    open: Arc<AtomicBool>,
}

impl Wire {
    async fn to(broker: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (port, open) = (listener.local_addr().unwrap().port(), Arc::new(AtomicBool::new(true)));
        let is_open = Arc::clone(&open);
        tokio::spawn(async move {
            while let Ok((oracle, _)) = listener.accept().await {
                let (mut from_oracle, mut to_oracle) = oracle.into_split();
                let Ok(broker) = TcpStream::connect(("127.0.0.1", broker)).await else { continue };
                let (mut from_broker, mut to_broker) = broker.into_split();
                tokio::spawn(async move { tokio::io::copy(&mut from_broker, &mut to_oracle).await });
                let is_open = Arc::clone(&is_open);
                tokio::spawn(async move {
                    let mut buffer = [0; 4_096];
                    // What is kept back is lost, as if the line had been cut: the connection ends with the oracle.
                    while let Ok(count @ 1..) = from_oracle.read(&mut buffer).await {
                        if is_open.load(Ordering::SeqCst) && to_broker.write_all(&buffer[..count]).await.is_err() {
                            return;
                        }
                    }
                });
            }
        });
        Self { port, open }
    }
}

fn topic(network: &Network, signed: &SignedAttestation, end: &str) -> String {
    format!("trellis/{}/{}/{end}", network.address, base58::encode(signed.attestation.device.bytes()))
}

fn check(folder: &Path) -> Finished {
    Process::spawn(&program("trellis-oracle"), |command| command.args(["check", "oracle.toml"]).current_dir(folder))
        .wait()
}

async fn is_connected(oracle: &Oracle) {
    let deadline = tokio::time::Instant::now() + super::support::PATIENCE;
    while oracle.metric("trellis_oracle_mqtt_connected").await != Some(1.0) {
        assert!(tokio::time::Instant::now() < deadline, "no connection: {}", oracle.process.stderr());
        tokio::time::sleep(super::support::LOOK_EVERY).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn oracle_killed_before_it_acknowledged_gets_the_message_again_and_gives_the_same_receipt() {
    let network = Network::start().await;
    network.travel(EPOCH_END_UNIX).await;
    let folder = fresh_folder("mqtt");
    let mut broker = Mosquitto::start(&folder);
    let wire = Wire::to(broker.port).await;
    let mut oracle = Oracle::start_with(&folder, &network, |settings| {
        format!("{settings}[mqtt]\nurl = \"mqtt://127.0.0.1:{}\"\n", wire.port)
    })
    .await;
    is_connected(&oracle).await;
    let readings: Vec<SignedAttestation> =
        (0..2).map(|number| attest(&network.devices[0], network.address.to_bytes(), GENESIS_UNIX, number)).collect();
    let attestations = topic(&network, &readings[0], "attestations");
    let mut device = Device::connect(broker.port, "meter", None, &topic(&network, &readings[0], "receipts")).await;

    // It is on the disk, and neither answer nor acknowledgement reach the broker: then the oracle dies.
    wire.open.store(false, Ordering::SeqCst);
    device.publish(&attestations, readings[0].to_bytes()).await;
    oracle.status_when("it is on the disk", |status| status["acknowledged"] == 1).await;
    oracle.process.kill_hard();
    wire.open.store(true, Ordering::SeqCst);
    oracle.restart().await;
    let again = device.result().await;
    let over_http = first_receipt(&oracle, &readings[0]).await;
    assert_eq!(again["receipt"]["position"], 0, "{again}");
    for field in ["attestation_id", "position", "received_unix"] {
        assert_eq!(again["receipt"][field], over_http[field], "{field}");
    }
    oracle.status_when("it is there once", |status| status["acknowledged"] == 1).await;
    is_connected(&oracle).await;

    // The broker away: an alarm, and HTTP goes on.
    let in_use = check(&folder);
    assert!(in_use.stdout.contains("ok       mqtt: mqtt://127.0.0.1:"), "{}", in_use.stdout);
    assert_eq!(oracle.metric("trellis_oracle_mqtt_connected").await, Some(1.0), "check threw the oracle out");
    broker.stop();
    let detail = oracle.alarm("mqtt_away").await;
    assert!(detail.contains("HTTP goes on"), "{detail}");
    assert!(check(&folder).stdout.contains("problem  mqtt: the broker mqtt://127.0.0.1:"));
    oracle.sender().deliver(&readings[1..]).await;
    broker.restart();
    is_connected(&oracle).await;
    device.publish(&attestations, readings[1].to_bytes()).await;
    assert_eq!(device.result().await["receipt"]["position"], 1);
}

/// The receipt that the oracle gives for the same attestation over HTTP.
async fn first_receipt(oracle: &Oracle, signed: &SignedAttestation) -> Value {
    use base64::{Engine, prelude::BASE64_STANDARD};
    let body = serde_json::json!({ "attestations": [BASE64_STANDARD.encode(signed.to_bytes())] });
    let answer = reqwest::Client::new().post(format!("{}/v1/attestations", oracle.url)).json(&body).send().await;
    let answer: Value = answer.unwrap().json().await.unwrap();
    answer["results"][0]["receipt"].clone()
}
