//! `[source]`: where readings come from.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use super::{ConfigError, invalid, mqtt::MqttConfig};
use crate::measurement::Fields;

/// Where readings come from.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum SourceConfig {
    /// A table with a line of names.
    Csv(LinesConfig),
    /// An object in each line.
    JsonLines(LinesConfig),
    /// A counter in registers of a meter that speaks Modbus TCP.
    Modbus(ModbusConfig),
    /// A meter or inverter that speaks SunSpec over Modbus TCP.
    Sunspec(SunspecConfig),
    /// Messages of a meter at an MQTT broker.
    Mqtt(MqttConfig),
}

/// Lines of a file or of standard input.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinesConfig {
    /// `-`: standard input.
    pub path: PathBuf,
    /// Wait at the end of the file for more.
    #[serde(default)]
    pub follow: bool,
    #[serde(default)]
    pub fields: Fields,
    /// Only lines with these values are the device's own.
    #[serde(default)]
    pub only: BTreeMap<String, String>,
}

/// A counter that never falls, in one, two or four registers of 16 bits.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModbusConfig {
    /// `HOST:PORT`.
    pub address: String,
    #[serde(default = "default_unit")]
    pub unit: u8,
    #[serde(default = "default_poll_seconds")]
    pub poll_seconds: u32,
    /// Address of the first register, as it goes over the wire: the first is 0.
    pub register: u16,
    #[serde(default = "default_registers")]
    pub registers: u8,
    #[serde(default)]
    pub table: RegisterTable,
    /// The register of the lowest 16 bits comes first.
    #[serde(default)]
    pub low_word_first: bool,
    /// A count is so many watt-hours …
    #[serde(default = "one")]
    pub wh_multiplier: u32,
    /// … divided by this.
    #[serde(default = "one")]
    pub wh_divisor: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RegisterTable {
    #[default]
    Holding,
    Input,
}

/// The energy counter of the first model that has one.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SunspecConfig {
    /// `HOST:PORT`.
    pub address: String,
    #[serde(default = "default_unit")]
    pub unit: u8,
    #[serde(default = "default_poll_seconds")]
    pub poll_seconds: u32,
    /// Of a meter, which counts both ways. An inverter counts what it feeds in.
    #[serde(default)]
    pub direction: SunspecDirection,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SunspecDirection {
    #[default]
    Exported,
    Imported,
}

fn default_unit() -> u8 {
    1
}

fn default_poll_seconds() -> u32 {
    5
}

fn default_registers() -> u8 {
    2
}

fn one() -> u32 {
    1
}

impl SourceConfig {
    /// Paths are relative to the settings' folder.
    pub(super) fn place_in(&mut self, folder: &Path) {
        match self {
            Self::Csv(lines) | Self::JsonLines(lines) if !lines.is_stdin() => lines.path = folder.join(&lines.path),
            Self::Mqtt(mqtt) => mqtt.place_in(folder),
            Self::Csv(_) | Self::JsonLines(_) | Self::Modbus(_) | Self::Sunspec(_) => {}
        }
    }

    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        match self {
            Self::Csv(lines) | Self::JsonLines(lines) => check_fields(&lines.fields),
            Self::Modbus(modbus) => modbus.validate(),
            Self::Sunspec(sunspec) => check_meter(&sunspec.address, sunspec.poll_seconds),
            Self::Mqtt(mqtt) => mqtt.validate(),
        }
    }
}

impl LinesConfig {
    pub fn is_stdin(&self) -> bool {
        self.path == Path::new("-")
    }
}

impl ModbusConfig {
    fn validate(&self) -> Result<(), ConfigError> {
        check_meter(&self.address, self.poll_seconds)?;
        if ![1, 2, 4].contains(&self.registers) {
            return Err(invalid("source.registers", self.registers, "1, 2 or 4 registers hold a counter"));
        }
        if self.register.checked_add(u16::from(self.registers) - 1).is_none() {
            return Err(invalid("source.register", self.register, "the counter's registers go up to 65,535"));
        }
        if self.wh_multiplier == 0 || self.wh_divisor == 0 {
            return Err(invalid("source.wh_multiplier, source.wh_divisor", "0", "from 1 on"));
        }
        Ok(())
    }
}

