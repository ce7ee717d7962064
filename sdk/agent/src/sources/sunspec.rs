//! SunSpec: how meters and inverters of many makers describe their registers themselves.
//!
//! A map begins with `SunS` at one of three addresses; then come models, each with its number and its length, up to the
//! number 0xffff. Offsets are those of the SunSpec Alliance's information models.

use std::fmt;

use super::modbus::{Connection, MeterError};
use crate::config::{RegisterTable, SunspecDirection};

const BASES: [u16; 3] = [40_000, 50_000, 0];
const MARK: [u16; 2] = [0x5375, 0x6e53];
const END: u16 = 0xffff;
/// More models than any device has: a map that leads in a circle ends here.
const MAX_MODELS: usize = 64;
/// What a scale factor shows that is not there.
const NO_SCALE: i16 = i16::MIN;

/// A counter of watt-hours with its scale factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    model: u16,
    /// Address of the first of two registers.
    counter: u16,
    scale: u16,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SunSpec model {}", self.model)
    }
}

/// Where in a model its counter and its scale are.
fn offsets(model: u16, direction: SunspecDirection) -> Option<(u16, u16)> {
    match (model, direction) {
        // Inverters of one, two and three phases: WH, WH_SF.
        (101..=103, SunspecDirection::Exported) => Some((24, 26)),
        // Meters: TotWhExp, TotWhImp, TotWh_SF.
        (201..=204, SunspecDirection::Exported) => Some((38, 54)),
        (201..=204, SunspecDirection::Imported) => Some((46, 54)),
        _ => None,
    }
}

/// Finds the first counter in the meter's map.
pub async fn find(connection: &mut Connection, direction: SunspecDirection) -> Result<Place, MeterError> {
    let mut at = base(connection).await?;
    for _ in 0..MAX_MODELS {
        let head = connection.read(RegisterTable::Holding, at, 2).await?;
        let (Some(&model), Some(&length)) = (head.first(), head.get(1)) else { break };
        if model == END {
            break;
        }
        // The length does not count the two registers of the head.
        let fits = |(counter, scale): &(u16, u16)| *counter.max(scale) < length.saturating_add(2);
        if let Some((counter, scale)) = offsets(model, direction).filter(fits) {
            let place = |offset| at.checked_add(offset).ok_or(MeterError::NoModel);
            return Ok(Place { model, counter: place(counter)?, scale: place(scale)? });
        }
        match at.checked_add(length).and_then(|next| next.checked_add(2)) {
            Some(next) => at = next,
            None => break,
        }
    }
    Err(MeterError::NoModel)
}

/// Address of the first model.
async fn base(connection: &mut Connection) -> Result<u16, MeterError> {
    for base in BASES {
        match connection.read(RegisterTable::Holding, base, 2).await {
            Ok(mark) if mark == MARK => return Ok(base + 2),
            // There are no such registers, or something else is there.
            Ok(_) | Err(MeterError::Refused { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Err(MeterError::NoSunspec)
}

/// What the counter shows, in watt-hours, rounded down.
pub async fn read(connection: &mut Connection, place: &Place) -> Result<u64, MeterError> {
    // One request, so that counter and scale belong together.
    let count = place.scale - place.counter + 1;
    let registers = connection.read(RegisterTable::Holding, place.counter, count).await?;
    match registers.as_slice() {
        [high, low, .., scale] => watt_hours(u32::from(*high) << 16 | u32::from(*low), scale.cast_signed()),
        _ => Err(MeterError::Answer { wanted: count }),
    }
}

fn watt_hours(counts: u32, scale: i16) -> Result<u64, MeterError> {
    // The models allow from -10 to 10.
    if scale == NO_SCALE || !(-10..=10).contains(&scale) {
        return Err(MeterError::Scale(scale));
    }
    let factor = 10u64.pow(scale.unsigned_abs().into());
    match scale < 0 {
        true => Ok(u64::from(counts) / factor),
        false => u64::from(counts).checked_mul(factor).ok_or(MeterError::TooMuch),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_scaled_and_rounded_down() {
        assert_eq!(watt_hours(1_299, -2).unwrap(), 12);
        assert_eq!(watt_hours(5, 3).unwrap(), 5_000);
        assert_eq!(watt_hours(u32::MAX, 0).unwrap(), u64::from(u32::MAX));
        for scale in [NO_SCALE, -11, 11] {
            assert!(matches!(watt_hours(1, scale), Err(MeterError::Scale(found)) if found == scale));
        }
        assert!(matches!(watt_hours(u32::MAX, 10), Err(MeterError::TooMuch)));
    }

    #[test]
    fn inverters_count_one_way_and_meters_both() {
        assert_eq!(offsets(103, SunspecDirection::Imported), None);
        assert_eq!(offsets(203, SunspecDirection::Imported), Some((46, 54)));
        assert_eq!(offsets(1, SunspecDirection::Exported), None);
    }
}
