//! How bytes are written in JSON: addresses and keys in base58, hashes in hex.

/// `#[serde(with = "base58")]` for 32 bytes: addresses and keys. Encodes any length.
pub mod base58 {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn encode(bytes: &[u8]) -> String {
        bs58::encode(bytes).into_string()
    }

    pub fn decode(text: &str) -> Option<[u8; 32]> {
        bs58::decode(text).into_vec().ok()?.try_into().ok()
    }

    pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&encode(bytes))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[u8; 32], D::Error> {
        let text = String::deserialize(deserializer)?;
        decode(&text).ok_or_else(|| D::Error::custom(format!("`{text}` is no base58 of 32 bytes")))
    }
}

/// `#[serde(with = "device_key")]`: a device's key in base58; its length tells its kind.
pub mod device_key {
    use super::base58;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};
    use trellis_core::DeviceKey;

    pub fn decode(text: &str) -> Option<DeviceKey> {
        let bytes = bs58::decode(text).into_vec().ok()?;
        let key = match bytes.len() {
            32 => DeviceKey::Ed25519(bytes.try_into().ok()?),
            _ => DeviceKey::P256(bytes.try_into().ok()?),
        };
        key.is_canonical().then_some(key)
    }

    pub fn serialize<S: Serializer>(key: &DeviceKey, serializer: S) -> Result<S::Ok, S::Error> {
        base58::serialize(key.bytes(), serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DeviceKey, D::Error> {
        let text = String::deserialize(deserializer)?;
        decode(&text).ok_or_else(|| D::Error::custom(format!("`{text}` is no base58 of an ed25519 or P-256 key")))
    }
}