/// Host and port; an IPv6 address stands in brackets.
pub fn split_address(text: &str) -> Option<(String, u16)> {
    let (host, port) = text.rsplit_once(':')?;
    let host = match host.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']')?,
        None => Some(host).filter(|host| !host.contains(':'))?,
    };
    let port: u16 = port.parse().ok().filter(|port| *port != 0)?;
    (!host.is_empty()).then(|| (host.to_owned(), port))
}

fn check_meter(address: &str, poll_seconds: u32) -> Result<(), ConfigError> {
    if split_address(address).is_none() {
        return Err(invalid("source.address", address, "HOST:PORT is wanted; Modbus has port 502"));
    }
    if !(1..=3_600).contains(&poll_seconds) {
        return Err(invalid("source.poll_seconds", poll_seconds, "from 1 to 3,600"));
    }
    Ok(())
}

pub(super) fn check_fields(fields: &Fields) -> Result<(), ConfigError> {
    match fields.is_ambiguous() {
        true => Err(invalid("source.fields", "several values", "one of power_w, power_kw, counter_wh, counter_kwh")),
        false => Ok(()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn source(text: &str) -> Result<SourceConfig, String> {
        let source: SourceConfig = toml::from_str(text).map_err(|error| error.to_string())?;
        source.validate().map_err(|error| error.to_string())?;
        Ok(source)
    }

    #[test]
    fn sources_are_read_with_their_defaults() {
        let SourceConfig::Modbus(modbus) = source("kind = \"modbus\"\naddress = \"meter:502\"\nregister = 7").unwrap()
        else {
            panic!()
        };
        assert_eq!(
            (modbus.unit, modbus.poll_seconds, modbus.registers, modbus.table),
            (1, 5, 2, RegisterTable::Holding)
        );
        let SourceConfig::Sunspec(sunspec) = source("kind = \"sunspec\"\naddress = \"[::1]:502\"").unwrap() else {
            panic!()
        };
        assert_eq!(sunspec.direction, SunspecDirection::Exported);
        let SourceConfig::JsonLines(lines) = source("kind = \"json_lines\"\npath = \"-\"").unwrap() else { panic!() };
        assert!(lines.is_stdin() && !lines.follow);
    }

    #[test]
    fn validate_names_every_mistake() {
        let modbus = "kind = \"modbus\"\naddress = \"meter:502\"\nregister = 7\n";
        for (line, named) in [
            ("registers = 3", "`source.registers` is `3`"),
            ("wh_divisor = 0", "source.wh_divisor"),
            ("wh_multiplier = 0", "source.wh_multiplier"),
            ("poll_seconds = 0", "`source.poll_seconds` is `0`"),
            ("poll_seconds = 3601", "`source.poll_seconds` is `3601`"),
            ("baud = 9600", "unknown field `baud`"),
        ] {
            let said = source(&format!("{modbus}{line}")).unwrap_err();
            assert!(said.contains(named), "{said}");
        }
        for address in ["meter", "meter:", "meter:0", ":502", "a:b:502", "[::1:502", "meter:70000"] {
            let said = source(&format!("kind = \"sunspec\"\naddress = \"{address}\"")).unwrap_err();
            assert!(said.contains(&format!("`source.address` is `{address}`")), "{said}");
        }
        let said = source(&modbus.replace("= 7", "= 65535")).unwrap_err();
        assert!(said.contains("`source.register` is `65535`"), "{said}");
        let said = source("kind = \"csv\"\npath = \"x\"\n[fields]\npower_w = \"a\"\ncounter_wh = \"b\"").unwrap_err();
        assert!(said.contains("source.fields"), "{said}");
        assert!(source("kind = \"pigeon\"").unwrap_err().contains("pigeon"));
    }
}
