//! One connection to the broker: MQTT 5 packets over TCP or TLS. The packets' bytes are rumqttc's to read and write.

use std::time::Duration;

use futures_util::{FutureExt, SinkExt, StreamExt};
use rumqttc::v5::mqttbytes::{
    self, QoS,
    v5::{
        Codec, ConnAck, Connect, ConnectProperties, ConnectReturnCode, Disconnect, DisconnectReasonCode, Filter,
        Packet, RetainForwardRule, Subscribe,
    },
};
use tokio::time::timeout;
use tokio_util::codec::Framed;

use super::{Broker, BrokerError, Topics, message::MAX_PACKET_BYTES};
use crate::stream::Stream;

/// Longest time until the broker has answered to a connection, and until it has read what it is sent.
const PATIENCE: Duration = Duration::from_secs(10);
/// A broker that says nothing for one and a half of this is gone; so are we for it.
const KEEP_ALIVE_SECONDS: u16 = 30;
/// The id of the only SUBSCRIBE of a connection; publications have others.
pub const SUBSCRIBE_ID: u16 = 1;
/// The session outlives the connection for ever.
const NEVER_EXPIRES: u32 = u32::MAX;

/// Why there is no connection, or no longer.
#[derive(Debug, thiserror::Error)]
pub enum ConnectionError {
    #[error(transparent)]
    Settings(#[from] BrokerError),
    #[error("{0}")]
    Io(#[from] std::io::Error),
    #[error("it did not answer within {} s", PATIENCE.as_secs())]
    Silent,
    #[error("it refused the connection ({0:?}): are user, password and client id as it wants them?")]
    Refused(ConnectReturnCode),
    #[error("it refused the subscription to {filter} ({reason}): may this user read that topic?")]
    NoSubscription { filter: String, reason: String },
    #[error("it ended the connection ({0:?})")]
    Ended(DisconnectReasonCode),
    #[error("it closed the connection")]
    Closed,
    #[error("what it sent is no MQTT 5: {0}")]
    Protocol(String),
}

impl From<mqttbytes::Error> for ConnectionError {
    fn from(error: mqttbytes::Error) -> Self {
        match error {
            mqttbytes::Error::Io(error) => Self::Io(error),
            other => Self::Protocol(other.to_string()),
        }
    }
}

/// An open connection.
pub struct Connection {
    framed: Framed<Stream, Codec>,
    /// Most publications of ours that may wait for the broker's confirmation.
    pub window: u16,
    /// Longest packet that the broker takes.
    pub max_packet_bytes: Option<u32>,
    pub keep_alive: Duration,
}

/// Does the broker keep what comes while we are away?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Memory {
    Kept,
    /// Nothing of an older session is left, and nothing of this one will be.
    Fleeting,
}

impl Connection {
    pub async fn open(broker: &Broker, memory: Memory) -> Result<Self, ConnectionError> {
        timeout(PATIENCE, Self::connect(broker, memory)).await.map_err(|_| ConnectionError::Silent)?
    }

    async fn connect(broker: &Broker, memory: Memory) -> Result<Self, ConnectionError> {
        let kept = memory == Memory::Kept;
        let properties = ConnectProperties {
            session_expiry_interval: kept.then_some(NEVER_EXPIRES),
            receive_maximum: Some(broker.max_in_flight),
            max_packet_size: Some(MAX_PACKET_BYTES),
            ..ConnectProperties::new()
        };
        let connect = Connect {
            keep_alive: KEEP_ALIVE_SECONDS,
            client_id: broker.client_id.clone(),
            clean_start: !kept,
            properties: Some(properties),
        };
        let login = broker.login()?;
        let codec = Codec { max_incoming_size: Some(MAX_PACKET_BYTES), max_outgoing_size: None };
        let mut framed = Framed::new(broker.open().await?, codec);
        framed.send(Packet::Connect(connect, None, login)).await?;
        match framed.next().await.ok_or(ConnectionError::Closed)?? {
            Packet::ConnAck(ack) if ack.code == ConnectReturnCode::Success => Ok(Self::opened(framed, ack)),
            Packet::ConnAck(ack) => Err(ConnectionError::Refused(ack.code)),
            _ => Err(ConnectionError::Protocol("another packet came before the answer to CONNECT".to_owned())),
        }
    }

    fn opened(framed: Framed<Stream, Codec>, ack: ConnAck) -> Self {
        let properties = ack.properties.as_ref();
        let keep_alive = properties.and_then(|of| of.server_keep_alive).filter(|seconds| *seconds > 0);
        Self {
            framed,
            window: properties.and_then(|of| of.receive_max).filter(|window| *window > 0).unwrap_or(u16::MAX),
            max_packet_bytes: properties.and_then(|of| of.max_packet_size),
            keep_alive: Duration::from_secs(keep_alive.unwrap_or(KEEP_ALIVE_SECONDS).into()),
        }
    }

    /// Asks for the topics. The answer comes as a packet, maybe after first messages.
    pub async fn subscribe(&mut self, topics: &Topics) -> Result<(), ConnectionError> {
        let filters = topics.filters().map(|path| Filter {
            retain_forward_rule: RetainForwardRule::Never,
            ..Filter::new(path, QoS::AtLeastOnce)
        });
        let mut subscribe = Subscribe::new_many(filters, None);
        subscribe.pkid = SUBSCRIBE_ID;
        self.feed(Packet::Subscribe(subscribe)).await?;
        self.flush().await
    }

    /// The next packet. May be dropped and asked again without losing one.
    pub async fn next(&mut self) -> Result<Packet, ConnectionError> {
        match self.framed.next().await.ok_or(ConnectionError::Closed)?? {
            Packet::Disconnect(disconnect) => Err(ConnectionError::Ended(disconnect.reason_code)),
            packet => Ok(packet),
        }
    }

    /// The next packet, if it is here already.
    pub fn next_if_here(&mut self) -> Option<Result<Packet, ConnectionError>> {
        self.next().now_or_never()
    }

    /// Sends the packet with the next flush, at the latest.
    pub async fn feed(&mut self, packet: Packet) -> Result<(), ConnectionError> {
        timeout(PATIENCE, self.framed.feed(packet)).await.map_err(|_| ConnectionError::Silent)?.map_err(Into::into)
    }

    pub async fn flush(&mut self) -> Result<(), ConnectionError> {
        let flushed = timeout(PATIENCE, SinkExt::<Packet>::flush(&mut self.framed)).await;
        flushed.map_err(|_| ConnectionError::Silent)?.map_err(Into::into)
    }

    /// Says goodbye; a session that is kept stays.
    pub async fn close(mut self) {
        let goodbye = Disconnect { reason_code: DisconnectReasonCode::NormalDisconnection, properties: None };
        // A broker that is gone has nothing to be told.
        if self.feed(Packet::Disconnect(goodbye)).await.is_ok() {
            let _ = self.flush().await;
        }
    }
}
