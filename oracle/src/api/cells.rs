//! `GET /v1/cells`: how many devices stand where, in H3 cells.

use axum::{
    Json,
    extract::{Query, State, rejection::QueryRejection},
};
use serde::{Deserialize, Serialize};
use trellis_core::h3;

use super::{ApiError, ApiState};

/// Most cells in one answer: coarser ones are told instead of more.
const MAX_CELLS: usize = 1_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Which {
    /// Finest resolution to tell, 0 to 15; default 15: as fine as there is room for.
    resolution: Option<u8>,
    /// Only what lies in this cell, hex.
    within: Option<String>,
}

#[derive(Serialize)]
pub struct Cells {
    /// No cell told is finer. A device whose own cell is coarser is told there.
    resolution: u8,
    /// By cell.
    cells: Vec<CellRow>,
    /// Devices that stand nowhere: they have no place yet, or their class has none.
    without_place: usize,
}

#[derive(Serialize)]
struct CellRow {
    /// H3, hex.
    cell: String,
    devices: u64,
}

pub async fn cells(
    State(state): State<ApiState>,
    which: Result<Query<Which>, QueryRejection>,
) -> Result<Json<Cells>, ApiError> {
    let Query(which) = which.map_err(|rejection| ApiError::bad_request("query", rejection.body_text()))?;
    let finest = which.resolution.unwrap_or(h3::MAX_RESOLUTION);
    if finest > h3::MAX_RESOLUTION {
        let detail = format!("resolution {finest} is none of H3's: 0 to {} is wanted", h3::MAX_RESOLUTION);
        return Err(ApiError::bad_request("resolution", detail));
    }
    let within = which.within.as_deref().map(parse_cell).transpose()?;
    let snapshot = state.snapshot.get();
    let (mut own, mut without_place) = (Vec::new(), 0);
    for device in &snapshot.devices {
        match device.cell {
            None => without_place += 1,
            Some(cell) if within.is_none_or(|outer| lies_in(cell, outer)) => own.push((cell, 1)),
            Some(_) => {}
        }
    }
    let (resolution, counts) = coarsened(own, finest);
    let cells = counts.into_iter().map(|(cell, devices)| CellRow { cell: format!("{cell:x}"), devices });
    Ok(Json(Cells { resolution, cells: cells.collect(), without_place }))
}

/// H3 in hex, as the API writes it.
pub(super) fn parse_cell(text: &str) -> Result<u64, ApiError> {
    let cell = u64::from_str_radix(text, 16).ok().filter(|cell| h3::resolution_of(*cell).is_some());
    cell.ok_or_else(|| ApiError::bad_request("cell", format!("`{text}` is no H3 cell: its hex digits are wanted")))
}

/// Is `cell` the cell `outer` or in it?
pub(super) fn lies_in(cell: u64, outer: u64) -> bool {
    h3::resolution_of(outer).is_some_and(|resolution| h3::parent_of(cell, resolution) == Some(outer))
}

/// Counts by cell, in cells no finer than `finest`, or coarser if there are more than [`MAX_CELLS`] of those.
fn coarsened(counts: Vec<(u64, u64)>, finest: u8) -> (u8, Vec<(u64, u64)>) {
    let (mut resolution, mut counts) = (finest, at(finest, counts));
    // There are 122 cells of resolution 0.
    while counts.len() > MAX_CELLS && resolution > 0 {
        // Down from the finest that is there: no other can join cells.
        let held = counts.iter().filter_map(|(cell, _)| h3::resolution_of(*cell)).max().unwrap_or(0);
        resolution = resolution.min(held).saturating_sub(1);
        counts = at(resolution, counts);
    }
    (resolution, counts)
}

/// The counts in cells no finer than `resolution`: each cell once, in order.
fn at(resolution: u8, mut counts: Vec<(u64, u64)>) -> Vec<(u64, u64)> {
    for (cell, _) in &mut counts {
        *cell = h3::parent_of(*cell, resolution).unwrap_or(*cell);
    }
    // Cells in order have parents in order, so that but for the first time there is next to nothing to sort.
    counts.sort_unstable_by_key(|(cell, _)| *cell);
    counts.dedup_by(|(cell, devices), (kept, sum)| {
        let same = cell == kept;
        if same {
            *sum += *devices;
        }
        same
    });
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The cell of resolution `digits.len()` in base cell 15 with these digits: see `trellis_core::h3`.
    fn cell(digits: &[u64]) -> u64 {
        let place = |place: usize| digits.get(place).copied().unwrap_or(7) << (42 - 3 * place);
        let digits_bits = (0..15).map(place).fold(0, |bits, digit| bits | digit);
        0x08 << 56 | (digits.len() as u64) << 52 | 15 << 45 | digits_bits
    }

    #[test]
    fn cells_are_told_as_fine_as_wanted() {
        let (fine, coarse) = (cell(&[3, 1, 2, 0, 6, 4, 4, 5, 1]), cell(&[3, 1, 2, 0, 6]));
        assert_eq!((h3::resolution_of(fine), h3::parent_of(fine, 5)), (Some(9), Some(coarse)));
        let few = vec![(fine, 1), (coarse, 1), (fine, 1)];
        assert_eq!(coarsened(few.clone(), 15), (15, vec![(coarse, 1), (fine, 2)]));
        assert_eq!(coarsened(few.clone(), 5), (5, vec![(coarse, 3)]));
        assert_eq!(coarsened(few, 0), (0, vec![(cell(&[]), 3)]));
        assert!(lies_in(fine, coarse) && lies_in(fine, fine) && !lies_in(coarse, fine));
    }

    #[test]
    fn more_cells_than_there_is_room_for_are_told_coarser_and_none_is_lost() {
        let numbers = 0..7u64.pow(4);
        let many: Vec<(u64, u64)> = numbers
            .map(|number| {
                let digit = |place: u32| number / 7u64.pow(place) % 7;
                (cell(&[3, 1, 2, digit(3), digit(2), digit(1), digit(0)]), 1)
            })
            .collect();
        assert!(many.len() > MAX_CELLS && many.iter().all(|(cell, _)| h3::resolution_of(*cell) == Some(7)));
        let (resolution, counts) = coarsened(many, 15);
        assert_eq!((resolution, counts.len()), (6, 343));
        assert_eq!(counts.iter().map(|(_, devices)| devices).sum::<u64>(), 7u64.pow(4));
    }
}
