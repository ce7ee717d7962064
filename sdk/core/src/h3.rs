//! H3 cells (<https://h3geo.org/docs/core-library/h3Indexing>): which 64-bit numbers are cells, by their bits alone.
//!
//! ```text
//! bit 63      0
//! bits 59-62  mode: 1 is a cell
//! bits 56-58  0
//! bits 52-55  resolution r: 0 to 15
//! bits 45-51  base cell: 0 to 121
//! bits 0-44   fifteen digits of three bits, the coarsest first: 0 to 6 up to r, 7 after it
//! ```
//!
//! Twelve base cells are pentagons: they lack the direction 1, so the first digit of their children that is not 0 is
//! not 1 either.

/// Finest resolution: cells of about a square metre.
pub const MAX_RESOLUTION: u8 = 15;

const BASE_CELLS: u64 = 122;
/// Bit n: base cell n is a pentagon.
const PENTAGONS: u128 = {
    let cells = [4, 14, 24, 38, 49, 58, 63, 72, 83, 97, 107, 117];
    let (mut bits, mut at) = (0u128, 0);
    while at < cells.len() {
        bits |= 1 << cells[at];
        at += 1;
    }
    bits
};
/// Bit 63, mode and the three bits below it, as they stand in every cell.
const CELL_HEAD: u64 = 0x08;
/// The digit that fills the places past the resolution.
const UNUSED_DIGIT: u64 = 7;
/// The direction that pentagons lack.
const DELETED_DIGIT: u64 = 1;

/// The resolution of `cell`, 0 to 15; `None` if it is no H3 cell.
pub fn resolution_of(cell: u64) -> Option<u8> {
    let base_cell = (cell >> 45) & 0x7f;
    if cell >> 56 != CELL_HEAD || base_cell >= BASE_CELLS {
        return None;
    }
    let resolution = ((cell >> 52) & 0xf) as u8;
    let digit = |place: u8| (cell >> (45 - 3 * u32::from(place))) & 7;
    let used_are_sound = (1..=resolution).all(|place| digit(place) != UNUSED_DIGIT);
    let rest_is_unused = (resolution + 1..=MAX_RESOLUTION).all(|place| digit(place) == UNUSED_DIGIT);
    let is_pentagon = PENTAGONS & (1 << base_cell) != 0;
    let first_turn = (1..=resolution).map(digit).find(|&digit| digit != 0);
    let exists = !(is_pentagon && first_turn == Some(DELETED_DIGIT));
    (used_are_sound && rest_is_unused && exists).then_some(resolution)
}

/// The cell of `resolution` that `cell` lies in: `cell` itself if it is of that resolution, `None` if it is coarser or no
/// cell.
pub fn parent_of(cell: u64, resolution: u8) -> Option<u64> {
    let own = resolution_of(cell)?;
    if own < resolution {
        return None;
    }
    let unused =
        (resolution + 1..=MAX_RESOLUTION).fold(0, |bits, place| bits | UNUSED_DIGIT << (45 - 3 * u32::from(place)));
    Some((cell & !(0xf << 52)) | u64::from(resolution) << 52 | unused)
}
