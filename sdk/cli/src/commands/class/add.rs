//! `trellis class add`.

use serde_json::json;
use solana_address::Address;
use solana_signer::Signer;
use trellis_client::{
    accounts::{DeviceClass, NO_LOCATION, account_bytes},
    instructions::registry::{self, CreateClassArgs},
};
use trellis_core::{attestation::WorkKind, device_key::KeyKind, h3::MAX_RESOLUTION};

use crate::{
    commands::{
        CheckFailed,
        paying::{NewAccounts, send},
        target::{TargetArgs, WalletArgs},
    },
    output,
};

/// Adds a class of devices that measure energy. Only the network's authority may.
#[derive(Clone, Debug, clap::Args)]
pub struct AddArgs {
    /// Most that a device of the class can feed in; a reading above it is refused
    #[arg(long, value_name = "WATTS", value_parser = clap::value_parser!(u64).range(1..=10_000_000_000))]
    pub rated_power_watts: u64,
    /// Points for each verified watt-hour
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub weight: u32,
    /// Who must sign the registration of every device of the class; nobody if left out
    #[arg(long, value_name = "ADDRESS")]
    pub maker: Option<Address>,
    /// What devices sign with
    #[arg(long, value_enum, default_value_t = Key::Ed25519)]
    pub key: Key,
    /// What an operator is to have staked with itself for each device, in the mint's smallest unit
    #[arg(long, value_name = "AMOUNT", default_value_t = 0)]
    pub bond: u64,
    /// Resolution of the H3 cells that devices stand in; they have no place if left out
    #[arg(long, value_name = "0-15", value_parser = clap::value_parser!(u8).range(0..=i64::from(MAX_RESOLUTION)))]
    pub h3_resolution: Option<u8>,
    #[command(flatten)]
    pub wallet: WalletArgs,
    #[command(flatten)]
    pub target: TargetArgs,
}

/// What devices sign with.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum Key {
    Ed25519,
    /// Secure elements
    P256,
}

impl AddArgs {
    fn class(&self) -> CreateClassArgs {
        let key = match self.key {
            Key::Ed25519 => KeyKind::Ed25519,
            Key::P256 => KeyKind::P256,
        };
        CreateClassArgs {
            maker: self.maker.unwrap_or_default(),
            rated_power_watts: self.rated_power_watts,
            bond: self.bond,
            weight: self.weight,
            work_kind: WorkKind::Energy as u8,
            key_kind: key as u8,
            h3_resolution: self.h3_resolution.unwrap_or(NO_LOCATION),
        }
    }
}

/// # Errors
/// The keypair is not the authority's, or lacks SOL.
pub async fn run(args: &AddArgs, json: bool) -> anyhow::Result<()> {
    let target = args.target.resolve()?;
    let wallet = args.wallet.read()?;
    let chain = target.chain()?;
    let (network, account) = target.network_on(&chain).await?;
    let (authority, signer) = (account.authority, wallet.pubkey());
    if authority != signer {
        let words = format!(
            "only the network's authority, {authority}, may add a class, and you sign as {signer}: name its keypair with --keypair"
        );
        return Err(CheckFailed(words).into());
    }
    let index = account.class_count;
    let create = registry::create_class(signer, signer, network, index, args.class());
    let mut new = NewAccounts::default();
    new.add(account_bytes::<DeviceClass>());
    let signature = send(&chain, &[create], &[&wallet], &new).await?;
    match json {
        true => output::result(json!({
            "ok": true, "network": network.to_string(), "index": index, "signature": signature,
        }))?,
        false => output::result(format!(
            "transaction    {signature}\nOK: class {index}: register devices with `trellis device register --class {index}`"
        ))?,
    }
    Ok(())
}
