//! A device that speaks MQTT 5, by rumqttc's client.

use std::time::Duration;

use rumqttc::v5::{
    AsyncClient, Event, Incoming, MqttOptions,
    mqttbytes::{QoS, v5::Publish},
};
use serde_json::Value;
use tokio::sync::mpsc;

use super::mosquitto::PATIENCE;

/// Longest answer that a test looks at.
const MAX_PACKET_BYTES: u32 = 4 * 1_024 * 1_024;

pub struct Device {
    client: AsyncClient,
    answers: mpsc::UnboundedReceiver<Publish>,
}

impl Device {
    /// Listens to `receipts` on the broker at `port`. Connects again for ever.
    pub async fn connect(port: u16, name: &str, login: Option<(&str, &str)>, receipts: &str) -> Self {
        let mut options = MqttOptions::new(name, "127.0.0.1", port);
        options.set_clean_start(false).set_session_expiry_interval(Some(3_600));
        options.set_keep_alive(Duration::from_secs(30)).set_max_packet_size(Some(MAX_PACKET_BYTES));
        if let Some((user, password)) = login {
            options.set_credentials(user, password);
        }
        let (client, mut events) = AsyncClient::new(options, 1_000);
        let (heard, answers) = mpsc::unbounded_channel();
        let (subscribed, mut is_subscribed) = mpsc::channel(1);
        tokio::spawn(async move {
            loop {
                match events.poll().await {
                    Ok(Event::Incoming(Incoming::Publish(publish))) => {
                        if heard.send(publish).is_err() {
                            return;
                        }
                    }
                    Ok(Event::Incoming(Incoming::SubAck(_))) => {
                        let _ = subscribed.try_send(());
                    }
                    Ok(_) => {}
                    // Until the broker is there.
                    Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
                }
            }
        });
        client.subscribe(receipts, QoS::AtLeastOnce).await.unwrap();
        tokio::time::timeout(PATIENCE, is_subscribed.recv()).await.expect("no broker").unwrap();
        Self { client, answers }
    }

    pub async fn publish(&self, topic: &str, payload: Vec<u8>) {
        self.publish_with(topic, payload, QoS::AtLeastOnce).await;
    }

    pub async fn publish_with(&self, topic: &str, payload: Vec<u8>, qos: QoS) {
        self.client.publish(topic, qos, false, payload).await.unwrap();
    }

    /// The next answer as it came.
    pub async fn message(&mut self) -> Publish {
        tokio::time::timeout(PATIENCE, self.answers.recv()).await.expect("no answer").unwrap()
    }

    /// The next answer's body.
    pub async fn answer(&mut self) -> Value {
        serde_json::from_slice(&self.message().await.payload).unwrap()
    }

    /// The only result of the next answer.
    pub async fn result(&mut self) -> Value {
        let answer = self.answer().await;
        let results = answer["results"].as_array().unwrap_or_else(|| panic!("{answer}"));
        assert_eq!(results.len(), 1, "{answer}");
        results[0].clone()
    }
}
