//! The topics of one network.

use rumqttc::v5::mqttbytes::{
    QoS,
    v5::{SubAck, SubscribeReasonCode},
};
use solana_address::Address;
use trellis_core::DeviceKey;
use trellis_epoch::encoding::device_key;

use super::connection::ConnectionError;

/// Last levels.
const ONE: &str = "attestations";
const BATCH: &str = "attestations/batch";
const RECEIPTS: &str = "receipts";

/// Makes and reads topics.
#[derive(Clone, Debug)]
pub struct Topics {
    /// Everything before the device, with the slash.
    base: String,
}

/// What a payload holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    One,
    Batch,
}

/// A topic of ours. The device is as it was written: it may be no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inbound<'a> {
    pub device: &'a str,
    pub form: Form,
}

impl Topics {
    pub fn new(prefix: &str, network: &Address) -> Self {
        Self { base: format!("{prefix}/{network}/") }
    }

    /// What to subscribe to.
    pub fn filters(&self) -> [String; 2] {
        [ONE, BATCH].map(|form| format!("{}+/{form}", self.base))
    }

    /// Has the broker taken the subscription to all filters?
    pub(super) fn check_subscription(&self, ack: &SubAck) -> Result<(), ConnectionError> {
        for (place, filter) in self.filters().into_iter().enumerate() {
            let reason = match ack.return_codes.get(place) {
                Some(SubscribeReasonCode::Success(QoS::AtLeastOnce)) => continue,
                Some(SubscribeReasonCode::Success(_)) => "QoS 1 is wanted, and it gives less".to_owned(),
                code => code.map_or("no answer".to_owned(), |code| format!("{code:?}")),
            };
            return Err(ConnectionError::NoSubscription { filter, reason });
        }
        Ok(())
    }

    /// `None` if it is not one that we subscribed to.
    pub fn read<'a>(&self, topic: &'a [u8]) -> Option<Inbound<'a>> {
        let (device, form) = std::str::from_utf8(topic).ok()?.strip_prefix(&self.base)?.split_once('/')?;
        let form = match form {
            ONE => Form::One,
            BATCH => Form::Batch,
            _ => return None,
        };
        Some(Inbound { device, form })
    }

    /// Where the device's answers go.
    pub fn receipts(&self, device: &str) -> String {
        format!("{}{device}/{RECEIPTS}", self.base)
    }
}

impl Inbound<'_> {
    /// The device's key; `None` if there is none in the topic.
    pub fn key(&self) -> Option<DeviceKey> {
        device_key::decode(self.device)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn read_takes_what_the_filters_match_and_nothing_else() {
        let network = Address::new_from_array([7; 32]);
        let topics = Topics::new("acme/trellis", &network);
        assert_eq!(topics.filters()[1], format!("acme/trellis/{network}/+/attestations/batch"));
        let key = Address::new_from_array([9; 32]).to_string();
        for (end, form) in [("attestations", Form::One), ("attestations/batch", Form::Batch)] {
            let topic = format!("acme/trellis/{network}/{key}/{end}");
            let read = topics.read(topic.as_bytes()).unwrap();
            assert_eq!((read.device, read.form), (key.as_str(), form));
            assert_eq!(topics.receipts(read.device), format!("acme/trellis/{network}/{key}/receipts"));
        }
        let other = Address::new_from_array([8; 32]);
        for topic in [
            format!("acme/trellis/{network}/{key}/receipts"),
            format!("acme/trellis/{network}/{key}/attestations/"),
            format!("acme/trellis/{network}/{key}"),
            format!("acme/trellis/{other}/{key}/attestations"),
            format!("trellis/{network}/{key}/attestations"),
            String::new(),
        ] {
            assert_eq!(topics.read(topic.as_bytes()), None, "{topic}");
        }
        assert_eq!(topics.read(&[0xff]), None);
    }

    #[test]
    fn key_is_that_of_ed25519_or_p256_or_none() {
        let of = |device: &str| Inbound { device, form: Form::One }.key();
        let ed25519 = Address::new_from_array([9; 32]).to_string();
        assert_eq!(of(&ed25519), Some(DeviceKey::Ed25519([9; 32])));
        for device in ["", "0OIl", "11111", "x y"] {
            assert_eq!(of(device), None, "{device}");
        }
    }
}
