//! What `network.toml` may say. Units are in the names; amounts are in the mint's smallest unit.

use chrono::DateTime;
use serde::{Deserialize, Deserializer, de::Error};
use solana_address::Address;
use trellis_core::{Calendar, attestation::WorkKind, device_key::KeyKind};

use crate::commands::Unusable;

/// `network.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkFile {
    /// Part of the network's address, with the creator's.
    pub name: String,
    /// Start of epoch 0, RFC 3339.
    pub genesis: String,
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
}

/// The network's own mint, and how much of it every epoch emits.
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

/// A hardware profile. Its index is its place in the file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassFile {
    /// Must sign registrations; nobody if left out.
    #[serde(default, deserialize_with = "address")]
    pub maker: Option<Address>,
    pub rated_power_watts: u64,
    pub weight: u32,
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
}

impl KeyFile {
    pub fn kind(self) -> KeyKind {
        match self {
            Self::Ed25519 => KeyKind::Ed25519,
        }
    }
}

/// Pays rewards in one mint. The vault of the network's own mint receives the emission.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VaultFile {
    /// The network's own if left out.
    #[serde(default, deserialize_with = "address")]
    pub mint: Option<Address>,
    pub epoch_cap: u64,
    pub challenge_seconds: u32,
}

/// Who votes on roots, in every vault of the file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OraclesFile {
    /// Weight that approves a root.
    pub threshold: u32,
    pub members: Vec<OracleFile>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OracleFile {
    #[serde(deserialize_with = "needed_address")]
    pub address: Address,
    pub weight: u16,
}

impl NetworkFile {
    /// # Errors
    /// The text is not TOML, or a field is missing, unknown or of another type.
    pub fn parse(text: &str) -> Result<Self, Unusable> {
        toml::from_str(text).map_err(|error| Unusable(error.to_string().trim_end().to_owned()))
    }

    /// # Errors
    /// `genesis` is no RFC 3339.
    pub fn calendar(&self) -> Result<Calendar, Unusable> {
        let genesis = DateTime::parse_from_rfc3339(&self.genesis);
        let genesis = genesis.map_err(|error| Unusable(format!("genesis is no RFC 3339 ({error})")))?;
        Ok(Calendar { genesis_unix: genesis.timestamp(), epoch_seconds: self.epoch_seconds })
    }
}

fn needed_address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Address, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|error| D::Error::custom(format!("{text} is not an address ({error})")))
}

fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Address>, D::Error> {
    needed_address(deserializer).map(Some)
}
