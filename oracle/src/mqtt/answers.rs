//! Answers on their way out, and the acknowledgements that follow them.

use std::collections::VecDeque;

use bytes::Bytes;
use rumqttc::v5::mqttbytes::{
    QoS,
    v5::{Packet, PubAck, PubAckReason, Publish, PublishProperties},
};

use super::{
    connection::{Connection, ConnectionError, SUBSCRIBE_ID},
    intake::Reply,
    message::error_body,
};

/// Answers that may wait for the broker's confirmation, if it allows that many.
const MAX_WINDOW: u16 = 1_024;

/// An answer that the broker has been sent, or a message that gets none.
struct Sent {
    publish_id: u16,
    message_id: u16,
    confirmed: bool,
}

/// The answers of one connection.
pub struct Answers {
    /// Wait for a place among those sent.
    waiting: VecDeque<Reply>,
    /// In the order in which their messages came, which is that of acknowledgements too.
    sent: VecDeque<Sent>,
    last_id: u16,
    /// Was said that the broker takes no answers.
    refused: bool,
}

impl Answers {
    pub fn new() -> Self {
        Self { waiting: VecDeque::new(), sent: VecDeque::new(), last_id: SUBSCRIBE_ID, refused: false }
    }

    pub fn add(&mut self, replies: Vec<Reply>) {
        self.waiting.extend(replies);
    }

    /// Are all under way?
    pub fn none_waits(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Messages that are not acknowledged yet.
    pub fn len(&self) -> usize {
        self.waiting.len() + self.sent.len()
    }

    /// Sends as many as may wait for their confirmation.
    pub async fn send(&mut self, connection: &mut Connection) -> Result<(), ConnectionError> {
        let window = usize::from(connection.window.min(MAX_WINDOW));
        while self.sent.len() < window
            && let Some(reply) = self.waiting.pop_front()
        {
            let message_id = reply.message_id;
            match self.publication(reply, connection.max_packet_bytes) {
                Some(publish) => {
                    self.sent.push_back(Sent { publish_id: publish.pkid, message_id, confirmed: false });
                    connection.feed(Packet::Publish(publish)).await?;
                }
                None => self.sent.push_back(Sent { publish_id: 0, message_id, confirmed: true }),
            }
        }
        self.acknowledge(connection).await
    }

    /// `None` if there is nothing to be said, or it cannot be.
    fn publication(&mut self, reply: Reply, max_packet_bytes: Option<u32>) -> Option<Publish> {
        let (topic, body) = reply.publish?;
        let properties = PublishProperties { correlation_data: reply.correlation, ..PublishProperties::default() };
        let mut publish = Publish::new(topic, QoS::AtLeastOnce, body, Some(properties));
        publish.pkid = self.next_id();
        let fits = |publish: &Publish| max_packet_bytes.is_none_or(|most| publish.size() <= most as usize);
        if !fits(&publish) {
            let detail = "what was good is stored, but the answer is longer than the broker takes: send fewer at once, \
                          and see GET /v1/devices/{device}/attestations";
            publish.payload = Bytes::from(error_body("answer_too_large", detail));
        }
        fits(&publish).then_some(publish)
    }

    /// Among so few that wait, none has this number.
    fn next_id(&mut self) -> u16 {
        self.last_id = if self.last_id == u16::MAX { SUBSCRIBE_ID + 1 } else { self.last_id + 1 };
        self.last_id
    }

    /// The broker has an answer.
    pub async fn confirm(&mut self, ack: &PubAck, connection: &mut Connection) -> Result<(), ConnectionError> {
        let Some(sent) = self.sent.iter_mut().find(|sent| sent.publish_id == ack.pkid && !sent.confirmed) else {
            let detail = format!("it confirmed publication {}, which it was not sent", ack.pkid);
            return Err(ConnectionError::Protocol(detail));
        };
        sent.confirmed = true;
        if !matches!(ack.reason, PubAckReason::Success | PubAckReason::NoMatchingSubscribers) && !self.refused {
            self.refused = true;
            tracing::error!(reason = ?ack.reason, "the broker takes no answers: may this user write to receipts?");
        }
        self.acknowledge(connection).await
    }

    /// In order: one that was confirmed before its time waits for those before it.
    async fn acknowledge(&mut self, connection: &mut Connection) -> Result<(), ConnectionError> {
        while self.sent.front().is_some_and(|sent| sent.confirmed)
            && let Some(sent) = self.sent.pop_front()
        {
            if sent.message_id != 0 {
                connection.feed(Packet::PubAck(PubAck::new(sent.message_id, None))).await?;
            }
        }
        Ok(())
    }
}
