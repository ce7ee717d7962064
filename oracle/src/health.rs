//! Is the oracle fit to take attestations?

use std::{io::Write, path::PathBuf, sync::Arc, time::Duration};

use crate::{chain_view::SnapshotCell, clock::Clock, log::Log, metrics::Metrics};

/// Looks at what taking attestations needs. Clones look at the same.
#[derive(Clone)]
pub struct Health {
    pub snapshot: SnapshotCell,
    pub clock: Clock,
    pub data_dir: PathBuf,
    pub log: Arc<dyn Log>,
    /// Oldest registry to judge by.
    pub max_age: Duration,
    pub metrics: Metrics,
}

impl Health {
    /// What is wrong, in words; nothing if the oracle is ready.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let age = self.snapshot.age();
        if age > self.max_age {
            let (age, most) = (age.as_secs(), self.max_age.as_secs());
            problems.push(format!("the registry was last read {age} s ago, at most {most} are allowed: see the chain"));
        }
        if !self.clock.is_known() {
            problems.push("the chain's clock was not heard for 30 s, so the time is not known".to_owned());
        }
        if let Err(error) = self.write() {
            problems.push(format!("the data folder cannot be written: {error}"));
        }
        problems.extend(self.log.problem());
        self.metrics.ready(problems.is_empty());
        problems
    }

    /// A disk that is full, gone or read-only shows here before it does in the log.
    fn write(&self) -> std::io::Result<()> {
        let path = self.data_dir.join(".writable");
        let mut file = std::fs::File::create(&path)?;
        file.write_all(b"trellis")?;
        file.sync_all()?;
        std::fs::remove_file(path)
    }
}
