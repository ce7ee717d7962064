//! How bytes are written in JSON, addresses and keys in base58, hashes in hex; and how moments are said in words.

/// Seconds since 1970 as a date for people, with the seconds: `2014-02-04 00:10:00 UTC (1391472600)`.
pub fn moment(unix: i64) -> String {
    let (day, second) = (unix.div_euclid(86_400), unix.rem_euclid(86_400));
    // Howard Hinnant's `civil_from_days`: years begin in March, so that the leap day is the last of one.
    let since_year_0 = i128::from(day) + 719_468;
    let (era, day_of_era) = (since_year_0.div_euclid(146_097), since_year_0.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day_of_month = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i128::from(month <= 2);
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day_of_month:02} {hour:02}:{minute:02}:{second:02} UTC ({unix})")
}

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

#[cfg(test)]
mod tests {
    use super::moment;

    #[test]
    fn moment_is_the_date() {
        for (unix, wanted) in [
            (0, "1970-01-01 00:00:00 UTC (0)"),
            (-1, "1969-12-31 23:59:59 UTC (-1)"),
            (951_782_399, "2000-02-28 23:59:59 UTC (951782399)"),
            (951_868_799, "2000-02-29 23:59:59 UTC (951868799)"),
            (1_391_472_600, "2014-02-04 00:10:00 UTC (1391472600)"),
            (4_107_542_400, "2100-03-01 00:00:00 UTC (4107542400)"),
        ] {
            assert_eq!(moment(unix), wanted);
        }
        assert!(moment(i64::MAX).contains(&i64::MAX.to_string()) && moment(i64::MIN).contains("-9223372036854775808"));
    }
}
