//! The turbines' readings, from the extract that ships with the command.

use anyhow::{Context, Result, bail};
use chrono::DateTime;
use serde::Deserialize;

/// See data/README.md for source and licence.
const EXTRACT: &str = include_str!("../../data/la_haute_borne_2014-02-04_7d.csv");

/// One row: a turbine's average power over ten minutes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    pub turbine: String,
    pub start_unix: i64,
    /// `None` where the machine recorded nothing.
    pub average_nanowatts: Option<i128>,
}

#[derive(Deserialize)]
struct Row {
    turbine: String,
    time: String,
    power_avg_kw: String,
}

/// All rows of the extract, by turbine and time.
pub fn extract() -> Result<Vec<Reading>> {
    parse(EXTRACT)
}

fn parse(text: &str) -> Result<Vec<Reading>> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let rows = reader.deserialize().enumerate().map(|(number, row)| {
        let row: Row = row?;
        read(row).with_context(|| format!("row {}", number + 2))
    });
    rows.collect()
}

fn read(row: Row) -> Result<Reading> {
    let time = DateTime::parse_from_rfc3339(&row.time).with_context(|| format!("`{}` is no time", row.time))?;
    let average_nanowatts = match row.power_avg_kw.as_str() {
        "" => None,
        text => Some(nanowatts(text)?),
    };
    Ok(Reading { turbine: row.turbine, start_unix: time.timestamp(), average_nanowatts })
}

/// Decimal kilowatts as whole nanowatts, rounded towards zero: digits past the twelfth are dropped.
fn nanowatts(kilowatts: &str) -> Result<i128> {
    const DIGITS: usize = 12;
    let (negative, text) = match kilowatts.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, kilowatts),
    };
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || whole.len() > 15 || !is_number(whole) || !is_number(fraction) {
        bail!("`{kilowatts}` is no decimal number of kilowatts");
    }
    let kept = &fraction[..fraction.len().min(DIGITS)];
    let magnitude: i128 = format!("{whole}{kept:0<DIGITS$}").parse()?;
    Ok(if negative { -magnitude } else { magnitude })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn nanowatts_keeps_twelve_digits() {
        assert_eq!(nanowatts("642.78003").unwrap(), 642_780_030_000_000);
        assert_eq!(nanowatts("-0.13000000000000001").unwrap(), -130_000_000_000);
        assert_eq!(nanowatts("7").unwrap(), 7_000_000_000_000);
        for bad in ["", "-", ".", ".5", "1e3", "NaN", "1,5", "--1", "9999999999999999"] {
            assert!(nanowatts(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn extract_holds_seven_days_of_four_turbines_with_its_gaps() {
        let readings = extract().unwrap();
        assert_eq!(readings.len(), 4 * 7 * 144);
        assert_eq!(readings.iter().filter(|reading| reading.average_nanowatts.is_none()).count(), 4);
        assert_eq!(
            readings.iter().filter(|reading| reading.average_nanowatts.is_some_and(|power| power < 0)).count(),
            12
        );
        assert!(readings.iter().all(|reading| reading.start_unix % 600 == 0));
    }
}
