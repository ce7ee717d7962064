//! `trellis-oracle check`: is everything in place? Changes nothing, and may run beside the oracle.

use std::{fmt, path::Path};

use solana_address::Address;
use trellis_client::{
    Chain,
    accounts::{Network, Vault},
    in_words,
};
use trellis_core::Epoch;
use trellis_epoch::{Policy, close::check_policy};

use crate::{
    bundles::open_store,
    chain_view::{Target, read_snapshot},
    clock::{Clock, machine_unix, median},
    dashboard::Dashboard,
    key::OracleKey,
    log::JetStreamLog,
    mqtt::{self, Broker, Topics, default_client_id},
    relay::watch,
    service::read_policy,
    settings::{KeySource, LogKind, Settings},
    tls,
    watch::low_balance,
};

/// One line of the report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub what: &'static str,
    /// What was found, or what is wrong and what to do.
    pub outcome: Result<String, String>,
    /// Fine now, but somebody should look at it.
    pub warns: bool,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.outcome {
            Ok(found) if self.warns => write!(f, "warning  {}: {found}", self.what),
            Ok(found) => write!(f, "ok       {}: {found}", self.what),
            Err(problem) => write!(f, "problem  {}: {problem}", self.what),
        }
    }
}

/// Everything that can be looked at, in the order in which it matters. All fine if no outcome is an error.
pub async fn check(file: &Path) -> Vec<Line> {
    let mut report = Report::default();
    let loaded = Settings::load(file).map_err(|error| error.to_string());
    report.add("settings", loaded.as_ref().map(|_| file.display().to_string()).map_err(Clone::clone));
    let Ok(settings) = loaded else { return report.0 };
    let key = key_of(&settings);
    report.add("key", key.as_ref().map(|(_, found)| found.clone()).map_err(Clone::clone));
    let policy = read_policy(&settings.policy).map_err(|error| in_words(error.as_ref()));
    report.add("policy", policy.as_ref().map(|_| settings.policy.display().to_string()).map_err(Clone::clone));
    report.add("data_dir", writable(&settings.data_dir));
    report.add("bundle_dir", writable(&settings.bundle_dir));
    report.certificate(&settings);
    report.broker(&settings, key.as_ref().ok().map(|(address, _)| *address)).await;
    if let Some(dir) = &settings.dashboard.dir {
        let read = Dashboard::read(dir, None).map(|_| dir.display().to_string());
        report.add("dashboard", read.map_err(|error| error.to_string()));
    }
    if settings.bundles.url.is_some() {
        report.add("bundle store", bundle_store(&settings).await);
    }
    if settings.log == LogKind::JetStream {
        let servers = settings.jetstream.servers.join(", ");
        let reached = JetStreamLog::reach(&settings.jetstream).await;
        report.add("jetstream", reached.map(|()| servers).map_err(|fault| fault.to_string()));
    }
    report.chain(&settings, key.ok().map(|(address, _)| address), policy.ok()).await;
    report.0
}

#[derive(Default)]
struct Report(Vec<Line>);

impl Report {
    fn add(&mut self, what: &'static str, outcome: Result<String, String>) {
        self.0.push(Line { what, outcome, warns: false });
    }

    fn warn(&mut self, what: &'static str, found: String) {
        self.0.push(Line { what, outcome: Ok(found), warns: true });
    }

    fn certificate(&mut self, settings: &Settings) {
        let Some(files) = settings.tls.files() else { return };
        match tls::load(&files).map(|loaded| tls::expiry_problem(&loaded, machine_unix())) {
            Ok(Some(problem)) => self.warn("tls", problem),
            Ok(None) => self.add("tls", Ok(format!("{} and its key", files.certificate.display()))),
            Err(error) => self.add("tls", Err(error.to_string())),
        }
    }

    async fn broker(&mut self, settings: &Settings, oracle: Option<Address>) {
        let (Ok(Some(address)), Ok(network)) = (settings.mqtt.address(), settings.network_address()) else { return };
        let topics = Topics::new(&settings.mqtt.topic_prefix, &network);
        let outcome = match Broker::new(&settings.mqtt, address, default_client_id(&oracle.unwrap_or_default())) {
            Ok(broker) => {
                let probed = mqtt::probe(&broker, &topics).await;
                let found = format!("{} takes the subscription to {}", broker.shown(), topics.filters()[0]);
                probed.map(|()| found).map_err(|error| format!("the broker {}: {error}", broker.shown()))
            }
            Err(error) => Err(error.to_string()),
        };
        self.add("mqtt", outcome);
    }

