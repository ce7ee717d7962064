//! What a source says of a moment or an interval, whatever form it came in.

use std::collections::BTreeMap;

use chrono::DateTime;
use serde::Deserialize;
use serde_json::Value;
use trellis_core::WattHours;

use crate::decimal::scaled;

/// One measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measurement {
    /// The average power over the interval that starts then.
    Average { start_unix: i64, nanowatts: i128 },
    /// What the meter's counter showed then.
    Counter { at_unix: i64, meter: WattHours },
}

/// Under which names a source's values stand. In JSON, `ENERGY.Total` is the field `Total` of the object `ENERGY`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Fields {
    /// RFC 3339 with an offset, or unix seconds. Of a power: when its interval starts; of a counter: when it was read.
    pub time: Option<String>,
    /// Average power over an interval.
    pub power_w: Option<String>,
    pub power_kw: Option<String>,
    /// A counter that never falls.
    pub counter_wh: Option<String>,
    pub counter_kwh: Option<String>,
}

/// What a value means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    Watts,
    Kilowatts,
    WattHours,
    KilowattHours,
}

/// Why a row says nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RowError {
    #[error("it has no `{0}`")]
    NoTime(String),
    #[error("`{0}` is no time: RFC 3339 with an offset (2026-01-31T12:00:00Z) or unix seconds are wanted")]
    Time(String),
    #[error("it has none of {0}")]
    NoValue(String),
    #[error("`{0}` is no number that a meter shows")]
    Number(String),
    #[error("the counter shows {0}: it is never negative, nor more than 64 bits hold")]
    Counter(String),
    #[error("the network's time is not known yet, and the row has none")]
    NoClock,
    #[error("{0}")]
    Syntax(String),
}

/// A row's values by name; `None` where there is none, or it is empty.
pub trait Row {
    fn get(&self, name: &str) -> Option<String>;
}

impl Row for BTreeMap<String, String> {
    fn get(&self, name: &str) -> Option<String> {
        Some(self.get(name)?.trim()).filter(|text| !text.is_empty()).map(str::to_owned)
    }
}

impl Row for Value {
    fn get(&self, name: &str) -> Option<String> {
        // A field whose name has a dot in it goes before a path.
        let found = Value::get(self, name).or_else(|| name.split('.').try_fold(self, |value, part| value.get(part)))?;
        match found {
            Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }
}

impl Fields {
    /// The values that may be there, with their names: those that are set, or all under their own names.
    fn values(&self) -> Vec<(Unit, &str)> {
        let all = [
            (Unit::Watts, &self.power_w, "power_w"),
            (Unit::Kilowatts, &self.power_kw, "power_kw"),
            (Unit::WattHours, &self.counter_wh, "counter_wh"),
            (Unit::KilowattHours, &self.counter_kwh, "counter_kwh"),
        ];
        match all.iter().any(|(_, name, _)| name.is_some()) {
            true => all.iter().filter_map(|(unit, name, _)| Some((*unit, name.as_deref()?))).collect(),
            false => all.iter().map(|(unit, _, name)| (*unit, *name)).collect(),
        }
    }

    /// Is more than one value named?
    pub fn is_ambiguous(&self) -> bool {
        [&self.power_w, &self.power_kw, &self.counter_wh, &self.counter_kwh].iter().filter(|one| one.is_some()).count()
            > 1
    }

    /// Does the only value that is named count energy?
    pub fn counts_energy(&self) -> bool {
        self.counter_wh.is_some() || self.counter_kwh.is_some()
    }

    /// Reads a row. `Ok(None)`: nothing was measured, the value is there and empty (so in tables).
    ///
    /// `now_unix`: for rows without a time, if they may have none.
    pub fn read(&self, row: &impl Row, now: Now) -> Result<Option<Measurement>, RowError> {
        let name = self.time.as_deref().unwrap_or("time");
        let unix = match (row.get(name), now) {
            (Some(text), _) => parse_time(&text).ok_or(RowError::Time(text))?,
            (None, Now::Wanted) => return Err(RowError::NoTime(name.to_owned())),
            (None, Now::Unknown) => return Err(RowError::NoClock),
            (None, Now::At(now_unix)) => now_unix,
        };
        let values = self.values();
        let Some((unit, text)) = values.iter().find_map(|(unit, name)| Some((*unit, row.get(name)?))) else {
            return Ok(None);
        };
        measure(unit, &text, unix).map(Some)
    }

    /// Reads a number that stands alone, read at `unix`: for the only value that is named.
    pub fn read_number(&self, text: &str, unix: i64) -> Result<Measurement, RowError> {
        let values = self.values();
        match values.as_slice() {
            [(unit, _)] => measure(*unit, text, unix),
            several => Err(RowError::NoValue(several.iter().map(|(_, name)| *name).collect::<Vec<_>>().join(", "))),
        }
    }

