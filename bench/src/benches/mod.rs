//! One file a bench; this is their list.

mod close;
mod log;
mod million;
mod tree;
mod verify;

use anyhow::Result;

use crate::row::Row;

/// Something that is measured.
pub struct Bench {
    /// For `--only`.
    pub name: &'static str,
    /// What is compared, in a line.
    pub about: &'static str,
    pub run: fn() -> Result<Vec<Row>>,
}

pub fn all() -> Vec<Bench> {
    vec![verify::BENCH, tree::BENCH, million::BENCH, close::BENCH, log::BENCH]
}
