//! The demo's network on the chain: accounts, operators, devices.

use anyhow::{Context, Result};
use chrono::DateTime;
use serde::Deserialize;
use solana_address::Address;
use solana_keypair::Keypair;
use solana_signer::Signer;
use trellis_client::{
    Chain,
    accounts::NO_LOCATION,
    addresses, claims,
    instructions::{
        registry::{self, CreateClassArgs, CreateNetworkArgs},
        rewards::{self, CreateVaultArgs, OracleMember, SetOraclesArgs},
        token::{self, CreateEmissionArgs},
    },
};
use trellis_core::{Calendar, attestation::WorkKind, device_key::KeyKind, pda};
use trellis_epoch::Policy;

use super::keys::KeyRing;

const NETWORK_FILE: &str = include_str!("../../../../migrations/la-haute-borne/network.toml");
/// The network's scoring policy, as the oracle reads it.
pub const POLICY_FILE: &str = include_str!("../../../../migrations/la-haute-borne/policy.toml");

/// Who owns which turbines.
pub const OPERATORS: [(&str, &[&str]); 3] =
    [("Alpha", &["R80711", "R80721"]), ("Bravo", &["R80736"]), ("Charlie", &["R80790"])];

/// `network.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkFile {
    pub name: String,
    pub genesis: String,
    pub epoch_seconds: u32,
    pub token: TokenFile,
    pub vault: VaultFile,
    pub class: ClassFile,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenFile {
    pub decimals: u8,
    pub first_amount: u64,
    pub decay_bps: u16,
    pub decay_every_epochs: u32,
    pub tail_amount: u64,
    pub cap: u64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VaultFile {
    pub epoch_cap: u64,
    pub challenge_seconds: u32,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassFile {
    pub rated_power_watts: u64,
    pub weight: u32,
}

impl NetworkFile {
    pub fn read() -> Result<Self> {
        toml::from_str(NETWORK_FILE).context("network.toml")
    }

    pub fn calendar(&self) -> Result<Calendar> {
        let genesis = DateTime::parse_from_rfc3339(&self.genesis).context("genesis in network.toml")?;
        Ok(Calendar { genesis_unix: genesis.timestamp(), epoch_seconds: self.epoch_seconds })
    }
}

/// One operator and its wallet.
pub struct Operator {
    pub name: &'static str,
    pub turbines: &'static [&'static str],
    pub wallet: Keypair,
    pub index: u32,
}

/// Everything that the demo's network consists of.
pub struct DemoNetwork {
    pub file: NetworkFile,
    pub calendar: Calendar,
    /// Pays for everything that nobody else pays for.
    pub founder: Keypair,
    pub oracle: Keypair,
    guardian: Keypair,
    maker: Keypair,
    pub operators: Vec<Operator>,
    pub address: Address,
    pub mint: Address,
    pub vault: Address,
}

impl DemoNetwork {
    /// Derives all keys and addresses; nothing is on the chain yet.
    pub fn plan(keys: &KeyRing) -> Result<Self> {
        let file = NetworkFile::read()?;
        let calendar = file.calendar()?;
        let founder = keys.key("founder");
        let name = addresses::network_name(&file.name).context("name in network.toml")?;
        let address = addresses::network(&founder.pubkey(), &name);
        let mint = addresses::mint(&address);
        let operators = OPERATORS.iter().zip(0..).map(|(&(name, turbines), index)| {
            let wallet = keys.key(&format!("operator {name}"));
            Operator { name, turbines, wallet, index }
        });
        Ok(Self {
            oracle: keys.key("oracle"),
            guardian: keys.key("guardian"),
            maker: keys.key("maker"),
            operators: operators.collect(),
            mint,
            vault: addresses::vault(&address, &mint),
            file,
            calendar,
            founder,
            address,
        })
    }

    /// Creates network, class, mint, vault, emission and oracle set.
    pub async fn create(&self, chain: &Chain) -> Result<()> {
        let founder = self.founder.pubkey();
        let policy = Policy::from_toml(POLICY_FILE)?;
        let name = addresses::network_name(&self.file.name).context("name in network.toml")?;
        let network = CreateNetworkArgs {
            name,
            guardian: self.guardian.pubkey(),
            policy_hash: policy.hash(),
            genesis_unix: self.calendar.genesis_unix,
            epoch_seconds: self.calendar.epoch_seconds,
        };
        let class = CreateClassArgs {
            maker: self.maker.pubkey(),
            rated_power_watts: self.file.class.rated_power_watts,
            weight: self.file.class.weight,
            work_kind: WorkKind::Energy as u8,
            key_kind: KeyKind::Ed25519 as u8,
            bond: 0,
            h3_resolution: NO_LOCATION,
        };
        let registry = [
            registry::create_network(founder, founder, network),
            registry::create_class(founder, founder, self.address, 0, class),
        ];
        chain.send(&registry, &[&self.founder]).await.context("creating network and class")?;

        let token = &self.file.token;
        // Every epoch may promise its cap, and a root that comes late need not wait for it.
        let vault = CreateVaultArgs {
            pool: pda::DEVICE_REWARDS,
            epoch_cap: self.file.vault.epoch_cap,
            challenge_seconds: self.file.vault.challenge_seconds,
            breaker_capacity: self.file.vault.epoch_cap.saturating_mul(2),
            breaker_window_seconds: self.calendar.epoch_seconds,
        };
        let emission = CreateEmissionArgs {
            first_amount: token.first_amount,
            tail_amount: token.tail_amount,
            cap: token.cap,
            recycle_epoch_cap: 0,
            decay_every_epochs: token.decay_every_epochs,
            decay_bps: token.decay_bps,
            recycle_bps: 0,
            // The vault gets it all; the treasury, which must exist, gets nothing.
            shares_bps: vec![10_000],
        };
        let oracles = SetOraclesArgs {
            keep: 0,
            members: vec![OracleMember { oracle: self.oracle.pubkey(), weight: 1 }],
            threshold: 1,
        };
        let accounts = [
            token::create_mint(founder, founder, self.address, token.decimals),
            rewards::create_vault(founder, founder, self.address, self.mint, vault),
            claims::create_payout_account(&founder, &founder, &self.mint),
        ];
        chain.send(&accounts, &[&self.founder]).await.context("creating mint, vault and treasury")?;
        let vault_tokens = addresses::vault_tokens(&self.vault);
        let treasury = addresses::associated_token_account(&founder, &self.mint);
        let money = [
            token::create_emission(founder, founder, self.address, treasury, &[vault_tokens], emission),
            rewards::set_oracles(founder, self.address, self.vault, oracles),
        ];
        chain.send(&money, &[&self.founder]).await.context("creating emission and oracle set")?;
        Ok(())
    }

    /// Registers operators and their turbines. The founder pays all fees and rents, so an operator needs no SOL.
    pub async fn register(&self, chain: &Chain, keys: &KeyRing) -> Result<()> {
        let founder = self.founder.pubkey();
        for operator in &self.operators {
            let wallet = operator.wallet.pubkey();
            let register = registry::register_operator(founder, wallet, self.address, wallet);
            let account = claims::create_payout_account(&founder, &wallet, &self.mint);
            chain
                .send(&[register, account], &[&self.founder, &operator.wallet])
                .await
                .with_context(|| format!("registering operator {}", operator.name))?;
            for turbine in operator.turbines {
                let device = keys.key(turbine);
                let maker = Some(self.maker.pubkey());
                let register = registry::register_device(founder, wallet, device.pubkey(), maker, self.address, 0);
                chain
                    .send(&[register], &[&self.founder, &operator.wallet, &device, &self.maker])
                    .await
                    .with_context(|| format!("registering turbine {turbine}"))?;
            }
        }
        Ok(())
    }
}
