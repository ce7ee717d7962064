//! `trellis up`.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, bail};
use serde_json::json;
use solana_address::Address;
use solana_keypair::Keypair;
use solana_signer::Signer;
use tokio::time::{MissedTickBehavior, interval};
use trellis_client::Chain;

use super::{
    StopSignal, Unusable, dashboard_folder, localnet,
    profile::{PROFILE_FILE, Profile},
};
use crate::{
    demo::oracle::OracleProcess,
    deploy::keys::read_keypair,
    init::{
        answers::is_loopback,
        files::{NETWORK_FILE, ORACLE_FILE},
    },
    localnet::{DEFAULT_SLOT_MS, LocalChain, LocalChainConfig, trellis_programs},
    network::{Creation, NetworkPlan},
    output::{self, Say},
};

const LAMPORTS_PER_SOL: u64 = 1_000_000_000;
/// What the founder and each oracle are given on the local chain.
const GIVEN_LAMPORTS: u64 = 100 * LAMPORTS_PER_SOL;
/// Below the network's folder: what the oracle keeps while the local chain runs.
const LOCAL_FOLDER: &str = "local";
/// How often the command looks whether all still runs.
const ALIVE_POLL: Duration = Duration::from_millis(500);

/// Runs the network of a folder that `trellis init` made on this machine: a local chain, the network on it, and its
/// oracle, until Ctrl-C.
///
/// Chain and epochs begin anew every time, and nothing of them is kept. What the oracle kept of the last run, in the folder
/// `local`, is removed at the start.
#[derive(Clone, Debug, clap::Args)]
pub struct UpArgs {
    /// The network's folder
    #[arg(value_name = "DIR", default_value = ".")]
    pub folder: PathBuf,
    /// Port of the chain's websocket; 0 picks a free one
    #[arg(long, default_value_t = 8900)]
    pub ws_port: u16,
    /// Milliseconds between blocks
    #[arg(long, default_value_t = DEFAULT_SLOT_MS)]
    pub slot_ms: u64,
    /// The folder of the built dashboard (`make app`), which the oracle then serves
    #[arg(long, value_name = "DIR")]
    pub dashboard: Option<PathBuf>,
    /// A further balance to give at the start, such as 7xKX...=2.5; may be repeated
    #[arg(long = "airdrop", value_name = "ADDRESS=SOL", value_parser = localnet::parse_airdrop)]
    pub airdrops: Vec<(Address, u64)>,
}

/// What runs.
struct Running {
    local: LocalChain,
    oracle: OracleProcess,
    network: Address,
    name: String,
}

/// # Errors
/// The folder is no network's, a port is taken, or what was started ends by itself.
pub async fn run(args: &UpArgs, json: bool) -> anyhow::Result<()> {
    let mut stop = StopSignal::listen()?;
    // What is dropped in the middle takes chain and oracle with it.
    let mut running = tokio::select! {
        started = start(args, Say::new(json)) => started?,
        () = stop.wait() => bail!("stopped by a signal in the middle; chain and oracle are stopped too"),
    };
    match json {
        true => output::result(running.in_json())?,
        false => output::result(running.in_words())?,
    }
    let outcome = wait(&mut running, stop).await;
    let Running { local, oracle, .. } = running;
    let stopped = oracle.stop().await;
    tokio::task::spawn_blocking(move || local.stop()).await?;
    outcome.and(stopped)
}

async fn start(args: &UpArgs, say: Say) -> anyhow::Result<Running> {
    let profile = Profile::of(&args.folder)?;
    let (rpc_port, oracle_url) = addresses_of(&profile, &args.folder)?;
    let keypair = profile.keypair.clone().unwrap_or_else(|| args.folder.join("keys/founder.json"));
    let founder = read_keypair(&keypair)?;
    let mut plan = NetworkPlan::read(&args.folder.join(NETWORK_FILE), founder.pubkey())?;
    check_address(&plan, &profile, &args.folder)?;
    let local = start_chain(args, rpc_port, &plan, &founder).await?;
    say.line(format!("local chain    {}", local.rpc_url()));
    let chain = Chain::new(&local.rpc_url());
    plan.settle_genesis(&chain).await?;
    Creation::look(&chain, &plan).await?.carry_out(&founder, |_| ()).await.context("creating the network")?;
    say.line(format!("network        {} at {}", plan.file.name, plan.address));
    let dashboard = args.dashboard.as_deref().map(dashboard_folder).transpose()?;
    let oracle = start_oracle(&args.folder, &local, &oracle_url, dashboard.as_deref()).await?;
    say.line(format!("oracle         {oracle_url}"));
    if dashboard.is_some() {
        say.line(format!("pages          {oracle_url}/"));
    }
    Ok(Running { local, oracle, network: plan.address, name: plan.file.name.clone() })
}

