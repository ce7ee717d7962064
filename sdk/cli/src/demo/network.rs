//! The demo's network on the chain: accounts, operators, devices.

use std::iter;

use anyhow::{Context, Result};
use solana_address::Address;
use solana_keypair::Keypair;
use solana_signer::Signer;
use trellis_client::{Chain, addresses, claims, instructions::registry};
use trellis_core::{Calendar, DeviceKey};

use super::keys::KeyRing;
use crate::network::{
    Creation, NetworkFile, NetworkPlan,
    file::{ClassFile, OracleFile, OraclesFile, StakingFile},
};

const NETWORK_FILE: &str = include_str!("../../../../migrations/la-haute-borne/network.toml");
/// The network's scoring policy, as the oracle reads it.
pub const POLICY_FILE: &str = include_str!("../../../../migrations/la-haute-borne/policy.toml");

/// Who owns which turbines.
pub const OPERATORS: [(&str, &[&str]); 3] =
    [("Alpha", &["R80711", "R80721"]), ("Bravo", &["R80736"]), ("Charlie", &["R80790"])];

/// Where the turbines stand: H3 cells of [`H3_RESOLUTION`]. Source: the coordinates that Engie publishes of them.
const CELLS: [(&str, u64); 4] = [
    ("R80711", 0x891_f844_00c7_ffff),
    ("R80721", 0x891_f844_0047_ffff),
    ("R80736", 0x891_f844_007b_ffff),
    ("R80790", 0x891_f844_001b_ffff),
];
const H3_RESOLUTION: u8 = 9;

/// One operator and its wallet.
pub struct Operator {
    pub name: &'static str,
    pub turbines: &'static [&'static str],
    pub wallet: Keypair,
    pub index: u32,
}

/// Everything that the demo's network consists of.
pub struct DemoNetwork {
    plan: NetworkPlan,
    pub calendar: Calendar,
    /// Pays for everything that nobody else pays for.
    pub founder: Keypair,
    pub oracle: Keypair,
    /// Pays for claims that the oracle relays.
    pub relay: Keypair,
    maker: Keypair,
    pub operators: Vec<Operator>,
    pub address: Address,
    pub mint: Address,
    pub vault: Address,
}

impl DemoNetwork {
    /// Derives all keys and addresses; nothing is on the chain yet.
    pub fn plan(keys: &KeyRing) -> Result<Self> {
        let roles = ["founder", "oracle", "guardian", "maker", "relay"];
        let [founder, oracle, guardian, maker, relay] = roles.map(|role| keys.key(role));
        let mut file = NetworkFile::parse(NETWORK_FILE)?;
        file.guardian = Some(guardian.pubkey());
        file.oracles = OraclesFile {
            may_suspend: false,
            threshold: 1,
            members: vec![OracleFile { address: oracle.pubkey(), weight: 1 }],
        };
        for class in &mut file.classes {
            class.maker = Some(maker.pubkey());
            class.h3_resolution = Some(H3_RESOLUTION);
        }
        // A second class, whose devices their owners register without a maker: for a try of the dashboard.
        let open = file.classes.first().cloned().map(|class| ClassFile { maker: None, ..class });
        file.classes.extend(open);
        file.staking = Some(StakingFile {
            unstake_cooldown_seconds: 1_209_600,
            slash_delay_seconds: 86_400,
            max_slash_bps_per_epoch: 1_000,
            tiers: Vec::new(),
        });
        let plan = NetworkPlan::new(file, POLICY_FILE, founder.pubkey())?;
        let operators = OPERATORS.iter().zip(0..).map(|(&(name, turbines), index)| {
            let wallet = keys.key(&format!("operator {name}"));
            Operator { name, turbines, wallet, index }
        });
        Ok(Self {
            founder,
            oracle,
            relay,
            maker,
            operators: operators.collect(),
            calendar: plan.calendar,
            address: plan.address,
            mint: plan.mint,
            vault: plan.vault(),
            plan,
        })
    }

    /// What `network.toml` says.
    pub fn file(&self) -> &NetworkFile {
        &self.plan.file
    }

    /// How long a root waits between approval and finalization.
    pub fn challenge_seconds(&self) -> u32 {
        self.plan.own_vault.challenge_seconds
    }

    /// Creates everything that the network's file names, as `trellis network create` does.
    pub async fn create(&self, chain: &Chain) -> Result<()> {
        let creation = Creation::look(chain, &self.plan).await?;
        creation.carry_out(&self.founder, |_| ()).await.context("creating the network")
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
                let key = DeviceKey::Ed25519(device.pubkey().to_bytes());
                let account = addresses::device(&self.address, &key);
                let cell = CELLS.iter().find(|(name, _)| name == turbine).map(|(_, cell)| *cell);
                let place = cell.map(|cell| registry::set_location(wallet, self.address, 0, account, cell));
                let instructions: Vec<_> = iter::once(register).chain(place).collect();
                chain
                    .send(&instructions, &[&self.founder, &operator.wallet, &device, &self.maker])
                    .await
                    .with_context(|| format!("registering turbine {turbine}"))?;
            }
        }
        Ok(())
    }
}
