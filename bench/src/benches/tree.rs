//! The rewards tree, beside SHA-256's bare compressions.

use std::{hint::black_box, time::Duration};

use anyhow::Result;
use sha2::digest::generic_array::GenericArray;
use trellis_core::{Amount, leaf::RewardLeaf};
use trellis_epoch::tree;

use super::Bench;
use crate::{
    row::{Goal, Row},
    world::{threads, timed},
};

pub const BENCH: Bench = Bench {
    name: "tree",
    about: "1,000,000 leaves to the root, beside as many bare SHA-256 compressions on the same cores",
    run,
};

const LEAVES: u32 = 1_000_000;
/// A leaf's 78 bytes and a node's 65 take two blocks each with their padding.
const COMPRESSIONS: u64 = 2 * LEAVES as u64 + 2 * (LEAVES as u64 - 1);
const ROUNDS: usize = 5;

fn run() -> Result<Vec<Row>> {
    let leaf = |operator_index| RewardLeaf {
        vault: [1; 32],
        operator_index,
        payout_wallet: [2; 32],
        cumulative: Amount(u64::from(operator_index) * 977),
    };
    let rows: Vec<RewardLeaf> = (0..LEAVES).map(leaf).collect();
    let (mut ours, mut bare) = (Duration::MAX, Duration::MAX);
    for _ in 0..ROUNDS {
        bare = bare.min(timed(compress).0);
        ours = ours.min(timed(|| black_box(tree::build(&rows, threads(), |row| *row).root())).0);
    }
    let rate = |elapsed: Duration| COMPRESSIONS as f64 / elapsed.as_secs_f64() / 1e6;
    let reference = "bare compressions";
    Ok(vec![Row::new("tree", (rate(ours), "M compressions/s"), (reference, rate(bare)), Goal::AtLeast(0.8))])
}

/// [`COMPRESSIONS`] blocks, as many to each thread.
fn compress() {
    let threads = threads();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let blocks = [GenericArray::from([7; 64]); 64];
                let mut state = [1; 8];
                for _ in 0..COMPRESSIONS.div_ceil(64 * threads as u64) {
                    sha2::compress256(&mut state, black_box(&blocks));
                }
                black_box(state);
            });
        }
    });
}
