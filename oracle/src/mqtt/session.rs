//! What happens on one connection: messages into the log, answers out, then acknowledgements.
//!
//! Messages that wait are taken together, in one append. Nothing here outlives the connection: what was not acknowledged
//! comes again on the next one.

use std::{collections::VecDeque, pin::Pin, time::Duration};

use rumqttc::v5::mqttbytes::{
    QoS,
    v5::{Packet, PingReq, Publish},
};
use tokio::{
    sync::watch,
    time::{Instant, MissedTickBehavior, interval, sleep_until},
};

use super::{
    answers::Answers,
    connection::{Connection, ConnectionError},
    intake::{Intake, LogEnded, Message, Reply},
};

/// How long what is on its way may take when it is time to stop.
const STOP_WITHIN: Duration = Duration::from_secs(5);

/// Why a session ended before it was time to stop.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    #[error(transparent)]
    Connection(#[from] ConnectionError),
    #[error(transparent)]
    Log(#[from] LogEnded),
}

type Taking = Pin<Box<dyn Future<Output = Result<Vec<Reply>, LogEnded>> + Send>>;

/// The messages of one connection, from the broker to their acknowledgement.
pub struct Session {
    intake: Intake,
    connection: Connection,
    max_in_flight: usize,
    /// Came, and wait for the log.
    inbox: VecDeque<Message>,
    /// Those that the log is taking, and how many.
    taking: Option<(usize, Taking)>,
    answers: Answers,
    heard: Instant,
    /// Some messages were passed over: they come again on the next connection.
    passed_over: bool,
}

/// Why a session ended in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Stopped,
    /// The broker sent more ahead than it was asked for, and has to send that again, on another connection.
    PassedOver,
}

impl Session {
    pub fn new(intake: Intake, connection: Connection, max_in_flight: u16) -> Self {
        Self {
            intake,
            connection,
            max_in_flight: max_in_flight.into(),
            inbox: VecDeque::new(),
            taking: None,
            answers: Answers::new(),
            heard: Instant::now(),
            passed_over: false,
        }
    }

    /// Goes on until the connection is lost or it is time to stop. `subscribed` is called once the broker has taken the
    /// subscription.
    pub async fn run(
        mut self,
        subscribed: impl Fn() + Send + Sync,
        mut stop: watch::Receiver<bool>,
    ) -> Result<End, SessionError> {
        self.connection.subscribe(&self.intake.topics).await?;
        let mut pings = interval(self.connection.keep_alive / 2);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut stop_by = None;
        loop {
            if stop_by.is_none() {
                self.take_next();
            }
            self.answers.send(&mut self.connection).await?;
            self.connection.flush().await?;
            self.intake.metrics.mqtt_in_flight(self.held());
            let idle = self.taking.is_none() && self.answers.len() == 0;
            if idle && (stop_by.is_some() || self.passed_over && self.inbox.is_empty()) {
                self.connection.close().await;
                return Ok(if stop_by.is_some() { End::Stopped } else { End::PassedOver });
            }
            tokio::select! {
                packet = self.connection.next() => {
                    self.heard = Instant::now();
                    self.handle(packet?, &subscribed).await?;
                    while let Some(packet) = self.connection.next_if_here() {
                        self.handle(packet?, &subscribed).await?;
                    }
                }
                replies = finished(&mut self.taking) => {
                    self.taking = None;
                    self.answers.add(replies?);
                }
                _ = pings.tick() => self.ping().await?,
                () = told(&mut stop), if stop_by.is_none() => stop_by = Some(Instant::now() + STOP_WITHIN),
                // The broker sends what is left to the next connection.
                () = sleep_until(stop_by.unwrap_or(self.heard)), if stop_by.is_some() => return Ok(End::Stopped),
            }
        }
    }

    /// Messages that are not acknowledged yet.
    fn held(&self) -> usize {
        let taking = self.taking.as_ref().map_or(0, |(messages, _)| *messages);
        self.inbox.len() + taking + self.answers.len()
    }

    /// Everything that waits goes to the log together, up to what it takes at once.
    fn take_next(&mut self) {
        if self.taking.is_none() && self.answers.none_waits() && !self.inbox.is_empty() {
            let group = self.intake.group(&mut self.inbox);
            self.taking = Some((group.len(), Box::pin(self.intake.clone().take(group))));
        }
    }

    async fn handle(&mut self, packet: Packet, subscribed: &(impl Fn() + Sync)) -> Result<(), ConnectionError> {
        match packet {
            Packet::Publish(publish) => {
                self.receive(publish);
                Ok(())
            }
            Packet::PubAck(ack) => self.answers.confirm(&ack, &mut self.connection).await,
            Packet::SubAck(ack) => {
                self.intake.topics.check_subscription(&ack)?;
                subscribed();
                Ok(())
            }
            Packet::PingResp(_) => Ok(()),
            _ => Err(ConnectionError::Protocol("a packet that nobody asked for".to_owned())),
        }
    }

    fn receive(&mut self, publish: Publish) {
        let at_most_once = publish.qos == QoS::AtMostOnce;
        // Not every broker sends only as many as it was asked for: what would be too much is not acknowledged, and the
        // broker has it still. Who sent it at most once asked for no more than a try.
        if self.passed_over || self.held() >= self.max_in_flight {
            self.passed_over |= !at_most_once;
            self.intake.metrics.mqtt_message(if at_most_once { "dropped" } else { "passed_over" });
            return;
        }
        let correlation = publish.properties.and_then(|properties| properties.correlation_data);
        let id = if at_most_once { 0 } else { publish.pkid };
        self.inbox.push_back(Message { id, topic: publish.topic, payload: publish.payload, correlation });
    }

    async fn ping(&mut self) -> Result<(), ConnectionError> {
        if self.heard.elapsed() > self.connection.keep_alive.mul_f32(1.5) {
            return Err(ConnectionError::Silent);
        }
        self.connection.feed(Packet::PingReq(PingReq)).await
    }
}

/// Returns when it is time to stop.
async fn told(stop: &mut watch::Receiver<bool>) {
    // An error means that the sender is gone: the process is ending.
    let _ = stop.wait_for(|stop| *stop).await;
}

/// What the log took; never, if it takes nothing.
async fn finished(taking: &mut Option<(usize, Taking)>) -> Result<Vec<Reply>, LogEnded> {
    match taking {
        Some((_, taking)) => taking.await,
        None => std::future::pending().await,
    }
}
