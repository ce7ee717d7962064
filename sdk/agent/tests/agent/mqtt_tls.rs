//! Messages at a real broker that speaks TLS.

use rumqttc::v5::{AsyncClient, MqttOptions, mqttbytes::QoS};
use trellis_agent::{config::SourceConfig, measurement::Measurement, sources};
use trellis_core::WattHours;

use crate::{
    certificates::{Authority, HAS_ENDED, HOLDS},
    mosquitto::Mosquitto,
    support::{Listening, config},
};

/// A broker with a plain listener for the meter and one with TLS, whose port is returned too.
fn broker(folder: &std::path::Path, certificate: &std::path::Path, key: &std::path::Path) -> (Mosquitto, u16) {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let settings = format!(
        "allow_anonymous true\nlistener {port} 127.0.0.1\nallow_anonymous true\ncertfile {}\nkeyfile {}\n",
        certificate.display(),
        key.display()
    );
    (Mosquitto::start_with(folder, &settings), port)
}

fn source(port: u16, more: &str) -> String {
    format!(
        "kind = \"mqtt\"\nurl = \"mqtts://localhost:{port}\"\ntopic = \"house/energy\"\n{more}\n\
         [source.fields]\ncounter_kwh = \"Total\"\n"
    )
}

async fn publish(port: u16, payload: &str) {
    let (client, mut events) = AsyncClient::new(MqttOptions::new("meter", "127.0.0.1", port), 10);
    tokio::spawn(async move { while events.poll().await.is_ok() {} });
    client.publish("house/energy", QoS::AtLeastOnce, false, payload.to_owned()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn broker_whose_certificate_holds_is_listened_to() {
    let (folder, authority) = (tempfile::tempdir().unwrap(), Authority::new());
    let (certificate, key) = authority.issue(folder.path(), "broker", HOLDS);
    let ca = folder.path().join("ca.pem");
    std::fs::write(&ca, authority.pem()).unwrap();
    let (broker, port) = broker(folder.path(), &certificate, &key);
    let mut listening = Listening::start(&source(port, &format!("ca = \"{}\"", ca.display())));
    listening.says("reading house/energy at mqtts://localhost").await;
    publish(broker.port, "1.5").await;
    let measured = listening.next().await.unwrap();
    assert!(matches!(measured.measurement, Measurement::Counter { meter: WattHours(1_500), .. }));
}

#[tokio::test(flavor = "multi_thread")]
async fn broker_that_a_stranger_vouches_for_or_whose_certificate_has_ended_is_told_nothing() {
    let (folder, authority) = (tempfile::tempdir().unwrap(), Authority::new());
    let ca = folder.path().join("ca.pem");
    std::fs::write(&ca, authority.pem()).unwrap();
    let trusting = format!("ca = \"{}\"", ca.display());
    for (name, vouching, holds, more, words) in [
        ("stranger", &Authority::new(), HOLDS, trusting.as_str(), "UnknownIssuer"),
        ("ended", &authority, HAS_ENDED, trusting.as_str(), "xpired"),
        ("unknown", &authority, HOLDS, "", "UnknownIssuer"),
    ] {
        let (certificate, key) = vouching.issue(folder.path(), name, holds);
        let (_broker, port) = broker(folder.path(), &certificate, &key);
        Listening::start(&source(port, more)).says(words).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn broker_without_tls_where_tls_is_asked_for_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let broker = Mosquitto::start(folder.path());
    Listening::start(&source(broker.port, "")).says("the source cannot be read: mqtts://localhost").await;
}

#[test]
fn authorities_that_are_not_there_are_said_at_once() {
    let SourceConfig::Mqtt(mqtt) = config(&source(8_883, "ca = \"/none/ca.pem\"")).source else { panic!() };
    let said = sources::check_mqtt(&mqtt).unwrap_err().to_string();
    assert!(said.contains("/none/ca.pem") && said.contains("cannot be used"), "{said}");
}
