//! A counter in registers that the settings name.

use super::modbus::{Connection, MeterError};
use crate::config::ModbusConfig;

/// What the counter shows, in watt-hours, rounded down.
pub async fn read(connection: &mut Connection, config: &ModbusConfig) -> Result<u64, MeterError> {
    let words = connection.read(config.table, config.register, config.registers.into()).await?;
    watt_hours(&words, config).ok_or(MeterError::TooMuch)
}

fn watt_hours(words: &[u16], config: &ModbusConfig) -> Option<u64> {
    let number = |counts: u128, word: &u16| counts << 16 | u128::from(*word);
    let counts = match config.low_word_first {
        true => words.iter().rev().fold(0, number),
        false => words.iter().fold(0, number),
    };
    let wh = counts * u128::from(config.wh_multiplier) / u128::from(config.wh_divisor.max(1));
    u64::try_from(wh).ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn config(lines: &str) -> ModbusConfig {
        toml::from_str(&format!("address = \"m:1\"\nregister = 0\n{lines}")).unwrap()
    }

    #[test]
    fn registers_are_read_in_either_order_and_scaled_down() {
        assert_eq!(watt_hours(&[1, 2], &config("")), Some(65_538));
        assert_eq!(watt_hours(&[1, 2], &config("low_word_first = true")), Some(131_073));
        assert_eq!(watt_hours(&[7], &config("wh_multiplier = 100")), Some(700));
        assert_eq!(watt_hours(&[0, 0, 0, 19], &config("wh_divisor = 10")), Some(1));
        assert_eq!(watt_hours(&[u16::MAX; 4], &config("")), Some(u64::MAX));
        assert_eq!(watt_hours(&[u16::MAX; 4], &config("wh_multiplier = 2")), None);
    }
}
