//! A measurement in a process of its own, so that its memory is its own.

use std::{
    collections::BTreeMap,
    env, fs,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use anyhow::{Context, Result, bail, ensure};

/// Says to the child what to measure.
const VARIABLE: &str = "TRELLIS_BENCH_CHILD";

/// Figures by name.
pub type Figures = BTreeMap<String, f64>;

/// What this process is to measure, if it is a child.
pub fn task() -> Option<String> {
    env::var(VARIABLE).ok()
}

/// Runs bench `bench` of this program again, as a child with `task`, and returns its figures.
pub fn run(bench: &str, task: &str) -> Result<Figures> {
    let program = env::current_exe().context("the path of this program")?;
    let output = Command::new(program).args(["--only", bench]).env(VARIABLE, task).output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.success(), "{bench} {task} failed: {text}{}", String::from_utf8_lossy(&output.stderr));
    let line = text.lines().last().context("the child said nothing")?;
    Ok(serde_json::from_str(line)?)
}

/// A child that goes on until it is dropped.
pub struct Running {
    child: Child,
    /// What it said first.
    pub first_line: String,
}

impl Running {
    /// Starts bench `bench` of this program as a child with `task`, and waits for its first line.
    pub fn start(bench: &str, task: &str) -> Result<Self> {
        let program = env::current_exe().context("the path of this program")?;
        let mut command = Command::new(program);
        command.args(["--only", bench]).env(VARIABLE, task).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut running = Self { child: command.spawn()?, first_line: String::new() };
        let mut lines = BufReader::new(running.child.stdout.take().context("the child's output")?).lines();
        // The bench says what it is about first.
        running.first_line = lines.nth(1).context("the child said nothing")??;
        Ok(running)
    }

    /// Kills it at once, as a power cut would.
    pub fn kill(mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Ends a child with its figures and the most memory it had resident, in MB.
pub fn finish(mut figures: Figures) -> Result<std::convert::Infallible> {
    let status = fs::read_to_string("/proc/self/status").context("only Linux tells how much memory was resident")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix("kB"));
    let Some(kib) = peak.and_then(|kib| kib.trim().parse::<f64>().ok()) else { bail!("no VmHWM in {status}") };
    figures.insert("resident_mb".to_owned(), kib * 1024.0 / 1e6);
    println!("{}", serde_json::to_string(&figures)?);
    std::process::exit(0)
}

/// A figure of the child's.
pub fn figure(figures: &Figures, name: &str) -> Result<f64> {
    figures.get(name).copied().with_context(|| format!("the child gave no {name}"))
}
