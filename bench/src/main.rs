//! `make bench`: every claim of speed or size, measured beside a peer or a limit in the same run.

mod benches;
mod child;
mod dashboard;
mod ingest;
mod machine;
mod report;
mod row;
mod world;

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use clap::Parser;

use row::Row;

/// Measures, and writes target/bench.json and BENCHMARKS.md. What is there of benches that are not run stays.
#[derive(Parser)]
struct Arguments {
    /// One bench alone, by its name.
    #[arg(long)]
    only: Option<String>,
    /// Where `bench.json` goes.
    #[arg(long, env = "CARGO_TARGET_DIR", default_value = "target")]
    target: PathBuf,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let all = benches::all();
    let chosen: Vec<_> =
        all.iter().filter(|bench| arguments.only.as_deref().is_none_or(|name| name == bench.name)).collect();
    if chosen.is_empty() {
        let names: Vec<_> = all.iter().map(|bench| bench.name).collect();
        bail!("no bench is called {}: there are {}", arguments.only.unwrap_or_default(), names.join(", "));
    }
    let json = arguments.target.join("bench.json");
    let (mut figures, mut missed) = (0, 0);
    for bench in &chosen {
        println!("{}: {}", bench.name, bench.about);
        let rows: Vec<Row> = (bench.run)()?.into_iter().map(|row| row.of(bench.name)).collect();
        for row in &rows {
            println!("  {row}");
            figures += 1;
            missed += usize::from(!row.is_met());
        }
        // After each, so that one that fails takes nothing along.
        let known = report::merge(&json, bench.name, rows)?;
        report::write_page(Path::new("BENCHMARKS.md"), &all, &known)?;
    }
    println!("make bench: {figures} figures, {missed} short of their goal");
    Ok(())
}
