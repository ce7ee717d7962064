//! How bytes are written in JSON: addresses and keys in base58, hashes in hex.

/// `#[serde(with = "base58")]` for 32 bytes: addresses and keys.
pub mod base58 {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn encode(bytes: &[u8; 32]) -> String {
        bs58::encode(bytes).into_string()
    }

    pub fn decode(text: &str) -> Option<[u8; 32]> {
        bs58::decode(text).into_vec().ok()?.try_into().ok()
    }

    pub fn serialize<S: Serializer>(bytes: &[u8; 32], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&encode(bytes))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[u8; 32], D::Error> {
        let text = String::deserialize(deserializer)?;
        decode(&text).ok_or_else(|| D::Error::custom(format!("`{text}` is no base58 of 32 bytes")))
    }
}

/// `#[serde(with = "device_key")]`: an ed25519 key in base58.
pub mod device_key {
    use super::base58;
    use serde::{Deserializer, Serializer};
    use trellis_core::DeviceKey;

    pub fn serialize<S: Serializer>(key: &DeviceKey, serializer: S) -> Result<S::Ok, S::Error> {
        base58::serialize(key.bytes(), serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DeviceKey, D::Error> {
        base58::deserialize(deserializer).map(DeviceKey::Ed25519)
    }
}
