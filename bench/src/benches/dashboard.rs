//! Pages of the dashboard in a browser, with a few devices and with a hundred thousand.

use std::{collections::BTreeMap, fs, thread};

use anyhow::{Context, Result};

use super::Bench;
use crate::{
    dashboard::{
        stage::Stage,
        visits::{Visits, median, visit, worst},
    },
    row::{Goal, Row},
};

pub const BENCH: Bench = Bench {
    name: "dashboard",
    about: "the dashboard's pages in Chromium with nothing cached: until all figures and the map are there and a click is \
            answered; on the demo's network, and with 100,000 devices of 20,000 operators, in nearly as many H3 cells, added to it. \
            Chain, oracle and browser share the cores",
    run,
};

const DEMO_DEVICES: u32 = 4;
const TENTH: u32 = 10_000;
const DEVICES: u32 = 100_000;
const VISITS: u32 = 11;
const DEMO_LIMIT_MS: f64 = 1_000.0;
const LIMIT_MS: f64 = 2_000.0;
const SCRIPT_LIMIT_BYTES: f64 = 250_000.0;

type Pages = BTreeMap<String, Visits>;

fn run() -> Result<Vec<Row>> {
    let stage = Stage::set()?;
    let measure = |devices: u32, label: &str| -> Result<Pages> {
        let oracle = stage.oracle(devices)?;
        println!("  visiting, with {devices} devices");
        visit(&oracle.url, VISITS, label)
    };
    let demo = measure(DEMO_DEVICES, "demo")?;
    stage.grow(TENTH)?;
    let tenth = measure(TENTH, "tenth")?;
    stage.grow(DEVICES)?;
    let crowd = measure(DEVICES, "crowd")?;

    let (few, many) = (page(&demo, "first")?, page(&crowd, "first")?);
    let mut rows = timed("demo network: first page", few, DEMO_LIMIT_MS);
    rows.extend(timed("100,000 devices: first page", many, LIMIT_MS));
    for (name, title) in
        [("devices", "list of devices"), ("operators", "list of operators"), ("cell", "a cell of the map")]
    {
        rows.extend(timed(&format!("100,000 devices: {title}"), page(&crowd, name)?, LIMIT_MS));
    }
    let limit = "the limit";
    let bytes = |name: &str, bytes: f64, beside: (&str, f64), most: f64| {
        Row::new(name, (bytes / 1e3, "kB"), (beside.0, beside.1 / 1e3), Goal::AtMost(most))
    };
    let answers = ("those with 10,000", page(&tenth, "first")?.answer_bytes);
    rows.push(bytes("first page: JavaScript", many.script_bytes, (limit, SCRIPT_LIMIT_BYTES), 1.0));
    rows.push(bytes("100,000 devices: the oracle's answers for the first page", many.answer_bytes, answers, 1.1));
    rows.push(Row::new(
        "first page: all of it",
        (many.bytes / 1e3, "kB"),
        ("on the demo network", few.bytes / 1e3),
        Goal::None,
    ));
    let cores = thread::available_parallelism().map_or(1, std::num::NonZero::get) as f64;
    rows.push(Row::new(
        "load of the machine at the end, average of a minute",
        (load()?, "processes"),
        ("cores", cores),
        Goal::None,
    ));
    Ok(rows)
}

fn page<'a>(pages: &'a Pages, name: &str) -> Result<&'a Visits> {
    pages.get(name).with_context(|| format!("no visit of {name}"))
}

/// Until it is there and a click is answered: the median visit, and the worst.
fn timed(title: &str, visits: &Visits, limit_ms: f64) -> Vec<Row> {
    let whole: Vec<f64> = visits.there_ms.iter().zip(&visits.click_ms).map(|(there, click)| there + click).collect();
    let row = |which: &str, ms: f64| {
        Row::new(format!("{title}, {which}"), (ms, "ms"), ("the limit", limit_ms), Goal::AtMost(1.0))
    };
    vec![row("median", median(&whole)), row("worst", worst(&whole))]
}

fn load() -> Result<f64> {
    let text = fs::read_to_string("/proc/loadavg").context("only Linux tells the load")?;
    text.split(' ').next().and_then(|load| load.parse().ok()).with_context(|| format!("no load in {text}"))
}
