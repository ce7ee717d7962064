//! The demo's stage: chain, oracle, agents; what is set up before the first day and after the last.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use solana_address::Address;
use solana_signer::Signer;
use trellis_client::{Chain, accounts::Emission, addresses};
use trellis_core::{DeviceKey, Epoch};
use trellis_epoch::{
    bundle::{Bundle, folder_name},
    encoding::moment,
};

use super::{
    DAYS, Say,
    agent::{Agent, OracleApi},
    cheats::Refused,
    claiming,
    keys::{KeyRing, write_key},
    network::{DemoNetwork, POLICY_FILE},
    oracle::{OracleProcess, OracleSettings},
    readings::{self, Reading},
    report::{OperatorReport, Report},
};
use crate::{
    commands::amounts::tokens,
    commands::localnet,
    localnet::{LocalChain, LocalChainConfig, trellis_programs},
};

const SOL: u64 = 1_000_000_000;
/// The chain starts this long before the first reading.
const EVE_SECONDS: i64 = 3_600;
/// Short, so that confirmations come quickly.
const SLOT_MS: u64 = 100;

/// Everything that is running.
pub struct Stage {
    pub(super) say: Say,
    pub(super) keys: KeyRing,
    local: LocalChain,
    pub(super) chain: Chain,
    pub(super) network: DemoNetwork,
    pub(super) oracle: OracleProcess,
    pub(super) agents: Vec<Agent>,
    pub(super) readings: Vec<Reading>,
    pub(super) refused: Vec<Refused>,
    pub(super) retries_after_kill: usize,
}

impl Stage {
    /// Starts the chain, creates the network, starts the oracle.
    pub async fn set(seed: Option<u64>, folder: &Path, dashboard: Option<&Path>, say: Say) -> Result<Self> {
        let keys = KeyRing::new(seed);
        let network = DemoNetwork::plan(&keys)?;
        let local = start_chain(&network).await?;
        let rpc_url = local.rpc_url().to_owned();
        say.line(format!("local chain       {rpc_url}, its clock at {}", moment(network.calendar.genesis_unix)));
        let chain = Chain::new(&rpc_url);
        network.create(&chain).await?;
        say.line(format!("network           {} at {}", network.file().name, network.address));
        network.register(&chain, &keys).await?;
        for operator in &network.operators {
            let (wallet, turbines) = (operator.wallet.pubkey(), operator.turbines.join(", "));
            say.line(format!("operator {:<8} {wallet}, turbines {turbines}", operator.name));
        }
        let settings = OracleSettings { rpc_url: &rpc_url, network: network.address, policy: POLICY_FILE, dashboard };
        let oracle = OracleProcess::start(folder, &settings, &network.oracle, &network.relay).await?;
        say.line(format!("oracle            {}, process {}", oracle.url, oracle.process_id().unwrap_or(0)));

        let api = OracleApi {
            http: reqwest::Client::new(),
            url: oracle.url.clone(),
            oracle: network.oracle.pubkey().to_bytes(),
        };
        let turbines = network.operators.iter().flat_map(|operator| operator.turbines);
        let agent = |turbine: &&str| Agent::new(turbine, keys.secret(turbine), network.address.to_bytes(), api.clone());
        let agents = turbines.map(agent).collect();
        let readings = readings::extract()?;
        let (refused, retries_after_kill) = (Vec::new(), 0);
        Ok(Self { say, keys, local, chain, network, oracle, agents, readings, refused, retries_after_kill })
    }

    pub fn rpc_url(&self) -> String {
        self.local.rpc_url()
    }

    pub fn vault(&self) -> Address {
        self.network.vault
    }

    pub fn bundle_folder(&self, epoch: u64) -> PathBuf {
        self.oracle.bundles().join(folder_name(Epoch(epoch)))
    }

    /// Bravo claims once for all days; a third party claims for Charlie, who has no SOL.
    pub async fn claim_at_the_end(&self) -> Result<()> {
        let [alpha, bravo, charlie] = self.network.operators.as_slice() else {
            anyhow::bail!("the demo has three operators");
        };
        for (operator, payer, how) in [
            (bravo, &bravo.wallet, "once for all seven days"),
            (charlie, &alpha.wallet, "for an operator without SOL; Alpha paid the fee"),
        ] {
            let held = claiming::claim(&self.chain, &self.oracle, &self.network, operator, payer).await?;
            let held = tokens(held, self.network.file().token.decimals);
            self.say.line(format!("claim             {} has {held} tokens: {how}", operator.name));
        }
        Ok(())
    }

