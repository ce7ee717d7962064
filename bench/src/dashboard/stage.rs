//! The demo's chain with its seven days, and an oracle of our own in the place of the demo's.

use std::{net::TcpListener, path::PathBuf, process::Command, time::Duration};

use anyhow::{Context, Result};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use trellis_client::Chain;

use super::{
    crowd::Core,
    process::{Process, built, target_folder, wait_for},
    rpc::CrowdedRpc,
};
use crate::world::disk_folder;

const PATIENCE: Duration = Duration::from_secs(300);

/// The network and whatever serves it.
pub struct Stage {
    runtime: Runtime,
    chain_url: String,
    websocket_url: String,
    rpc: CrowdedRpc,
    /// What the oracle asks.
    rpc_url: String,
    core: Core,
    oracle_program: PathBuf,
    dist: PathBuf,
    folder: TempDir,
    _demo: Process,
}

impl Stage {
    /// Plays the demo, and keeps its chain. Its oracle ends: it asks the chain far more often than one in earnest.
    pub fn set() -> Result<Self> {
        let target = target_folder()?;
        let trellis = built(target.join("debug/trellis"), "make binaries")?;
        let dist = built(target.join("app/dist"), "make app")?;
        let oracle_program = built(std::env::current_exe()?.with_file_name("trellis-oracle"), "make bench")?;
        let folder = disk_folder()?;
        let mut command = Command::new(trellis);
        command.args(["demo", "--seed", "5", "--keep", "--unclaimed", "--json", "--work-dir"]).arg(folder.path());
        let mut demo = Process::start("demo", folder.path(), &mut command)?;
        let said = wait_for("the demo", PATIENCE, || {
            demo.check()?;
            let said = demo.stderr()?;
            Ok(said.lines().any(|line| line.starts_with("  vault ")).then_some(said))
        })?;
        let chain = said.lines().find_map(|line| line.strip_prefix("  chain ")).context("the demo's chain")?;
        let chain: Vec<&str> = chain.split_whitespace().collect();
        for process in demo.children()? {
            kill(Pid::from_raw(process), Signal::SIGTERM)?;
        }
        let report: Value = serde_json::from_str(&demo.stdout()?)?;
        let chain_url = (*chain.first().context("the chain's address")?).to_owned();
        let (runtime, rpc) = (Runtime::new()?, CrowdedRpc::new(&chain_url));
        let network = report["network"].as_str().context("the network's address")?.parse()?;
        let core = runtime.block_on(Core::read(&Chain::new(&chain_url), network))?;
        Ok(Self {
            rpc_url: format!("http://{}", runtime.block_on(rpc.serve())?),
            rpc,
            runtime,
            chain_url,
            websocket_url: chain.last().context("the websocket's address")?.trim_end_matches(')').to_owned(),
            core,
            oracle_program,
            dist,
            folder,
            _demo: demo,
        })
    }

    /// From now on the network has `devices`, and operators who own them.
    pub fn grow(&self, devices: u32) -> Result<()> {
        let (crowd, network) = self.core.grow(devices)?;
        self.runtime.block_on(self.rpc.take(crowd, &network))
    }

    /// Starts an oracle over the demo's files, told as one in earnest would be; returns when it knows all devices.
    pub fn oracle(&self, devices: u32) -> Result<Oracle> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let setting = |name: &str| format!("TRELLIS_ORACLE_{name}");
        let mut command = Command::new(&self.oracle_program);
        command.args(["--config", "oracle.toml"]).current_dir(self.folder.path());
        command.env(setting("LISTEN"), format!("127.0.0.1:{port}"));
        command
            .env(setting("RPC_URL"), &self.rpc_url)
            .env(setting("WS_URL"), &self.websocket_url)
            .env(setting("POLL_MS"), "2000")
            .env(setting("RPC_TIMEOUT_MS"), "120000");
        command.env(setting("DASHBOARD__DIR"), &self.dist).env(setting("DASHBOARD__RPC_URL"), &self.chain_url);
        let mut process = Process::start("oracle", self.folder.path(), &mut command)?;
        let url = format!("http://127.0.0.1:{port}");
        wait_for("the oracle's directory of all devices", PATIENCE, || {
            process.check()?;
            let known = self.runtime.block_on(devices_known(&url));
            Ok((known.ok().flatten() == Some(devices.into())).then_some(()))
        })?;
        Ok(Oracle { url, _process: process })
    }
}

/// `None` until the oracle has also read what the vault says of the epochs.
async fn devices_known(url: &str) -> Result<Option<u64>> {
    let status: Value = reqwest::get(format!("{url}/v1/status")).await?.json().await?;
    Ok(status["devices"].as_u64().filter(|_| status["next_to_finalize"].is_u64()))
}

/// An oracle that runs until it is dropped.
pub struct Oracle {
    pub url: String,
    _process: Process,
}
