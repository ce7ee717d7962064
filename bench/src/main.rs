//! `make bench`: every claim of speed or size, measured beside a peer or a limit in the same run.

mod benches;
mod child;
mod ingest;
mod machine;
mod report;
mod row;
mod world;

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Parser;

/// Measures, and writes target/bench.json; of all benches at once, also BENCHMARKS.md.
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
    let mut rows = Vec::new();
    for bench in &chosen {
        println!("{}: {}", bench.name, bench.about);
        for row in (bench.run)()? {
            println!("  {row}");
            rows.push(row);
        }
    }
    report::write_json(&arguments.target.join("bench.json"), &rows)?;
    if arguments.only.is_none() {
        report::write_page(std::path::Path::new("BENCHMARKS.md"), &rows)?;
    }
    let missed = rows.iter().filter(|row| !row.is_met()).count();
    println!("make bench: {} figures, {missed} short of their goal", rows.len());
    Ok(())
}
