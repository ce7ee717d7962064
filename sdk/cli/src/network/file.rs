//! What `network.toml` may say. Units are in the names; amounts are in the mint's smallest unit.

use chrono::DateTime;
use serde::{Deserialize, Deserializer, de::Error};
use solana_address::Address;
use trellis_client::{SPL_TOKEN_ID, TOKEN_2022_ID};
use trellis_core::{BPS, Calendar, attestation::WorkKind, device_key::KeyKind};

use crate::commands::Unusable;

/// `network.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkFile {
    /// Part of the network's address, with the creator's.
    pub name: String,
    /// Start of epoch 0, RFC 3339; when the network is created if left out.
    pub genesis: Option<String>,
    pub epoch_seconds: u32,
    /// File of the scoring policy, beside this one.
    pub policy: String,
    /// May veto roots.
    #[serde(default, deserialize_with = "address")]
    pub guardian: Option<Address>,
    /// Who is to take the network over, such as a multisig's vault; its creator keeps it if left out.
    #[serde(default, deserialize_with = "address")]
    pub authority: Option<Address>,
    pub token: TokenFile,
    #[serde(rename = "class")]
    pub classes: Vec<ClassFile>,
    #[serde(rename = "vault")]
    pub vaults: Vec<VaultFile>,
    #[serde(default)]
    pub oracles: OraclesFile,
    /// No stake pool if left out.
    pub staking: Option<StakingFile>,
}

/// The network's own mint, and how much of it every epoch emits.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenFile {
    pub decimals: u8,
    #[serde(default)]
    pub program: TokenProgramFile,
    pub first_amount: u64,
    pub decay_bps: u16,
    pub decay_every_epochs: u32,
    pub tail_amount: u64,
    pub cap: u64,
    /// The reward vault's part of every epoch's emission.
    #[serde(default = "whole_bps")]
    pub vault_share_bps: u16,
    /// The stakers' part.
    #[serde(default)]
    pub stakers_share_bps: u16,
    /// Whose associated token account takes what the shares leave, and what is slashed; the creator's if left out.
    #[serde(default, deserialize_with = "address")]
    pub treasury: Option<Address>,
    /// The part of what users burn that comes back on top.
    #[serde(default)]
    pub recycle_bps: u16,
    /// Most that comes back in one epoch.
    #[serde(default)]
    pub recycle_epoch_cap: u64,
}

fn whole_bps() -> u16 {
    BPS as u16
}

/// Which program the mint is of.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenProgramFile {
    #[default]
    SplToken,
    #[serde(rename = "token_2022")]
    Token2022,
}

impl TokenProgramFile {
    pub fn address(self) -> Address {
        match self {
            Self::SplToken => SPL_TOKEN_ID,
            Self::Token2022 => TOKEN_2022_ID,
        }
    }
}

/// A hardware profile. Its index is its place in the file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassFile {
    /// Must sign registrations; nobody if left out.
    #[serde(default, deserialize_with = "address")]
    pub maker: Option<Address>,
    pub rated_power_watts: u64,
    pub weight: u32,
    /// What an operator is to have staked with itself for each device.
    #[serde(default)]
    pub bond: u64,
    /// Resolution of the H3 cells that devices stand in, 0 to 15; they have no place if left out.
    pub h3_resolution: Option<u8>,
    #[serde(default)]
    pub work: WorkFile,
    #[serde(default)]
    pub key: KeyFile,
}

/// What devices of a class do.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WorkFile {
    #[default]
    Energy,
}

impl WorkFile {
    pub fn kind(self) -> WorkKind {
        match self {
            Self::Energy => WorkKind::Energy,
        }
    }
}

/// What devices of a class sign with.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyFile {
    #[default]
    Ed25519,
    /// Secure elements.
    P256,
}

impl KeyFile {
    pub fn kind(self) -> KeyKind {
        match self {
            Self::Ed25519 => KeyKind::Ed25519,
            Self::P256 => KeyKind::P256,
        }
    }

    /// The file's word for a kind of key.
    pub fn word(kind: KeyKind) -> &'static str {
        match kind {
            KeyKind::Ed25519 => "ed25519",
            KeyKind::P256 => "p256",
        }
    }
}

/// Pays rewards in one mint. The vault of the network's own mint with pool 0 receives the emission.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VaultFile {
    /// The network's own if left out.
    #[serde(default, deserialize_with = "address")]
    pub mint: Option<Address>,
    /// Program of a mint that is not the network's own; SPL Token if left out.
    pub program: Option<TokenProgramFile>,
    /// Tells vaults for one mint apart; 0, which pays for device work, if left out.
    #[serde(default)]
    pub pool: u16,
    pub epoch_cap: u64,
    pub challenge_seconds: u32,
    /// Most that the circuit breaker lets roots add at once: two epochs' caps if left out.
    pub breaker_capacity: Option<u64>,
    /// In which an empty circuit breaker fills up: an epoch if left out.
    pub breaker_window_seconds: Option<u32>,
}

/// Who votes on roots, in every vault of the file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OraclesFile {
    /// May they suspend devices, at the same threshold?
    #[serde(default)]
    pub may_suspend: bool,
    /// Weight that approves a root.
    pub threshold: u32,
    /// At most 32.
    pub members: Vec<OracleFile>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OracleFile {
    #[serde(deserialize_with = "needed_address")]
    pub address: Address,
    pub weight: u16,
}

/// A stake pool in the network's own mint.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StakingFile {
    pub unstake_cooldown_seconds: u32,
    pub slash_delay_seconds: u32,
    pub max_slash_bps_per_epoch: u16,
    /// Ascending amounts of stake; at most 8.
    #[serde(default)]
    pub tiers: Vec<u64>,
}

impl NetworkFile {
    /// # Errors
    /// The text is not TOML, or a field is missing, unknown or of another type.
    pub fn parse(text: &str) -> Result<Self, Unusable> {
        toml::from_str(text).map_err(|error| Unusable(error.to_string().trim_end().to_owned()))
    }

    /// With a genesis of zero if it is left open.
    ///
    /// # Errors
    /// `genesis` is no RFC 3339.
    pub fn calendar(&self) -> Result<Calendar, Unusable> {
        let genesis_unix = match &self.genesis {
            None => 0,
            Some(text) => {
                let genesis = DateTime::parse_from_rfc3339(text);
                genesis.map_err(|error| Unusable(format!("genesis is no RFC 3339 ({error})")))?.timestamp()
            }
        };
        Ok(Calendar { genesis_unix, epoch_seconds: self.epoch_seconds })
    }
}

fn needed_address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Address, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|error| D::Error::custom(format!("{text} is not an address ({error})")))
}

fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Address>, D::Error> {
    needed_address(deserializer).map(Some)
}
