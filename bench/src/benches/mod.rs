//! One file a bench; this is their list.

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
    Vec::new()
}
