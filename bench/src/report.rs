//! Where figures go.

use std::{fs, io, path::Path};

use anyhow::{Context, Result};

use crate::{benches::Bench, machine, row::Row};

/// Puts `rows` in the place of those that the file has of `bench`, and gives all that are there then.
pub fn merge(path: &Path, bench: &str, rows: Vec<Row>) -> Result<Vec<Row>> {
    let mut all: Vec<Row> = match fs::read(path) {
        // What another version wrote is measured anew.
        Ok(bytes) => serde_json::from_slice(&bytes).unwrap_or_default(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
    };
    all.retain(|row| row.bench != bench);
    all.extend(rows);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let text = serde_json::to_string_pretty(&all)? + "\n";
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(all)
}

/// Writes all rows, bench by bench.
pub fn write_page(path: &Path, benches: &[Bench], rows: &[Row]) -> Result<()> {
    let mut page = String::from(
        "# Benchmarks\n\nWritten by `make bench`: each figure beside a peer or a limit that was measured in the same run, on the \
         same cores. A ratio is the figure divided by what stands beside it.\n\n",
    );
    page += &format!("Machine: {}.\n", machine::describe());
    for bench in benches {
        let of_bench: Vec<&Row> = rows.iter().filter(|row| row.bench == bench.name).collect();
        if of_bench.is_empty() {
            continue;
        }
        page += &format!("\n## {}\n\n{}.\n\n", bench.name, bench.about);
        page += "| figure | value | beside | that | ratio | goal |\n|---|---|---|---|---|---|\n";
        for Row { name, value, unit, reference, reference_value, ratio, goal, .. } in of_bench {
            page +=
                &format!("| {name} | {value:.3} {unit} | {reference} | {reference_value:.3} | {ratio:.3} | {goal} |\n");
        }
    }
    fs::write(path, page).with_context(|| format!("cannot write {}", path.display()))
}
