//! The broker goes away, comes back, or does not let the oracle in; the oracle goes away and comes back.

use std::os::unix::fs::PermissionsExt;
use trellis_oracle::log::Log as _;

use trellis_epoch::encoding::base58;
use trellis_oracle::{
    mqtt::{Broker, Topics, probe},
    settings::mqtt::MqttSettings,
};

use crate::{
    api_support::Api,
    certificates::{Authority, HOLDS},
    mosquitto::Mosquitto,
    mqtt::{Running, alarm, is_connected, many, metric_is, receipts_for_all, topic},
    mqtt_device::Device,
    world::{NETWORK, honest_epoch},
};

const NO_ALARM: &str = "trellis_oracle_alarm{alarm=\"mqtt_away\"} 0";

#[tokio::test]
async fn broker_that_is_away_raises_an_alarm_and_http_goes_on_until_it_is_back() {
    let folder = tempfile::tempdir().unwrap();
    let (api, mut broker) = (Api::start().await, Mosquitto::stopped(folder.path(), "allow_anonymous true\n"));
    let running = Running::start(&api, &broker.url(), |_| {});
    let detail = alarm(&api).await;
    assert!(detail.contains(&broker.url()) && detail.contains("refused"), "{detail}");
    let good = honest_epoch(1, 0);
    assert_eq!(api.submit(&good[..1]).await.0, 200);

    broker.restart();
    is_connected(&api).await;
    metric_is(&api, NO_ALARM).await;
    let mut device = Device::connect(broker.port, "device", None, &topic(&good[0], "receipts")).await;
    device.publish(&topic(&good[1], "attestations"), good[1].to_bytes()).await;
    assert_eq!(device.result().await["status"], "accepted");
    running.stop().await;
}

#[tokio::test]
async fn broker_restarted_in_the_middle_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (api, mut broker) = (Api::start().await, Mosquitto::start(folder.path()));
    let running = Running::start(&api, &broker.url(), |_| {});
    is_connected(&api).await;
    let readings = many(1, 400);
    let mut device = Device::connect(broker.port, "device", None, &topic(&readings[0], "receipts")).await;
    for (number, signed) in readings.iter().enumerate() {
        device.publish(&topic(signed, "attestations"), signed.to_bytes()).await;
        if number == 150 || number == 300 {
            broker = tokio::task::spawn_blocking(move || {
                broker.restart();
                broker
            })
            .await
            .unwrap();
        }
    }
    receipts_for_all(&mut device, &api, &readings).await;
    assert_eq!(api.log.len().unwrap(), 400);
    metric_is(&api, NO_ALARM).await;
    running.stop().await;
}

#[tokio::test]
async fn messages_wait_at_the_broker_while_the_oracle_is_away() {
    let folder = tempfile::tempdir().unwrap();
    let (api, broker) = (Api::start().await, Mosquitto::start(folder.path()));
    let running = Running::start(&api, &broker.url(), |_| {});
    is_connected(&api).await;
    running.stop().await;
    let readings = many(1, 50);
    let mut device = Device::connect(broker.port, "device", None, &topic(&readings[0], "receipts")).await;
    for signed in &readings {
        device.publish(&topic(signed, "attestations"), signed.to_bytes()).await;
    }
    let running = Running::start(&api, &broker.url(), |_| {});
    receipts_for_all(&mut device, &api, &readings).await;
    assert_eq!(api.log.len().unwrap(), 50);
    running.stop().await;
}

