//! A network of four devices on a local chain of its own.

use ed25519_dalek::SigningKey;
use solana_address::Address;
use solana_keypair::Keypair;
use solana_signer::Signer;
use trellis_cli::localnet::{LocalChain, LocalChainConfig, time_travel, trellis_programs};
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
use trellis_core::{attestation::WorkKind, device_key::KeyKind};
use trellis_epoch::Policy;

use super::free_port;

/// 2014-02-04T00:00:00Z, the start of epoch 0.
pub const GENESIS_UNIX: i64 = 1_391_472_000;
pub const EPOCH_SECONDS: u32 = 86_400;
/// The end of epoch 0.
pub const EPOCH_END_UNIX: i64 = GENESIS_UNIX + EPOCH_SECONDS as i64;
/// How long after its end an epoch still takes attestations.
pub const GRACE_SECONDS: i64 = 600;
pub const CHALLENGE_SECONDS: u32 = 3_600;
/// What epoch 0 emits.
pub const FIRST_AMOUNT: u64 = 1_000_000_007;
pub const POLICY: &str = "version = 1\n[energy]\ninterval_seconds = 60\ntolerance_bps = 500\n";

/// What a network's devices are held to.
#[derive(Clone, Copy)]
pub struct Rules {
    pub policy: &'static str,
    pub rated_power_watts: u64,
}

pub const RULES: Rules = Rules { policy: POLICY, rated_power_watts: 10_000 };

const DEVICES: usize = 4;
const SOL: u64 = 1_000_000_000;
const SLOT_MS: u64 = 100;

pub struct Network {
    /// `None` once it is stopped.
    pub local: Option<LocalChain>,
    pub rpc_url: String,
    pub chain: Chain,
    pub founder: Keypair,
    pub oracle: Keypair,
    /// Owns all devices, and has no SOL.
    pub operator: Keypair,
    pub devices: Vec<SigningKey>,
    pub address: Address,
    pub mint: Address,
    pub vault: Address,
    pub rules: Rules,
}

/// Starts a chain whose clock shows an hour before genesis.
pub async fn start_chain(rpc_port: u16, airdrops: Vec<(Address, u64)>) -> LocalChain {
    let config = LocalChainConfig {
        rpc_port,
        slot_ms: SLOT_MS,
        start_time: Some(GENESIS_UNIX - 3_600),
        programs: trellis_programs(None, Address::default()),
        airdrops,
        ..LocalChainConfig::default()
    };
    tokio::task::spawn_blocking(move || LocalChain::start(config)).await.unwrap().unwrap()
}

impl Network {
    /// Starts a chain, and creates and registers everything on it, with keys of its own.
    ///
    /// The chain's port is not given to any other chain when this one stops: an oracle that still asks there shall not
    /// find another test's chain.
    pub async fn start() -> Self {
        Self::start_with(RULES).await
    }

    /// The same with other rules.
    pub async fn start_with(rules: Rules) -> Self {
        let [founder, oracle, operator] = [(); 3].map(|()| Keypair::new());
        let airdrops = vec![(founder.pubkey(), 100 * SOL), (oracle.pubkey(), 10 * SOL)];
        let local = start_chain(free_port(), airdrops).await;
        let name = addresses::network_name("end to end").unwrap();
        let address = addresses::network(&founder.pubkey(), &name);
        let mint = addresses::mint(&address);
        let network = Self {
            rpc_url: local.rpc_url(),
            chain: Chain::new(&local.rpc_url()),
            local: Some(local),
            devices: (0..DEVICES).map(|_| SigningKey::from_bytes(Keypair::new().secret_bytes())).collect(),
            vault: addresses::vault(&address, &mint),
            founder,
            oracle,
            operator,
            address,
            mint,
            rules,
        };
        network.create(name).await;
        network.register().await;
        network
    }

    async fn create(&self, name: [u8; 32]) {
        let founder = self.founder.pubkey();
        let network = CreateNetworkArgs {
            name,
            guardian: founder,
            policy_hash: Policy::from_toml(self.rules.policy).unwrap().hash(),
            genesis_unix: GENESIS_UNIX,
            epoch_seconds: EPOCH_SECONDS,
        };
        let class = CreateClassArgs {
            maker: Address::default(),
            rated_power_watts: self.rules.rated_power_watts,
            weight: 1,
            work_kind: WorkKind::Energy as u8,
            key_kind: KeyKind::Ed25519 as u8,
            bond: 0,
            h3_resolution: NO_LOCATION,
        };
        let emission = CreateEmissionArgs {
            first_amount: FIRST_AMOUNT,
            tail_amount: 1_000,
            cap: 1_000 * FIRST_AMOUNT,
            // Nothing is burned; but then only the last 64 amounts can be told.
            recycle_epoch_cap: 1_000,
            decay_every_epochs: 2,
            decay_bps: 500,
            recycle_bps: 5_000,
            shares_bps: vec![10_000],
        };
        let vault = CreateVaultArgs {
            pool: 0,
            epoch_cap: FIRST_AMOUNT,
            challenge_seconds: CHALLENGE_SECONDS,
            breaker_capacity: 10 * FIRST_AMOUNT,
            breaker_window_seconds: EPOCH_SECONDS,
        };
        let member = OracleMember { oracle: self.oracle.pubkey(), weight: 1 };
        let oracles = SetOraclesArgs { keep: 0, members: vec![member], threshold: 1 };
        let vault_tokens = addresses::vault_tokens(&self.vault);
        let treasury = addresses::associated_token_account(&founder, &self.mint);
        let instructions = [
            registry::create_network(founder, founder, network),
            registry::create_class(founder, founder, self.address, 0, class),
            token::create_mint(founder, founder, self.address, 6),
            rewards::create_vault(founder, founder, self.address, self.mint, vault),
            claims::create_payout_account(&founder, &founder, &self.mint),
            token::create_emission(founder, founder, self.address, treasury, &[vault_tokens], emission),
            rewards::set_oracles(founder, self.address, self.vault, oracles),
        ];
        for part in instructions.chunks(3) {
            self.chain.send(part, &[&self.founder]).await.unwrap();
        }
    }

    async fn register(&self) {
        let (founder, operator) = (self.founder.pubkey(), self.operator.pubkey());
        let instructions = [
            registry::register_operator(founder, operator, self.address, operator),
            claims::create_payout_account(&founder, &operator, &self.mint),
        ];
        self.chain.send(&instructions, &[&self.founder, &self.operator]).await.unwrap();
        for device in &self.devices {
            let key = Keypair::new_from_array(device.to_bytes());
            let register = registry::register_device(founder, operator, key.pubkey(), None, self.address, 0);
            self.chain.send(&[register], &[&self.founder, &self.operator, &key]).await.unwrap();
        }
    }

    /// Moves the chain's clock to `unix`.
    pub async fn travel(&self, unix: i64) {
        time_travel(&self.rpc_url, unix).await.unwrap();
    }

    /// Stops the chain and returns its RPC's port, which is free then.
    pub async fn stop_chain(&mut self) -> u16 {
        let local = self.local.take().unwrap();
        tokio::task::spawn_blocking(move || local.stop()).await.unwrap();
        self.rpc_url.rsplit(':').next().unwrap().parse().unwrap()
    }
}
