//! Visits of pages in Chromium, each with nothing cached: `app/browser/speed.mjs` makes and times them.

use std::{
    collections::BTreeMap,
    process::{Command, Stdio},
};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use super::process::{built, target_folder};

/// A page's visits.
#[derive(Debug, Deserialize)]
pub struct Visits {
    /// From the beginning of the navigation until everything that the page shows is there.
    pub there_ms: Vec<f64>,
    /// From a click until what it asks for is there.
    pub click_ms: Vec<f64>,
    /// All that was fetched for it, as it came over the wire.
    pub bytes: f64,
    pub script_bytes: f64,
    /// The oracle's answers among it.
    pub answer_bytes: f64,
}

/// Pages by name, `visits` times each. Pictures of them are left in the target folder, their names with `label`.
pub fn visit(url: &str, visits: u32, label: &str) -> Result<BTreeMap<String, Visits>> {
    let app = built(target_folder()?.join("app"), "make app")?;
    let mut command = Command::new("node");
    command.arg(built(app.join("browser/speed.mjs"), "make app")?).args([url, &visits.to_string(), label]);
    command.env("CARGO_TARGET_DIR", target_folder()?).stderr(Stdio::inherit());
    let output = command.output().context("cannot run node: Node.js 20 or newer is needed")?;
    ensure!(output.status.success(), "the visits failed: {}", String::from_utf8_lossy(&output.stdout));
    Ok(serde_json::from_slice(&output.stdout)?)
}

pub fn median(of: &[f64]) -> f64 {
    let mut sorted = of.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

pub fn worst(of: &[f64]) -> f64 {
    of.iter().copied().fold(f64::NAN, f64::max)
}