/// The port of the chain, and the oracle's address.
fn addresses_of(profile: &Profile, folder: &Path) -> Result<(u16, String), Unusable> {
    let file = folder.join(PROFILE_FILE).display().to_string();
    let wanted = |name: &str, value: Option<&String>| match value {
        None => Err(Unusable(format!("{file} names no {name}: `trellis init` makes a folder for a network"))),
        Some(value) if is_loopback(value) => Ok(value.clone()),
        Some(value) => Err(Unusable(format!(
            "{file}: {name} is {value}, which is not on this machine; `trellis network create` puts a network on a cluster"
        ))),
    };
    let (url, oracle) = (wanted("url", profile.url.as_ref())?, wanted("oracle", profile.oracle.as_ref())?);
    let port = reqwest::Url::parse(&url).ok().and_then(|url| url.port());
    let port = port.ok_or_else(|| Unusable(format!("{file}: url is {url}, without a port")))?;
    Ok((port, oracle))
}

fn check_address(plan: &NetworkPlan, profile: &Profile, folder: &Path) -> Result<(), Unusable> {
    match profile.network().map_err(Unusable)? {
        Some(network) if network != plan.address => Err(Unusable(format!(
            "{}: network is {network}, and {NETWORK_FILE} with the founder's key makes {}: the name or the key was changed \
             after `trellis init`; set it to the second, here and in {ORACLE_FILE}",
            folder.join(PROFILE_FILE).display(),
            plan.address
        ))),
        _ => Ok(()),
    }
}

async fn start_chain(
    args: &UpArgs,
    rpc_port: u16,
    plan: &NetworkPlan,
    founder: &Keypair,
) -> anyhow::Result<LocalChain> {
    let oracles = plan.file.oracles.members.iter().map(|member| member.address);
    let given = std::iter::once(founder.pubkey()).chain(oracles).map(|address| (address, GIVEN_LAMPORTS));
    let config = LocalChainConfig {
        rpc_port,
        ws_port: args.ws_port,
        slot_ms: args.slot_ms,
        start_time: None,
        programs: trellis_programs(None, founder.pubkey()),
        airdrops: given.chain(args.airdrops.iter().copied()).collect(),
    };
    tokio::task::spawn_blocking(move || LocalChain::start(config)).await?.map_err(localnet::refused)
}

/// The oracle as `oracle.toml` says, but with the local chain and a folder of its own.
async fn start_oracle(
    folder: &Path,
    local: &LocalChain,
    url: &str,
    dashboard: Option<&Path>,
) -> anyhow::Result<OracleProcess> {
    let kept = folder.join(LOCAL_FOLDER);
    if kept.exists() {
        std::fs::remove_dir_all(&kept).with_context(|| format!("cannot remove {}", kept.display()))?;
    }
    std::fs::create_dir_all(&kept).with_context(|| format!("cannot make {}", kept.display()))?;
    let listen = url.trim_start_matches("http://").trim_end_matches('/').to_owned();
    let mut changed = vec![
        ("TRELLIS_ORACLE_RPC_URL", local.rpc_url()),
        ("TRELLIS_ORACLE_LISTEN", listen),
        ("TRELLIS_ORACLE_DATA_DIR", format!("{LOCAL_FOLDER}/data")),
        ("TRELLIS_ORACLE_BUNDLE_DIR", format!("{LOCAL_FOLDER}/bundles")),
    ];
    if let Some(dir) = dashboard {
        changed.push(("TRELLIS_ORACLE_DASHBOARD__DIR", dir.display().to_string()));
        changed.push(("TRELLIS_ORACLE_DASHBOARD__RPC_URL", local.rpc_url()));
    }
    OracleProcess::start_with(folder, ORACLE_FILE, &kept.join("oracle.log"), url, &changed).await
}

/// Returns on a signal, or with an error when chain or oracle have ended by themselves.
async fn wait(running: &mut Running, mut stop: StopSignal) -> anyhow::Result<()> {
    let mut alive = interval(ALIVE_POLL);
    alive.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.wait() => return Ok(()),
            _ = alive.tick() => {
                if !running.local.is_running() {
                    bail!("the local chain ended by itself: start it again");
                }
                if let Some(words) = running.oracle.has_ended()? {
                    bail!("the oracle ended by itself: {words}");
                }
            }
        }
    }
}

impl Running {
    fn in_json(&self) -> serde_json::Value {
        json!({
            "rpc_url": self.local.rpc_url(),
            "ws_url": self.local.ws_url(),
            "oracle_url": &*self.oracle.url,
            "network": self.network.to_string(),
            "name": self.name,
            "pid": std::process::id(),
        })
    }

    fn in_words(&self) -> String {
        "OK: all of it runs until Ctrl-C. In another terminal, in this folder:\n  \
         trellis device register device/device-key.json\n  \
         trellis rewards show\n  \
         trellis oracle status"
            .to_owned()
    }
}
