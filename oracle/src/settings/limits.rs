//! `[limits]`: how much anyone may send.

use serde::Deserialize;

use super::{SettingsError, invalid};
use crate::limits::Rate;

/// Rates of 0 limit nothing.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitSettings {
    /// Attestations that a device may hand in a minute, in the long run. Beyond it, it is told to send them again.
    pub device_per_minute: u32,
    /// Attestations that a device may hand in at once, such as after a time without a network.
    pub device_burst: u32,
    /// Attestations a minute that may be refused, by client address: beyond it, requests get 429. Behind a proxy all
    /// clients have one address: set this to 0 there and let the proxy limit them.
    pub refused_per_minute: u32,
    /// Attestations that may be refused at once, by client address.
    pub refused_burst: u32,
}

impl Default for LimitSettings {
    fn default() -> Self {
        Self { device_per_minute: 600, device_burst: 6_000, refused_per_minute: 6_000, refused_burst: 60_000 }
    }
}

impl LimitSettings {
    pub fn device(&self) -> Rate {
        Rate { per_minute: self.device_per_minute, burst: self.device_burst }
    }

    pub fn refused(&self) -> Rate {
        Rate { per_minute: self.refused_per_minute, burst: self.refused_burst }
    }

    pub fn validate(&self) -> Result<(), SettingsError> {
        let bursts = [("limits.device_burst", self.device()), ("limits.refused_burst", self.refused())];
        for (name, Rate { per_minute, burst }) in bursts {
            if per_minute > 0 && burst == 0 {
                return Err(invalid(name, burst, "at least 1, or nothing could ever be sent"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn limits_fill_in_defaults_and_name_every_mistake() {
        let read = |text: &str| {
            let file = config::File::from_str(text, config::FileFormat::Toml);
            config::Config::builder().add_source(file).build().unwrap().try_deserialize::<LimitSettings>()
        };
        assert_eq!(read("").unwrap(), LimitSettings::default());
        let unlimited = read("device_per_minute = 0\ndevice_burst = 0").unwrap();
        unlimited.validate().unwrap();
        assert_eq!(unlimited.device(), Rate::UNLIMITED);
        for (text, words) in [
            ("device_burst = 0", "`limits.device_burst` is `0`"),
            ("refused_burst = 0", "`limits.refused_burst` is `0`"),
        ] {
            let error = read(text).unwrap().validate().unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
        assert!(read("device_per_hour = 1").unwrap_err().to_string().contains("device_per_hour"));
        assert!(read("device_per_minute = -1").is_err());
    }
}
