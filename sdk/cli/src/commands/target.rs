//! Which network a command is about, and who signs: from flags, the environment, the folder's `trellis.toml`, and Solana's
//! own settings, in this order.

use std::path::PathBuf;

use solana_address::Address;
use solana_signer::Signer;
use trellis_client::{
    Chain,
    accounts::Network,
    chain::Fees,
    oracle::{OracleApi, Status},
};

use super::{
    CheckFailed, Unusable,
    cluster::{parse_url, read_payer},
    profile::{PROFILE_FILE, Profile},
    solana_config::SolanaConfig,
};

/// The network, its chain and one of its oracles.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Which network")]
pub struct TargetArgs {
    /// JSON-RPC of the cluster, or one of mainnet-beta, devnet, testnet, localhost [default: what trellis.toml says,
    /// else what Solana's own command is set to]
    #[arg(long, env = "TRELLIS_URL", value_name = "URL", value_parser = parse_url)]
    pub url: Option<String>,
    /// Address of the network [default: what trellis.toml says, else the oracle's]
    #[arg(long, env = "TRELLIS_NETWORK", value_name = "ADDRESS")]
    pub network: Option<Address>,
    /// API of one of the network's oracles, such as http://127.0.0.1:8787 [default: what trellis.toml says]
    #[arg(long, env = "TRELLIS_ORACLE", value_name = "URL")]
    pub oracle: Option<String>,
    /// Most to offer for a compute unit, in millionths of a lamport. What is offered is what three of four who wrote to the
    /// same accounts lately were content with
    #[arg(long, value_name = "MICROLAMPORTS", default_value_t = Fees::default().max_micro_lamports)]
    pub max_compute_unit_price: u64,
}

/// Who signs and pays.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct WalletArgs {
    /// Keypair that signs and pays, or usb://ledger for a hardware wallet [default: what trellis.toml says, else what
    /// Solana's own command is set to]
    #[arg(long, env = "TRELLIS_KEYPAIR", value_name = "FILE")]
    pub keypair: Option<PathBuf>,
}

impl WalletArgs {
    /// # Errors
    /// There is no such file, or it holds no keypair; the hardware wallet is not there.
    pub fn read(&self) -> Result<Box<dyn Signer>, Unusable> {
        read_payer(self.keypair.as_deref())
    }
}

impl TargetArgs {
    /// # Errors
    /// `trellis.toml` cannot be used.
    pub fn resolve(&self) -> Result<Target, Unusable> {
        let profile = Profile::here()?;
        let network = match self.network {
            Some(network) => Some(network),
            None => profile.network().map_err(Unusable)?,
        };
        Ok(Target {
            url: self.url.clone().or(profile.url),
            network,
            oracle: self.oracle.clone().or(profile.oracle),
            fees: Fees { max_micro_lamports: self.max_compute_unit_price, ..Fees::default() },
        })
    }
}

/// What [`TargetArgs`] lead to.
#[derive(Clone, Debug)]
pub struct Target {
    /// Named for this command or this folder.
    url: Option<String>,
    network: Option<Address>,
    oracle: Option<String>,
    fees: Fees,
}

impl Target {
    /// # Errors
    /// No cluster is named anywhere.
    pub fn chain(&self) -> Result<Chain, Unusable> {
        let url = self.url.clone().or_else(|| SolanaConfig::read().json_rpc_url);
        let missing =
            || Unusable(format!("no cluster is named: add --url, such as --url devnet, or `url` in {PROFILE_FILE}"));
        Ok(Chain::new(&url.ok_or_else(missing)?).with_fees(self.fees))
    }

    /// The chain, if it was named for this command or this folder.
    pub fn named_chain(&self) -> Option<Chain> {
        self.url.as_deref().map(Chain::new)
    }

    /// The network, if it was named for this command or this folder.
    pub fn named_network(&self) -> Option<Address> {
        self.network
    }

    /// # Errors
    /// No oracle is named, or by something that is no address of one.
    pub fn oracle(&self) -> Result<OracleApi, Unusable> {
        let missing = || {
            Unusable(format!(
                "no oracle is named: add --oracle, such as --oracle http://127.0.0.1:8787, or `oracle` in {PROFILE_FILE}"
            ))
        };
        read_oracle(self.oracle.as_deref().ok_or_else(missing)?)
    }

    /// The oracle, if one is named.
    ///
    /// # Errors
    /// It is named by something that is no address of one.
    pub fn named_oracle(&self) -> Result<Option<OracleApi>, Unusable> {
        self.oracle.as_deref().map(read_oracle).transpose()
    }

    /// The network's address: as named, else the one that the oracle works for.
    ///
    /// # Errors
    /// Neither a network nor an oracle is named, or the oracle does not answer.
    pub async fn network_address(&self) -> anyhow::Result<Address> {
        if let Some(network) = self.network {
            return Ok(network);
        }
        match self.named_oracle()? {
            Some(oracle) => Ok(oracle.status().await?.network),
            None => {
                let words = "no network is named: add --network ADDRESS, or --oracle URL of one of its oracles, or run \
                             this in a folder with a trellis.toml";
                Err(Unusable(words.to_owned()).into())
            }
        }
    }

    /// The network's address and account.
    ///
    /// # Errors
    /// It is not on the chain.
    pub async fn network_on(&self, chain: &Chain) -> anyhow::Result<(Address, Network)> {
        let address = self.network_address().await?;
        let network: Option<Network> = chain.find(&address).await?;
        let url = chain.url();
        let missing = || {
            CheckFailed(format!(
                "there is no network {address} on {url}: is it the right --network, and the right --url?"
            ))
        };
        Ok((address, network.ok_or_else(missing)?))
    }

    /// The status of the oracle, which must be one of this network.
    ///
    /// # Errors
    /// It works for another network, or does not answer.
    pub async fn status_of(&self, oracle: &OracleApi) -> anyhow::Result<Status> {
        let status = oracle.status().await?;
        match self.network {
            Some(network) if network != status.network => {
                let (url, works_for) = (oracle.url(), status.network);
                let words = format!(
                    "the oracle at {url} works for network {works_for}, not for {network}: name one of its own with --oracle"
                );
                Err(CheckFailed(words).into())
            }
            _ => Ok(status),
        }
    }
}

fn read_oracle(url: &str) -> Result<OracleApi, Unusable> {
    OracleApi::new(url).map_err(|error| Unusable(error.to_string()))
}