    async fn chain(&mut self, settings: &Settings, oracle: Option<Address>, policy: Option<Policy>) {
        let urls = settings.servers();
        let chain = settings.chain();
        let servers = chain.survey(settings.max_slots_behind).await;
        for (server, url) in servers.iter().zip(&urls) {
            let outcome = match server.clock {
                Some((slot, _)) if server.lags => Err(format!(
                    "{url} is at slot {slot}, {} behind the newest of your servers: name another one",
                    server.behind
                )),
                Some((slot, _)) => Ok(format!("{url} is at slot {slot}")),
                None => Err(format!("{url} does not answer as an RPC server of Solana: is the address right?")),
            };
            self.add("rpc", outcome);
        }
        let current = servers.iter().filter(|server| !server.lags);
        let Some(unix) = median(current.filter_map(|server| server.clock.map(|(_, unix)| unix)).collect()) else {
            return;
        };
        let clock = Clock::bounded(settings.clock, unix, settings.clock_max_ahead_seconds);
        self.add("clock", clock.map(|_| format!("the chain shows {unix}")).map_err(|error| error.to_string()));
        let (Ok(network), Ok(vault)) = (settings.network_address(), settings.vault_address()) else { return };
        let target = Target::new(network, vault);
        match chain.fetch::<Network>(&network).await {
            Ok(found) => self.add("network", Ok(format!("{network}, {} devices", found.live_device_count()))),
            Err(error) => return self.add("network", Err(in_words(&error))),
        }
        match read_snapshot(&chain, &target, Epoch(0)).await {
            Ok(snapshot) => {
                self.add("vault", Ok(target.vault.to_string()));
                if let Some(policy) = policy {
                    let same = check_policy(&policy, &snapshot).map_err(|error| in_words(&error));
                    let found = format!("its hash is the network's, {}", hex::encode(snapshot.policy_hash));
                    self.add("policy hash", same.map(|()| found));
                }
            }
            Err(error) => self.add("vault", Err(in_words(error.as_ref()))),
        }
        if let Some(oracle) = oracle {
            self.add("oracle set", membership(&chain, &target.vault, &oracle).await);
            self.add("balance", balance(&chain, &oracle, settings.balance_alarm_lamports).await);
        }
        if let Some(keypair) = &settings.relay.keypair {
            self.add("relay", relay(&chain, keypair, oracle, settings.relay.alarm_lamports).await);
        }
    }
}

fn key_of(settings: &Settings) -> Result<(Address, String), String> {
    let source = settings.key_source().map_err(|error| error.to_string())?;
    match source {
        KeySource::File(path) => {
            let address = OracleKey::read(&path).map_err(|error| in_words(error.as_ref()))?.address();
            Ok((address, format!("{address} in {}, which nobody else may read", path.display())))
        }
        KeySource::Socket(path) => {
            let address = OracleKey::remote(&path).map_err(|error| in_words(&error))?.address();
            Ok((address, format!("{address}, with the signer at {}", path.display())))
        }
    }
}

/// Can files be made in `folder`, or can it be made?
fn writable(folder: &Path) -> Result<String, String> {
    let shown = folder.display();
    if !folder.exists() {
        let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let found = write_in(parent).map(|()| format!("{shown}, to be made at the first start"));
        return found.map_err(|error| format!("{shown} is not there and cannot be made: {error}"));
    }
    write_in(folder).map(|()| shown.to_string()).map_err(|error| format!("{shown} cannot be written: {error}"))
}

fn write_in(folder: &Path) -> std::io::Result<()> {
    let path = folder.join(format!(".trellis-check-{}", std::process::id()));
    std::fs::write(&path, "trellis")?;
    std::fs::remove_file(path)
}

/// Can the store be read?
async fn bundle_store(settings: &Settings) -> Result<String, String> {
    let store = open_store(settings).map_err(|error| in_words(error.as_ref()))?;
    let Some(store) = store else { return Ok("none".to_owned()) };
    store.probe().await.map(|()| store.location().to_string()).map_err(|error| in_words(&error))
}

async fn membership(chain: &Chain, vault: &Address, oracle: &Address) -> Result<String, String> {
    let state: Vault = chain.fetch(vault).await.map_err(|error| in_words(&error))?;
    match state.oracle_position(oracle) {
        Some(position) => {
            let weight = state.weights.get(position).copied().unwrap_or(0);
            Ok(format!("weight {weight}, {} are wanted for a root", state.threshold))
        }
        None => Err(format!("the vault's oracle set does not name {oracle}: the network's authority can add it")),
    }
}

/// Is the relay's key one of its own, and does it have enough?
async fn relay(chain: &Chain, keypair: &Path, oracle: Option<Address>, wanted: u64) -> Result<String, String> {
    let payer = OracleKey::read(keypair).map_err(|error| in_words(error.as_ref()))?.address();
    if oracle == Some(payer) {
        return Err(format!("`relay.keypair` holds the oracle's own key, {payer}: give the relay one of its own"));
    }
    let lamports = chain.balance_lamports(&payer).await.map_err(|error| in_words(&error))?;
    match watch::problem(&payer, lamports, wanted) {
        Some(problem) => Err(problem),
        None => Ok(format!("{payer} has {lamports} lamports")),
    }
}

async fn balance(chain: &Chain, oracle: &Address, wanted: u64) -> Result<String, String> {
    let lamports = chain.balance_lamports(oracle).await.map_err(|error| in_words(&error))?;
    if lamports < wanted {
        return Err(low_balance(oracle, lamports, wanted));
    }
    Ok(format!("{lamports} lamports"))
}
