//! One file a bench; this is their list.

pub mod close;
mod dashboard;
mod ingest;
mod log;
mod million;
mod soak;
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
    vec![
        verify::BENCH,
        ingest::BENCH,
        log::BENCH,
        tree::BENCH,
        million::BENCH,
        close::BENCH,
        dashboard::BENCH,
        soak::BENCH,
    ]
}