    /// Writes the operators' wallets below `folder`, in Solana's format, for whoever wants to claim with them.
    pub fn write_wallets(&self, folder: &Path) -> Result<()> {
        let wallets = folder.join("wallets");
        std::fs::create_dir_all(&wallets)?;
        for operator in &self.network.operators {
            write_key(&wallets.join(format!("{}.json", operator.name)), &operator.wallet)?;
        }
        self.say.line(format!("unclaimed         what Bravo and Charlie earned; wallets are in {}", wallets.display()));
        Ok(())
    }

    /// Collects the outcome from the bundles and the chain.
    pub async fn report(&self) -> Result<Report> {
        let bundles = (0..DAYS).map(|epoch| Ok(Bundle::read(&self.bundle_folder(epoch))?));
        let bundles = bundles.collect::<Result<Vec<_>>>()?;
        let mut operators = Vec::new();
        for operator in &self.network.operators {
            operators.push(self.operator_report(operator, &bundles).await?);
        }
        let emission: Emission = self.chain.fetch(&addresses::emission(&self.network.address)).await?;
        ensure!(emission.next_epoch == DAYS, "{} epochs were emitted", emission.next_epoch);
        let vault_tokens = addresses::vault_tokens(&self.network.vault);
        Ok(Report {
            network: self.network.address.to_string(),
            vault: self.network.vault.to_string(),
            mint: self.network.mint.to_string(),
            roots: bundles.iter().map(|bundle| hex::encode(bundle.manifest.root)).collect(),
            operators,
            refused: self.refused.clone(),
            emitted: emission.emitted,
            left_in_vault: self.chain.token_balance(&vault_tokens).await?.context("the vault's token account")?,
            receipts: self.agents.iter().map(|agent| agent.receipts.len()).sum(),
            retries_after_kill: self.retries_after_kill,
            decimals: self.network.file().token.decimals,
            ..Report::default()
        })
    }

    async fn operator_report(&self, operator: &super::network::Operator, bundles: &[Bundle]) -> Result<OperatorReport> {
        let (mut points, mut earned, mut energy_wh) = (0, 0, 0);
        let key = |turbine: &&str| DeviceKey::Ed25519(self.keys.key(turbine).pubkey().to_bytes());
        let keys: Vec<DeviceKey> = operator.turbines.iter().map(key).collect();
        for bundle in bundles {
            let lines = bundle.operators()?.all()?;
            let line = lines.get(operator.index as usize).context("the operator's line")?;
            points += line.points;
            earned += line.earned;
            let verdicts = bundle.verdicts()?.all()?;
            let own = verdicts.iter().filter(|row| keys.contains(&row.device));
            energy_wh += own.filter_map(|row| row.accepted_wh).sum::<u64>();
        }
        Ok(OperatorReport {
            name: operator.name,
            devices: operator.turbines.iter().map(|&turbine| turbine.to_owned()).collect(),
            energy_wh,
            points,
            earned,
            claimed: claiming::balance(&self.chain, &self.network, operator).await?,
            lamports: self.chain.balance_lamports(&operator.wallet.pubkey()).await?,
        })
    }

    /// Says where chain and oracle go on running.
    pub fn say_where_it_runs(&self, dashboard: bool) {
        self.say.line("\nStill running, until Ctrl-C:");
        if dashboard {
            self.say.line(format!("  pages    {}/", self.oracle.url));
        }
        self.say.line(format!("  chain    {} (websocket {})", self.local.rpc_url(), self.local.ws_url()));
        self.say.line(format!("  oracle   {}/v1/status", self.oracle.url));
        self.say.line(format!("  epochs   {}/v1/epochs", self.oracle.url));
        self.say.line(format!("  bundles  {}", self.oracle.bundles().display()));
        self.say.line(format!("  vault    {}", self.network.vault));
    }

    /// Stops the oracle, then the chain.
    pub async fn strike(self) -> Result<()> {
        self.oracle.stop().await?;
        let local = self.local;
        tokio::task::spawn_blocking(move || local.stop()).await?;
        Ok(())
    }
}

async fn start_chain(network: &DemoNetwork) -> Result<LocalChain> {
    let paying = network.operators.iter().take(2).map(|operator| (operator.wallet.pubkey(), SOL));
    let of_network = [(&network.founder, 100 * SOL), (&network.oracle, 10 * SOL), (&network.relay, SOL)];
    let of_network = of_network.map(|(key, lamports)| (key.pubkey(), lamports));
    let config = LocalChainConfig {
        slot_ms: SLOT_MS,
        start_time: Some(network.calendar.genesis_unix - EVE_SECONDS),
        programs: trellis_programs(None, network.founder.pubkey()),
        // Charlie gets nothing: to show that an operator needs no SOL.
        airdrops: paying.chain(of_network).collect(),
        ..LocalChainConfig::default()
    };
    tokio::task::spawn_blocking(move || LocalChain::start(config)).await?.map_err(localnet::refused)
}
