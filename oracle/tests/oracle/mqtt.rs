//! Attestations over a real broker: what goes in, what comes back, and what happens when either end goes away.

use std::{collections::BTreeMap, path::Path};

use base64::{Engine, prelude::BASE64_STANDARD};
use rumqttc::v5::mqttbytes::QoS;
use serde_json::{Value, json};
use solana_address::Address;
use tokio::{sync::watch, task::JoinHandle};
use trellis_core::attestation::SignedAttestation;
use trellis_epoch::encoding::base58;
use trellis_oracle::{
    alarms::MQTT_AWAY,
    mqtt::{Bridge, Broker, Topics, message::MAX_PAYLOAD_BYTES},
    settings::mqtt::MqttSettings,
};

use crate::{
    api_support::Api,
    mosquitto::{Mosquitto, PATIENCE},
    mqtt_device::Device,
    world::{NETWORK, Reading, honest_epoch, reading},
};

/// The part of an oracle that speaks with the broker.
pub struct Running {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Running {
    pub fn start(api: &Api, url: &str, change: impl FnOnce(&mut MqttSettings)) -> Self {
        let mut settings = MqttSettings { url: Some(url.to_owned()), ..MqttSettings::default() };
        change(&mut settings);
        settings.validate().unwrap();
        let address = settings.address().unwrap().unwrap();
        let state = &api.state;
        let bridge = Bridge {
            broker: Broker::new(&settings, address, "oracle of a test".to_owned()).unwrap(),
            topics: Topics::new(&settings.topic_prefix, &Address::from(NETWORK)),
            ingest: state.ingest.clone(),
            max_batch: state.max_batch,
            alarms: state.alarms.clone(),
            clock: state.clock.clone(),
            metrics: state.metrics.clone(),
        };
        let (stop, stopped) = watch::channel(false);
        Self { stop, task: tokio::spawn(bridge.run(stopped)) }
    }

