//! Cells as published, and every reading held against the `h3o` crate's.

use h3o::CellIndex;
use proptest::prelude::*;
use trellis_core::h3::{parent_of, resolution_of};

const PENTAGONS: [u64; 12] = [4, 14, 24, 38, 49, 58, 63, 72, 83, 97, 107, 117];

fn independent(cell: u64) -> Option<u8> {
    CellIndex::try_from(cell).ok().map(|cell| u8::from(cell.resolution()))
}

/// The bits of a cell, sound or not.
fn bits(mode: u64, resolution: u64, base_cell: u64, digits: &[u64]) -> u64 {
    let mut cell = (mode << 59) | (resolution << 52) | (base_cell << 45);
    for place in 0..15 {
        let digit = digits.get(place).filter(|_| (place as u64) < resolution).copied().unwrap_or(7);
        cell |= digit << (42 - 3 * place);
    }
    cell
}

#[test]
fn resolution_of_published_cells_is_theirs() {
    // From the documentation of H3: cells of San Francisco and Paris, and a pentagon.
    let cells = [
        (0x0892_8308_280f_ffff, 9),
        (0x0852_8347_3fff_ffff, 5),
        (0x0800_9fff_ffff_ffff, 0),
        (0x0807_5fff_ffff_ffff, 0),
        (0x08a1_fb46_622d_ffff, 10),
    ];
    for (cell, resolution) in cells {
        assert_eq!(independent(cell), Some(resolution), "the vector {cell:x}");
        assert_eq!(resolution_of(cell), Some(resolution), "{cell:x}");
    }
}

#[test]
fn resolution_of_what_is_no_cell_is_none() {
    let sound = 0x0892_8308_280f_ffff_u64;
    let broken = [
        ("zero", 0),
        ("all ones", u64::MAX),
        ("high bit", sound | 1 << 63),
        ("an edge, mode 2", bits(2, 9, 20, &[0; 15])),
        ("a vertex, mode 4", bits(4, 9, 20, &[0; 15])),
        ("reserved bits", sound | 1 << 56),
        ("base cell 122", bits(1, 0, 122, &[])),
        ("base cell 127", bits(1, 0, 127, &[])),
        ("a digit 7 within the resolution", bits(1, 3, 20, &[0, 7, 0])),
        ("a digit 0 past the resolution", sound & !(0b111 << 15)),
        ("the direction that pentagons lack", bits(1, 2, 4, &[0, 1])),
    ];
    for (what, cell) in broken {
        assert_eq!(independent(cell), None, "the case {what}");
        assert_eq!(resolution_of(cell), None, "{what}");
    }
}

#[test]
fn resolution_of_children_of_every_base_cell_agrees_with_h3o() {
    for base_cell in 0..128 {
        for first in 0..8 {
            for second in 0..8 {
                let cell = bits(1, 2, base_cell, &[first, second]);
                assert_eq!(resolution_of(cell), independent(cell), "{cell:x}");
            }
        }
    }
}

fn nearly_cell() -> impl Strategy<Value = u64> {
    let base_cell = prop_oneof![0..122u64, prop::sample::select(PENTAGONS.to_vec())];
    let digits = prop_oneof![prop::collection::vec(0..7u64, 15), prop::collection::vec(0..2u64, 15)];
    let flips = prop::collection::vec(0..64u32, 0..2);
    (0..16u64, base_cell, digits, flips).prop_map(|(resolution, base_cell, digits, flips)| {
        flips.iter().fold(bits(1, resolution, base_cell, &digits), |cell, flip| cell ^ (1 << flip))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn resolution_of_near_cells_agrees_with_h3o(cell in nearly_cell()) {
        prop_assert_eq!(resolution_of(cell), independent(cell), "{:x}", cell);
    }

    #[test]
    fn parents_of_near_cells_are_those_of_h3o(cell in nearly_cell(), resolution in 0..16u8) {
        let parent = CellIndex::try_from(cell).ok().and_then(|cell| cell.parent(resolution.try_into().unwrap()));
        prop_assert_eq!(parent_of(cell, resolution), parent.map(u64::from), "{:x} at {}", cell, resolution);
    }

    #[test]
    fn resolution_of_any_number_agrees_with_h3o(cell: u64) {
        prop_assert_eq!(resolution_of(cell), independent(cell), "{:x}", cell);
    }
}
