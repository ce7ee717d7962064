//! Where figures go.

use std::{fs, path::Path};

use anyhow::{Context, Result};

use crate::{machine, row::Row};

pub fn write_json(path: &Path, rows: &[Row]) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let text = serde_json::to_string_pretty(rows)? + "\n";
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

pub fn write_page(path: &Path, rows: &[Row]) -> Result<()> {
    let mut page = String::from(
        "# Benchmarks\n\nWritten by `make bench`: each figure beside a peer or a limit that was measured in the same run, on the \
         same cores.\n\n",
    );
    page += &format!("Machine: {}.\n\n", machine::describe());
    page += "| figure | value | beside | that | ratio | goal |\n|---|---|---|---|---|---|\n";
    for Row { name, value, unit, reference, reference_value, ratio, goal } in rows {
        page += &format!("| {name} | {value:.3} {unit} | {reference} | {reference_value:.3} | {ratio:.3} | {goal} |\n");
    }
    fs::write(path, page).with_context(|| format!("cannot write {}", path.display()))
}