/// A broker with users, and the rights of `deploy/mosquitto`, for the oracle over TLS and for devices without.
fn guarded(folder: &std::path::Path, authority: &Authority, device: &str, device_port: u16) -> Mosquitto {
    let (certificate, key) = authority.issue(folder, "broker", HOLDS);
    let write = |name: &str, content: &str| {
        let path = folder.join(name);
        std::fs::write(&path, content).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        path.display().to_string()
    };
    let users = write("users", &format!("oracle:secret-1\n{device}:pass\n"));
    let made = std::process::Command::new("mosquitto_passwd").args(["-U", &users]).status();
    assert!(made.unwrap().success());
    let rights = write("rights", include_str!("../../../deploy/mosquitto/trellis.acl"));
    Mosquitto::start_with(
        folder,
        &format!(
            "certfile {}\nkeyfile {}\nallow_anonymous false\npassword_file {users}\nacl_file {rights}\n\
             listener {device_port} 127.0.0.1\n",
            certificate.display(),
            key.display()
        ),
    )
}

/// A file of its own for each.
fn credentials(folder: &std::path::Path, content: &str) -> std::path::PathBuf {
    let path = folder.join(hex::encode(content));
    std::fs::write(&path, content).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    path
}

#[tokio::test]
async fn oracle_gets_in_by_tls_and_password_alone_and_says_what_is_wrong() {
    // Installs the programs before one of them is run by itself.
    let folder = tempfile::tempdir().unwrap();
    drop(Mosquitto::start(folder.path()));
    let (api, authority) = (Api::start().await, Authority::new());
    let device_port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let good = honest_epoch(1, 0);
    let name = base58::encode(good[0].attestation.device.bytes());
    let broker = guarded(folder.path(), &authority, &name, device_port);
    let url = format!("mqtts://localhost:{}", broker.port);
    let (ca, other_ca) = (folder.path().join("ca.pem"), folder.path().join("other-ca.pem"));
    std::fs::write(&ca, authority.pem()).unwrap();
    std::fs::write(&other_ca, Authority::new().pem()).unwrap();
    let with = |ca: &std::path::Path, line: &str| MqttSettings {
        url: Some(url.clone()),
        ca: Some(ca.to_owned()),
        credentials: Some(credentials(folder.path(), line)),
        ..MqttSettings::default()
    };
    let topics = Topics::new("trellis", &NETWORK.into());
    for (settings, words) in [
        (with(&other_ca, "oracle:secret-1"), "UnknownIssuer"),
        (with(&ca, "oracle:wrong"), "it refused the connection (NotAuthorized)"),
    ] {
        let broker = Broker::new(&settings, settings.address().unwrap().unwrap(), "oracle".to_owned()).unwrap();
        let error = probe(&broker, &topics).await.unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
        let running = Running::start(&api, &url, |new| *new = settings);
        let detail = alarm(&api).await;
        assert!(detail.contains(words) && detail.contains(&url), "{detail}");
        assert!(!detail.contains("secret") && !detail.contains("wrong"), "{detail}");
        running.stop().await;
        api.alarms.set(trellis_oracle::alarms::MQTT_AWAY, None, 0);
    }

    let settings = with(&ca, "oracle:secret-1");
    let probed = Broker::new(&settings, settings.address().unwrap().unwrap(), "oracle".to_owned()).unwrap();
    let running = Running::start(&api, &url, |new| *new = settings);
    is_connected(&api).await;
    probe(&probed, &topics).await.unwrap();
    let login = Some((name.as_str(), "pass"));
    let mut device = Device::connect(device_port, "device", login, &topic(&good[0], "receipts")).await;
    device.publish(&topic(&good[0], "attestations"), good[0].to_bytes()).await;
    api.verify_receipt(&device.result().await["receipt"], &good[0]);
    metric_is(&api, "trellis_oracle_mqtt_connected 1").await;
    running.stop().await;
}

#[tokio::test]
async fn broker_that_gives_less_than_qos_1_is_not_taken() {
    let folder = tempfile::tempdir().unwrap();
    let broker = Mosquitto::start_with(folder.path(), "max_qos 0\nallow_anonymous true\n");
    let api = Api::start().await;
    let running = Running::start(&api, &broker.url(), |_| {});
    let detail = alarm(&api).await;
    assert!(detail.contains("it refused the subscription to trellis/") && detail.contains("QoS 1"), "{detail}");
    running.stop().await;
}
