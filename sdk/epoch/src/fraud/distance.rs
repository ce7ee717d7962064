//! How far apart two H3 cells are at least.
//!
//! Grid distance would need whole numbers alone, but H3 does not define it between far cells, and near the twelve pentagons
//! it counts steps that are not there: honest devices would be hit. So cells' centres are taken as points of the globe,
//! by the `h3o` crate. It is built without `std`: its mathematics is then that of the `libm` crate, in Rust, from additions,
//! multiplications, divisions and square roots alone, which IEEE 754 defines to the last bit. The same cells give
//! the same metres on every machine; a test holds values to the metre, so that no other version can change them
//! unseen. What leaves this file is a whole number.

use h3o::{CellIndex, LatLng};

/// Farthest that a point of a cell can be from its centre, in metres, by resolution: one and a half times the average
/// edge as H3 publishes it, rounded up. (Cells of one resolution differ; the longest edge is less than 1.3 averages.)
const RADIUS_M: [u64; 16] =
    [1_921_884, 724_586, 273_770, 103_469, 39_107, 14_782, 5_588, 2_110, 798, 302, 114, 44, 17, 7, 3, 1];

/// Least distance in metres between a point of cell `one` and a point of cell `other`; `None` if one of them is no cell.
pub fn at_least_m(one: u64, other: u64) -> Option<u64> {
    let (one, other) = (CellIndex::try_from(one).ok()?, CellIndex::try_from(other).ok()?);
    let radius = |cell: CellIndex| RADIUS_M.get(usize::from(u8::from(cell.resolution()))).copied().unwrap_or(0);
    let centres_m = LatLng::from(one).distance_m(LatLng::from(other));
    // Half the globe's circumference is about 2 × 10⁷ metres; conversion cuts the fraction off.
    Some((centres_m as u64).saturating_sub(radius(one)).saturating_sub(radius(other)))
}