    /// Names of which a table must have one.
    pub fn wanted(&self) -> Vec<&str> {
        self.values().into_iter().map(|(_, name)| name).collect()
    }
}

/// The time of rows that have none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Now {
    /// Every row must have one.
    Wanted,
    /// They are read as they come, and the time is not known.
    Unknown,
    At(i64),
}

fn measure(unit: Unit, text: &str, unix: i64) -> Result<Measurement, RowError> {
    let number = |digits| scaled(text, digits).ok_or_else(|| RowError::Number(text.to_owned()));
    let counter = |digits| {
        let wh = number(digits)?;
        let meter = u64::try_from(wh).map_err(|_| RowError::Counter(text.to_owned()))?;
        Ok(Measurement::Counter { at_unix: unix, meter: WattHours(meter) })
    };
    match unit {
        Unit::Watts => Ok(Measurement::Average { start_unix: unix, nanowatts: number(9)? }),
        Unit::Kilowatts => Ok(Measurement::Average { start_unix: unix, nanowatts: number(12)? }),
        Unit::WattHours => counter(0),
        Unit::KilowattHours => counter(3),
    }
}

fn parse_time(text: &str) -> Option<i64> {
    match text.parse() {
        Ok(unix) => Some(unix),
        Err(_) => DateTime::parse_from_rfc3339(text).ok().map(|time| time.timestamp()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;

    fn named(change: impl FnOnce(&mut Fields)) -> Fields {
        let mut fields = Fields::default();
        change(&mut fields);
        fields
    }

    fn table(values: &[(&str, &str)]) -> BTreeMap<String, String> {
        values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn rows_are_read_by_name_in_every_unit() {
        let time = ("time", "2014-02-04T01:00:00+01:00");
        let average = |nanowatts| Measurement::Average { start_unix: 1_391_472_000, nanowatts };
        let counter = |wh| Measurement::Counter { at_unix: 1_391_472_000, meter: WattHours(wh) };
        for (name, value, wanted) in [
            ("power_w", "1.5", average(1_500_000_000)),
            ("power_kw", "-0.5", average(-500_000_000_000)),
            ("counter_wh", "7.9", counter(7)),
            ("counter_kwh", "7.0019", counter(7_001)),
        ] {
            let row = table(&[time, (name, value)]);
            assert_eq!(Fields::default().read(&row, Now::Wanted), Ok(Some(wanted)), "{name}");
        }
        let fields = named(|fields| {
            fields.time = Some("Time".into());
            fields.counter_kwh = Some("ENERGY.Total".into());
        });
        let row = json!({ "Time": 1_391_472_000, "ENERGY": { "Total": 3.185, "Today": 1 } });
        assert_eq!(fields.read(&row, Now::Wanted), Ok(Some(counter(3_185))));
        let row = json!({ "ENERGY.Total": "3.185" });
        assert_eq!(fields.read(&row, Now::At(1_391_472_000)), Ok(Some(counter(3_185))));
        assert_eq!(fields.read_number("3.185", 1_391_472_000), Ok(counter(3_185)));
    }

    #[test]
    fn row_without_a_value_measured_nothing() {
        let row = table(&[("time", "0"), ("power_kw", " ")]);
        assert_eq!(Fields::default().read(&row, Now::Wanted), Ok(None));
        assert_eq!(Fields::default().read(&json!({ "time": 0, "power_w": null }), Now::Wanted), Ok(None));
    }

    #[test]
    fn row_that_cannot_be_read_says_why() {
        let read = |values: &[(&str, &str)], now| Fields::default().read(&table(values), now).unwrap_err();
        assert_eq!(read(&[("power_w", "1")], Now::Wanted), RowError::NoTime("time".into()));
        assert_eq!(read(&[("power_w", "1")], Now::Unknown), RowError::NoClock);
        assert_eq!(read(&[("time", "2014-02-04 01:00")], Now::Wanted), RowError::Time("2014-02-04 01:00".into()));
        let value = |name, value| read(&[("time", "0"), (name, value)], Now::Wanted);
        assert_eq!(value("power_w", "much"), RowError::Number("much".into()));
        assert_eq!(value("counter_wh", "-1"), RowError::Counter("-1".into()));
        assert_eq!(value("counter_kwh", "18446744073709552"), RowError::Counter("18446744073709552".into()));
        let several = Fields::default().read_number("1", 0).unwrap_err();
        assert!(several.to_string().contains("power_w, power_kw, counter_wh, counter_kwh"), "{several}");
    }
}
