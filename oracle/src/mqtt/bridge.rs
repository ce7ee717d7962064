//! Keeps a connection to the broker, for ever.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use rumqttc::v5::mqttbytes::v5::Packet;
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};

use super::{
    Broker, Topics,
    connection::{Connection, ConnectionError, Memory},
    intake::Intake,
    session::{End, Session, SessionError},
};
use crate::{
    alarms::{Alarms, MQTT_AWAY},
    clock::Clock,
    ingest::Ingest,
    metrics::Metrics,
};

/// The next try comes this long after the first that failed, then after twice as long, and so on.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
const PROBE_WITHIN: Duration = Duration::from_secs(10);

/// Takes attestations from a broker as long as the oracle runs. The broker may come and go.
#[derive(Clone)]
pub struct Bridge {
    pub broker: Broker,
    pub topics: Topics,
    pub ingest: Ingest,
    /// Most attestations in one append, and in one message.
    pub max_batch: usize,
    pub alarms: Alarms,
    pub clock: Clock,
    pub metrics: Metrics,
}

impl Bridge {
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        let mut pause = FIRST_PAUSE;
        loop {
            let was_up = Arc::new(AtomicBool::new(false));
            // A task of its own: what a broker sends may not even end the oracle where it makes the packets' reader panic.
            let session = tokio::spawn(self.clone().connect_and_serve(Arc::clone(&was_up), stop.clone()));
            let outcome = session.await;
            self.metrics.mqtt_connected(false);
            self.metrics.mqtt_in_flight(0);
            if *stop.borrow() {
                return;
            }
            let problem = match outcome {
                Ok(Ok(End::PassedOver)) => continue,
                Ok(Ok(End::Stopped)) => return,
                Ok(Err(error)) => error.to_string(),
                Err(_) => "what it sent could not be read".to_owned(),
            };
            self.raise(&problem);
            if was_up.load(Ordering::Relaxed) {
                pause = FIRST_PAUSE;
            }
            tokio::select! {
                () = sleep(pause) => {}
                // An error means that the sender is gone: the process is ending.
                _ = stop.wait_for(|stop| *stop) => return,
            }
            pause = (2 * pause).min(LONGEST_PAUSE);
        }
    }

    fn raise(&self, problem: &str) {
        let detail = format!(
            "no connection to the MQTT broker {}: {problem}; what devices send over it waits there, HTTP goes on",
            self.broker.shown()
        );
        tracing::debug!("{detail}");
        self.alarms.set(MQTT_AWAY, Some(detail), self.clock.now_unix());
    }

    async fn connect_and_serve(
        self,
        was_up: Arc<AtomicBool>,
        stop: watch::Receiver<bool>,
    ) -> Result<End, SessionError> {
        let connection = Connection::open(&self.broker, Memory::Kept).await?;
        let metrics = self.metrics.clone();
        let intake = Intake {
            ingest: self.ingest.clone(),
            topics: self.topics.clone(),
            max_batch: self.max_batch,
            metrics: metrics.clone(),
        };
        let subscribed = || {
            was_up.store(true, Ordering::Relaxed);
            metrics.mqtt_connected(true);
            self.alarms.set(MQTT_AWAY, None, self.clock.now_unix());
            tracing::info!(broker = self.broker.shown(), "attestations are taken over MQTT");
        };
        Session::new(intake, connection, self.broker.max_in_flight).run(subscribed, stop).await
    }
}

/// Connects under another name than the oracle's, so that one that runs is not thrown out; tries the subscription, and
/// leaves nothing behind.
pub async fn probe(broker: &Broker, topics: &Topics) -> Result<(), ConnectionError> {
    let mut broker = broker.clone();
    broker.client_id.push_str("-check");
    timeout(PROBE_WITHIN, try_subscription(&broker, topics)).await.map_err(|_| ConnectionError::Silent)?
}

async fn try_subscription(broker: &Broker, topics: &Topics) -> Result<(), ConnectionError> {
    let mut connection = Connection::open(broker, Memory::Fleeting).await?;
    connection.subscribe(topics).await?;
    loop {
        let Packet::SubAck(ack) = connection.next().await? else { continue };
        topics.check_subscription(&ack)?;
        connection.close().await;
        return Ok(());
    }
}
