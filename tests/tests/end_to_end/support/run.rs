//! One run of the demo, which several tests look at.

use std::{path::PathBuf, sync::OnceLock};

use serde_json::Value;

use super::{fresh_folder, process::trellis};

/// A demo that has run to its end.
pub struct DemoRun {
    pub folder: PathBuf,
    /// What it printed with `--json`.
    pub report: Value,
}

impl DemoRun {
    /// Runs the demo with `seed`; it must succeed.
    pub fn play(seed: u64, name: &str) -> Self {
        let folder = fresh_folder(name);
        let arguments = ["demo", "--seed", &seed.to_string(), "--json", "--work-dir", folder.to_str().unwrap()];
        let finished = trellis(&arguments);
        assert_eq!(finished.code, Some(0), "{finished:?}");
        Self { report: finished.json(), folder }
    }

    /// The run with seed 7, played once for all tests.
    pub fn first() -> &'static Self {
        static FIRST: OnceLock<DemoRun> = OnceLock::new();
        FIRST.get_or_init(|| Self::play(7, "demo-first"))
    }

    pub fn bundle(&self, epoch: usize) -> PathBuf {
        self.folder.join(format!("bundles/epoch-{epoch:08}"))
    }

    pub fn roots(&self) -> Vec<&str> {
        self.report["roots"].as_array().unwrap().iter().map(|root| root.as_str().unwrap()).collect()
    }
}
