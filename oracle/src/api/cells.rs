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
            Some(cell) if within.is_none_or(|outer| lies_in(cell, outer)) => own.push(cell),
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
    let differ = place_of_difference(cell, outer);
    h3::resolution_of(outer).is_some_and(|resolution| differ.is_none_or(|place| place > resolution))
}

/// How many of `cells` are in each cell no finer than `finest`, or coarser if there are more than [`MAX_CELLS`] of those.
fn coarsened(mut cells: Vec<u64>, finest: u8) -> (u8, Vec<(u64, u64)>) {
    cells.sort_unstable_by_key(|cell| path(*cell));
    let resolution = fitting(&cells, finest);
    let mut counts: Vec<(u64, u64)> = Vec::new();
    for together in cells.chunk_by(|a, b| place_of_difference(*a, *b).is_none_or(|place| place > resolution)) {
        let cell = h3::parent_of(together[0], resolution).unwrap_or(together[0]);
        counts.push((cell, together.len() as u64));
    }
    (resolution, counts)
}

/// The finest resolution up to `finest` at which `cells`, in the order of their paths, are few enough; 0 if none is: there are
/// 122 cells of it.
fn fitting(cells: &[u64], finest: u8) -> u8 {
    // How many cells there are at a resolution is 1 and all neighbours that differ by then.
    let mut differences = [0; h3::MAX_RESOLUTION as usize + 1];
    for pair in cells.windows(2) {
        if let Some(place) = place_of_difference(pair[0], pair[1]) {
            differences[usize::from(place)] += 1;
        }
    }
    let cells_at = |resolution: u8| 1 + differences[..=usize::from(resolution)].iter().sum::<usize>();
    (0..=finest).rev().find(|resolution| cells_at(*resolution) <= MAX_CELLS).unwrap_or(0)
}

/// A cell's base cell and digits, without its resolution: cells of one parent stand side by side in this order.
fn path(cell: u64) -> u64 {
    cell & ((1 << 52) - 1)
}

/// The coarsest resolution at which two cells differ: 0 if their base cells do. `None`: they are one.
fn place_of_difference(a: u64, b: u64) -> Option<u8> {
    let bit = (path(a) ^ path(b)).checked_ilog2()?;
    Some(45u32.saturating_sub(bit).div_ceil(3) as u8)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

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
        let few = vec![fine, coarse, fine];
        assert_eq!(coarsened(few.clone(), 15), (15, vec![(fine, 2), (coarse, 1)]));
        assert_eq!(coarsened(few.clone(), 5), (5, vec![(coarse, 3)]));
        assert_eq!(coarsened(few, 0), (0, vec![(cell(&[]), 3)]));
        assert!(lies_in(fine, coarse) && lies_in(fine, fine) && !lies_in(coarse, fine));
    }

    #[test]
    fn more_cells_than_there_is_room_for_are_told_coarser_and_none_is_lost() {
        let numbers = 0..7u64.pow(4);
        let many: Vec<u64> = numbers
            .map(|number| {
                let digit = |place: u32| number / 7u64.pow(place) % 7;
                cell(&[3, 1, 2, digit(3), digit(2), digit(1), digit(0)])
            })
            .collect();
        assert!(many.len() > MAX_CELLS && many.iter().all(|cell| h3::resolution_of(*cell) == Some(7)));
        let (resolution, counts) = coarsened(many, 15);
        assert_eq!((resolution, counts.len()), (6, 343));
        assert_eq!(counts.iter().map(|(_, devices)| devices).sum::<u64>(), 7u64.pow(4));
        assert!(counts.iter().all(|(cell, devices)| h3::resolution_of(*cell) == Some(6) && *devices == 7));
    }

    #[test]
    fn counts_are_those_of_parents_one_by_one_at_every_resolution() {
        let digits = |number: u64| (0..1 + number % 15).map(move |place| (number >> (2 * place)) % 7);
        let mixed: Vec<u64> = (0..900u64)
            .map(|number| cell(&digits(number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 9).collect::<Vec<_>>()))
            .collect();
        for finest in 0..=h3::MAX_RESOLUTION {
            let mut wanted = BTreeMap::<u64, u64>::new();
            for cell in &mixed {
                *wanted.entry(h3::parent_of(*cell, finest).unwrap_or(*cell)).or_default() += 1;
            }
            let (resolution, counts) = coarsened(mixed.clone(), finest);
            assert_eq!(resolution, finest);
            assert_eq!(counts.len(), wanted.len(), "each cell once");
            assert_eq!(counts.into_iter().collect::<BTreeMap<_, _>>(), wanted);
        }
        assert_eq!(coarsened(vec![], 15), (15, vec![]));
    }
}
