//! The oracle's process.

use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    process::Stdio,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use nix::{sys::signal, unistd::Pid};
use serde::Deserialize;
use solana_address::Address;
use solana_keypair::Keypair;
use tokio::process::{Child, Command};

use super::keys::write_key;

/// How long after its end an epoch still takes readings.
pub const GRACE_SECONDS: u32 = 600;
const START_TIMEOUT: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(25);

/// How to run the oracle, and the one that runs now.
pub struct OracleProcess {
    program: PathBuf,
    folder: PathBuf,
    /// Its settings, in the folder; and what comes over them, from the environment.
    settings: &'static str,
    changed: Vec<(&'static str, String)>,
    log: PathBuf,
    pub url: Arc<str>,
    http: reqwest::Client,
    child: Child,
}

/// What the oracle of a demo is told.
pub struct OracleSettings<'a> {
    pub rpc_url: &'a str,
    pub network: Address,
    pub policy: &'a str,
    /// The built dashboard's folder.
    pub dashboard: Option<&'a Path>,
}

/// What the demo reads of `GET /v1/status`.
#[derive(Debug, Deserialize)]
pub struct Status {
    pub now_unix: i64,
    pub next_to_close: u64,
    pub next_to_finalize: Option<u64>,
    pub acknowledged: u64,
    pub problem: Option<String>,
}

impl OracleProcess {
    /// Writes settings and keys into `folder` and starts the oracle: `relay` pays for claims that it relays.
    pub async fn start(folder: &Path, settings: &OracleSettings<'_>, key: &Keypair, relay: &Keypair) -> Result<Self> {
        std::fs::create_dir_all(folder)?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        write_files(folder, settings, key, port)?;
        write_key(&folder.join("relay-key.json"), relay)?;
        let url = format!("http://127.0.0.1:{port}");
        Self::start_with(folder, "oracle.toml", &folder.join("oracle.log"), &url, &[]).await
    }

    /// Starts the oracle with the settings that lie in `folder`, and `changed` over them, which make it listen at `url`.
    /// What it says goes to `log`.
    pub async fn start_with(
        folder: &Path,
        settings: &'static str,
        log: &Path,
        url: &str,
        changed: &[(&'static str, String)],
    ) -> Result<Self> {
        let program = program_path()?;
        let (folder, log, changed) = (folder.to_owned(), log.to_owned(), changed.to_vec());
        let child = spawn(&program, &folder, settings, &log, &changed)?;
        let http = reqwest::Client::new();
        let mut oracle = Self { program, folder, settings, changed, log, url: url.into(), http, child };
        oracle.wait_until(|_| true).await?;
        Ok(oracle)
    }

    /// Its last words, if it has ended.
    pub fn has_ended(&mut self) -> Result<Option<String>> {
        Ok(self.child.try_wait()?.map(|_| self.last_words()))
    }

    pub fn bundles(&self) -> PathBuf {
        self.folder.join("bundles")
    }

    pub fn process_id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Kills the process as a power cut would: SIGKILL, no last words.
    pub async fn kill_hard(&mut self) -> Result<()> {
        self.child.kill().await.context("cannot kill the oracle")
    }

    /// Starts it again, with the same files.
    pub async fn restart(&mut self) -> Result<()> {
        self.child = spawn(&self.program, &self.folder, self.settings, &self.log, &self.changed)?;
        self.wait_until(|_| true).await.map(|_| ())
    }

    /// Asks it to stop and waits until it has.
    pub async fn stop(mut self) -> Result<()> {
        if let Some(id) = self.child.id() {
            signal::kill(Pid::from_raw(i32::try_from(id)?), signal::Signal::SIGTERM)?;
        }
        let status = self.child.wait().await?;
        anyhow::ensure!(status.success(), "the oracle stopped with {status}; see {}", self.log.display());
        Ok(())
    }

    /// Waits until the status is as wanted.
    pub async fn wait_until(&mut self, wanted: impl Fn(&Status) -> bool) -> Result<Status> {
        let started = Instant::now();
        let mut last = None;
        while started.elapsed() < START_TIMEOUT {
            if let Ok(status) = self.status().await {
                if wanted(&status) {
                    return Ok(status);
                }
                last = Some(status);
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("the oracle ended with {status}: {}", self.last_words());
            }
            tokio::time::sleep(POLL).await;
        }
        let problem = last.and_then(|status| status.problem).unwrap_or_else(|| self.last_words());
        bail!("the oracle did not get there within {} s: {problem}", START_TIMEOUT.as_secs())
    }

    pub async fn status(&self) -> Result<Status> {
        self.get("/v1/status").await
    }

    /// GETs JSON from the API.
    pub async fn get<T: for<'de> Deserialize<'de>>(&self, path: &str) -> Result<T> {
        let response = self.http.get(format!("{}{path}", self.url)).send().await?;
        let status = response.status();
        let body = response.text().await?;
        anyhow::ensure!(status.is_success(), "{path} answered {status}: {body}");
        serde_json::from_str(&body).with_context(|| format!("{path} answered {body}"))
    }

    fn last_words(&self) -> String {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        log.lines().last().unwrap_or("it said nothing").to_owned()
    }
}

fn program_path() -> Result<PathBuf> {
    let beside = std::env::current_exe()?.with_file_name("trellis-oracle");
    if !beside.exists() {
        bail!("{} is not there: run `cargo build -p trellis-oracle --ignore-rust-version`", beside.display());
    }
    Ok(beside)
}

fn write_files(folder: &Path, settings: &OracleSettings<'_>, key: &Keypair, port: u16) -> Result<()> {
    let OracleSettings { rpc_url, network, policy, dashboard } = *settings;
    std::fs::write(folder.join("policy.toml"), policy)?;
    write_key(&folder.join("oracle-key.json"), key)?;
    let mut settings = format!(
        "rpc_url = \"{rpc_url}\"\nnetwork = \"{network}\"\nlisten = \"127.0.0.1:{port}\"\ndata_dir = \"data\"\n\
         bundle_dir = \"bundles\"\npolicy = \"policy.toml\"\nkeypair = \"oracle-key.json\"\nclock = \"chain\"\n\
         grace_seconds = {GRACE_SECONDS}\npoll_ms = 50\n[relay]\nkeypair = \"relay-key.json\"\ncreate_accounts = true\n"
    );
    if let Some(dir) = dashboard {
        settings += &format!("\n[dashboard]\ndir = {:?}\nrpc_url = \"{rpc_url}\"\n", dir.display().to_string());
    }
    std::fs::write(folder.join("oracle.toml"), settings)?;
    Ok(())
}

fn spawn(
    program: &Path,
    folder: &Path,
    settings: &str,
    log: &Path,
    changed: &[(&'static str, String)],
) -> Result<Child> {
    let log = std::fs::File::options().create(true).append(true).open(log)?;
    Command::new(program)
        .args(["--config", settings])
        .envs(changed.iter().map(|(name, value)| (name, value)))
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("cannot start {}", program.display()))
}
