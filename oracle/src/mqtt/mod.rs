//! Attestations over an MQTT broker, beside HTTP and through the same ingest.
//!
//! | topic | payload |
//! |---|---|
//! | `PREFIX/NETWORK/DEVICE/attestations` | wire bytes of one attestation |
//! | `PREFIX/NETWORK/DEVICE/attestations/batch` | several: for each its length, u16 LE, and its wire bytes |
//! | `PREFIX/NETWORK/DEVICE/receipts` | the answers, JSON as over HTTP |
//!
//! NETWORK is the network's address; DEVICE the key, base58, that signed every attestation of the message.
//!
//! Nothing is lost on the way from the broker into the log, whatever dies when (MQTT 5, QoS 1, a session that the broker
//! keeps): a message is acknowledged to the broker only after (1) the log has its attestations on the disk and (2) the
//! broker has confirmed the answer. Until then the broker has the message, and sends it again to the next connection;
//! what the log has by then is answered with the same receipt. So nothing need be remembered between connections.
//!
//! While the log is busy nothing is acknowledged. At most `max_in_flight` messages are held here, each at most
//! [`message::MAX_PACKET_BYTES`] long. The broker is asked not to send more ahead; what it sends all the same is passed
//! over, and taken on another connection.

mod answers;
mod bridge;
mod broker;
mod connection;
mod intake;
pub mod message;
mod session;
mod topics;

pub use bridge::{Bridge, probe};
pub use broker::{Broker, BrokerError, default_client_id};
pub use topics::Topics;