    pub async fn stop(self) {
        self.stop.send(true).unwrap();
        tokio::time::timeout(PATIENCE, self.task).await.expect("it does not stop").unwrap();
    }
}

/// Waits until `wanted` is so of the metrics.
pub async fn metric_is(api: &Api, line: &str) {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while !api.state.metrics.text().unwrap().lines().any(|found| found == line) {
        assert!(tokio::time::Instant::now() < deadline, "`{line}` is not in {}", api.state.metrics.text().unwrap());
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}

pub async fn is_connected(api: &Api) {
    metric_is(api, "trellis_oracle_mqtt_connected 1").await;
}

/// What holds the alarm, once it is raised.
pub async fn alarm(api: &Api) -> String {
    metric_is(api, "trellis_oracle_alarm{alarm=\"mqtt_away\"} 1").await;
    let alarms = api.alarms.all();
    alarms.into_iter().find(|alarm| alarm.code == MQTT_AWAY).unwrap().detail
}

pub fn topic(signed: &SignedAttestation, end: &str) -> String {
    let network = Address::from(NETWORK);
    format!("trellis/{network}/{}/{end}", base58::encode(signed.attestation.device.bytes()))
}

fn framed(batch: &[SignedAttestation]) -> Vec<u8> {
    let frame = |wire: Vec<u8>| [&u16::try_from(wire.len()).unwrap().to_le_bytes()[..], &wire].concat();
    batch.iter().flat_map(|signed| frame(signed.to_bytes())).collect()
}

/// All of one interval: only closing the epoch minds.
pub fn many(device: u8, count: u64) -> Vec<SignedAttestation> {
    (0..count).map(|sequence| Reading { sequence, ..reading(device, 0, 0, 0) }.signed()).collect()
}

/// Each of `readings` is answered with a receipt. A message may be answered twice where an end went away, so the
/// answers are told apart by what they are for.
pub async fn receipts_for_all(device: &mut Device, api: &Api, readings: &[SignedAttestation]) {
    let id = |signed: &SignedAttestation| hex::encode(blake3::hash(&signed.attestation.to_bytes()).as_bytes());
    let mut missing: BTreeMap<_, _> = readings.iter().map(|signed| (id(signed), signed)).collect();
    while !missing.is_empty() {
        let result = device.result().await;
        if let Some(signed) = missing.remove(result["id"].as_str().unwrap()) {
            api.verify_receipt(&result["receipt"], signed);
        }
    }
}

async fn set_up(folder: &Path) -> (Api, Mosquitto, Running) {
    let api = Api::start().await;
    let broker = Mosquitto::start(folder);
    let running = Running::start(&api, &broker.url(), |_| {});
    is_connected(&api).await;
    (api, broker, running)
}

#[tokio::test]
async fn attestation_over_mqtt_gets_a_receipt_that_verifies_and_the_same_one_again() {
    let folder = tempfile::tempdir().unwrap();
    let (api, broker, running) = set_up(folder.path()).await;
    let good = honest_epoch(1, 0);
    let mut device = Device::connect(broker.port, "device", None, &topic(&good[0], "receipts")).await;
    device.publish(&topic(&good[0], "attestations"), good[0].to_bytes()).await;
    let result = device.result().await;
    assert_eq!(result["status"], "accepted", "{result}");
    assert_eq!(api.verify_receipt(&result["receipt"], &good[0]), 0);

    device.publish(&topic(&good[0], "attestations/batch"), framed(&good)).await;
    let answer = device.answer().await;
    let results = answer["results"].as_array().unwrap();
    assert_eq!(results.len(), good.len());
    for (position, (signed, result)) in good.iter().zip(results).enumerate() {
        assert_eq!(api.verify_receipt(&result["receipt"], signed), position as u64);
    }
    assert_eq!(results[0]["reason"], "replayed_sequence", "it was there already");
    assert_eq!(results[0]["receipt"]["received_unix"], result["receipt"]["received_unix"]);
    assert_eq!(api.log.len().unwrap(), good.len() as u64);

    // At most once is at most once, but it is taken.
    let next = honest_epoch(1, 1);
    device.publish_with(&topic(&next[0], "attestations"), next[0].to_bytes(), QoS::AtMostOnce).await;
    assert_eq!(device.result().await["status"], "accepted");
    running.stop().await;
    metric_is(&api, "trellis_oracle_mqtt_connected 0").await;
}

#[tokio::test]
async fn message_that_cannot_be_taken_is_answered_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let (api, broker, running) = set_up(folder.path()).await;
    let (one, two) = (honest_epoch(1, 0), honest_epoch(2, 0));
    let receipts = format!("trellis/{}/+/receipts", Address::from(NETWORK));
    let mut device = Device::connect(broker.port, "device", None, &receipts).await;
    let (single, batch) = (topic(&one[0], "attestations"), topic(&one[0], "attestations/batch"));
    let mixed = framed(&[one[0].clone(), two[0].clone()]);
    let too_many = framed(&[one.clone(), one.clone(), one.clone(), one.clone()].concat()[..9]);
    for (topic, payload, code, words) in [
        (&single, two[0].to_bytes(), "wrong_device", "attestation 0 is signed for device"),
        (&batch, mixed, "wrong_device", "attestation 1 is signed for device"),
        (&single, vec![0; MAX_PAYLOAD_BYTES + 1], "message_too_large", "65537 bytes"),
        (&single, vec![], "empty", "no attestation"),
        (&batch, framed(&one)[..100].to_vec(), "frame", "attestation 0 is cut off"),
        (&batch, too_many, "batch_too_large", "more than 8"),
        (&format!("trellis/{}/mine/attestations", Address::from(NETWORK)), one[0].to_bytes(), "topic", "`mine`"),
    ] {
        device.publish(topic, payload).await;
        let message = device.message().await;
        let answer: Value = serde_json::from_slice(&message.payload).unwrap();
        assert_eq!(answer["error"]["code"], code, "{answer}");
        assert!(answer["error"]["detail"].as_str().unwrap().contains(words), "{answer}");
        let (asked, answered) = (topic.split('/').nth(2), std::str::from_utf8(&message.topic).unwrap());
        assert_eq!(asked, answered.split('/').nth(2), "another device was told");
    }
    assert_eq!(api.log.len().unwrap(), 0);

    // What is read but no good is ingest's: it is refused as over HTTP.
    device.publish(&single, vec![7; 200]).await;
    assert_eq!(device.result().await["reason"], "malformed");
    let mut forged = one[0].clone();
    forged.signature[0] ^= 1;
    device.publish(&single, forged.to_bytes()).await;
    assert_eq!(device.result().await["reason"], "bad_signature");
    device.publish(&single, one[0].to_bytes()).await;
    assert_eq!(device.result().await["status"], "accepted");
    for line in [
        "trellis_oracle_mqtt_messages_total{outcome=\"refused\"} 7",
        "trellis_oracle_mqtt_messages_total{outcome=\"taken\"} 3",
        "trellis_oracle_attestations_total{outcome=\"refused\",reason=\"bad_signature\"} 1",
        "trellis_oracle_mqtt_in_flight_messages 0",
    ] {
        metric_is(&api, line).await;
    }
    running.stop().await;
}

#[tokio::test]
async fn messages_wait_while_the_log_is_busy_and_none_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    // Room for one batch: whoever comes beside it finds the log busy.
    let api = Api::start_with(crate::world::snapshot(), crate::api_support::MAX_BATCH).await;
    let broker = Mosquitto::start(folder.path());
    let running = Running::start(&api, &broker.url(), |settings| settings.max_in_flight = 5);
    is_connected(&api).await;
    let receipts = topic(&honest_epoch(1, 0)[0], "receipts");
    let mut device = Device::connect(broker.port, "device", None, &receipts).await;
    let readings = many(1, 200);
    let batch: Vec<String> = many(2, 4).iter().map(|signed| BASE64_STANDARD.encode(signed.to_bytes())).collect();
    let batch = json!({ "attestations": batch });
    let (done, over) = watch::channel(false);
    let beside = async {
        while !*over.borrow() {
            // It finds the log busy itself now and then.
            api.post_json(&batch).await;
        }
    };
    let sending = async {
        for signed in &readings {
            device.publish(&topic(signed, "attestations"), signed.to_bytes()).await;
        }
        receipts_for_all(&mut device, &api, &readings).await;
        done.send(true).unwrap();
    };
    tokio::join!(beside, sending);
    assert_eq!(api.log.len().unwrap(), 204);
    running.stop().await;
}

#[tokio::test]
async fn more_messages_than_may_be_in_flight_are_taken_in_groups_and_answered_each() {
    let folder = tempfile::tempdir().unwrap();
    let (api, broker, running) = set_up(folder.path()).await;
    let receipts = topic(&honest_epoch(1, 0)[0], "receipts");
    let mut device = Device::connect(broker.port, "device", None, &receipts).await;
    let readings = many(1, 600);
    for signed in &readings {
        device.publish(&topic(signed, "attestations"), signed.to_bytes()).await;
    }
    receipts_for_all(&mut device, &api, &readings).await;
    assert_eq!(api.log.len().unwrap(), 600);
    let syncs = api.state.metrics.text().unwrap();
    let syncs = syncs.lines().find_map(|line| line.strip_prefix("trellis_oracle_batch_attestations_count ")).unwrap();
    assert!(syncs.parse::<u32>().unwrap() < 600, "each was stored by itself");
    running.stop().await;
}
