//! Messages at a real broker (Mosquitto).

use std::time::Duration;

use rumqttc::v5::{AsyncClient, MqttOptions, mqttbytes::QoS};
use trellis_agent::measurement::Measurement;
use trellis_core::WattHours;

use crate::{mosquitto::Mosquitto, support::Listening};

/// A meter that publishes.
fn meter(port: u16) -> AsyncClient {
    let mut options = MqttOptions::new("meter", "127.0.0.1", port);
    options.set_keep_alive(Duration::from_secs(30));
    let (client, mut events) = AsyncClient::new(options, 100);
    tokio::spawn(async move {
        loop {
            if events.poll().await.is_err() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    });
    client
}

fn source(broker: &Mosquitto) -> String {
    format!(
        "kind = \"mqtt\"\nurl = \"{}\"\ntopic = \"house/+/energy\"\n[source.fields]\ntime = \"Time\"\ncounter_kwh = \"ENERGY.Total\"\n",
        broker.url()
    )
}

async fn publish(meter: &AsyncClient, payload: &str) {
    meter.publish("house/1/energy", QoS::AtLeastOnce, false, payload.to_owned()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_that_were_not_settled_come_again_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let broker = Mosquitto::start(folder.path());
    let meter = meter(broker.port);
    let mut first = Listening::start(&source(&broker));
    first.says("reading house/+/energy at mqtt://127.0.0.1").await;
    publish(&meter, "{\"Time\": 60, \"ENERGY\": {\"Total\": 1.5}}").await;
    publish(&meter, "{\"Time\": 120, \"ENERGY\": {\"Total\": 2.5}}").await;
    publish(&meter, "on").await;
    let of = |at_unix, wh| Measurement::Counter { at_unix, meter: WattHours(wh) };
    let settled = first.next().await.unwrap();
    assert_eq!(settled.measurement, of(60, 1_500));
    settled.done.unwrap()();
    let lost = first.next().await.unwrap();
    assert_eq!(lost.measurement, of(120, 2_500));
    first.says("passed over: a message on house/1/energy: neither a number of a counter").await;

    // The agent dies before the second is on the disk: the next one gets it again.
    drop((first, lost));
    publish(&meter, "3.5").await;
    let mut second = Listening::start(&source(&broker));
    let mut again = Vec::new();
    while !again.contains(&3_500) {
        let measured = second.next().await.unwrap();
        measured.done.unwrap()();
        if let Measurement::Counter { meter, .. } = measured.measurement {
            again.push(meter.get());
        }
    }
    // The first one may come too, if the agent died before the broker heard that it was settled.
    again.retain(|shown| *shown != 1_500);
    assert_eq!(again, [2_500, 3_500]);
}

#[tokio::test(flavor = "multi_thread")]
async fn broker_that_is_away_or_refuses_is_said_and_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut broker = Mosquitto::stopped(folder.path(), "allow_anonymous true\n");
    let mut listening = Listening::start(&source(&broker));
    listening.says("the source cannot be read: mqtt://127.0.0.1").await;
    broker.restart();
    listening.says("reading house/+/energy").await;
    publish(&meter(broker.port), "1").await;
    assert_eq!(listening.counter_other_than(0).await, 1_000);

    let closed = Mosquitto::start_with(folder.path(), "allow_anonymous false\n");
    Listening::start(&source(&closed)).says("the source cannot be read: mqtt://127.0.0.1").await;
}
