//! Programs that run beside the bench.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};

const LOOK_EVERY: Duration = Duration::from_millis(50);

/// The folder that everything is built into: this program lies in `release` or `debug` of it.
pub fn target_folder() -> Result<PathBuf> {
    let program = std::env::current_exe().context("the path of this program")?;
    Ok(program.ancestors().nth(2).context("the folder above this program's")?.to_owned())
}

/// A built file, which `made_by` makes.
pub fn built(path: PathBuf, made_by: &str) -> Result<PathBuf> {
    ensure!(path.exists(), "{} is not there: run `{made_by}` first", path.display());
    Ok(path)
}

/// Looks until `probe` gives something.
pub fn wait_for<T>(what: &str, patience: Duration, mut probe: impl FnMut() -> Result<Option<T>>) -> Result<T> {
    let deadline = Instant::now() + patience;
    loop {
        if let Some(found) = probe()? {
            return Ok(found);
        }
        ensure!(Instant::now() < deadline, "{what}: not within {} s", patience.as_secs());
        sleep(LOOK_EVERY);
    }
}

/// A process that is killed when dropped. What it says is in files.
pub struct Process {
    child: Child,
    name: &'static str,
    stdout: PathBuf,
    stderr: PathBuf,
}

impl Process {
    /// Runs `command`; what it says goes to files in `folder`.
    pub fn start(name: &'static str, folder: &Path, command: &mut Command) -> Result<Self> {
        let [stdout, stderr] = ["out", "err"].map(|ending| folder.join(format!("{name}.{ending}")));
        command.stdin(Stdio::null()).stdout(File::create(&stdout)?).stderr(File::create(&stderr)?);
        let child = command.spawn().with_context(|| format!("cannot start {name}"))?;
        Ok(Self { child, name, stdout, stderr })
    }

    pub fn stdout(&self) -> Result<String> {
        Ok(fs::read_to_string(&self.stdout)?)
    }

    pub fn stderr(&self) -> Result<String> {
        Ok(fs::read_to_string(&self.stderr)?)
    }

    /// The processes that it has started and that still run.
    pub fn children(&self) -> Result<Vec<i32>> {
        let mut children = Vec::new();
        for thread in fs::read_dir(format!("/proc/{}/task", self.child.id())).context("only Linux tells children")? {
            let told = fs::read_to_string(thread?.path().join("children"))?;
            children.extend(told.split_whitespace().filter_map(|child| child.parse::<i32>().ok()));
        }
        Ok(children)
    }

    /// Errors with its last words if it has ended.
    pub fn check(&mut self) -> Result<()> {
        if let Some(status) = self.child.try_wait()? {
            bail!("{} ended with {status}: {}", self.name, self.stderr()?);
        }
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
