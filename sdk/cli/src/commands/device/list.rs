//! `trellis device list`.

use serde_json::{Value, json};
use solana_address::Address;
use solana_signer::Signer;
use trellis_client::{
    accounts::{Device, Operator},
    addresses,
};
use trellis_core::{DeviceKey, device_key::KeyKind};
use trellis_epoch::encoding::{base58, moment};

use crate::{
    commands::target::{TargetArgs, WalletArgs},
    network::file::KeyFile,
    output,
};

/// Lists devices: your own, somebody's, or all of the network's; with place, state and, if suspended, the reason.
#[derive(Clone, Debug, clap::Args)]
pub struct ListArgs {
    /// Those of the operator with this wallet [default: the keypair's]
    #[arg(long, value_name = "WALLET", conflicts_with = "all")]
    pub operator: Option<Address>,
    /// All devices of the network
    #[arg(long)]
    pub all: bool,
    #[command(flatten)]
    pub wallet: WalletArgs,
    #[command(flatten)]
    pub target: TargetArgs,
}

/// # Errors
/// The network is not there, or the chain does not answer.
pub async fn run(args: &ListArgs, json: bool) -> anyhow::Result<()> {
    let target = args.target.resolve()?;
    let chain = target.chain()?;
    let (network, account) = target.network_on(&chain).await?;
    let mut devices = match (args.all, args.operator) {
        (true, _) => chain.of_network::<Device>(&network).await?,
        (false, wallet) => {
            let wallet = match wallet {
                Some(wallet) => wallet,
                None => args.wallet.read()?.pubkey(),
            };
            chain.devices_of(&network, &addresses::operator(&network, &wallet)).await?
        }
    };
    devices.sort_by_key(|(_, device)| device.index);
    if json {
        let devices: Vec<Value> = devices.iter().map(|(address, device)| in_json(address, device)).collect();
        return Ok(output::result(json!({ "ok": true, "network": network.to_string(), "devices": devices }))?);
    }
    for (_, device) in &devices {
        output::result(in_words(device))?;
    }
    let operators = match args.all {
        true => format!(", of {} operators", chain.of_network::<Operator>(&network).await?.len()),
        false => String::new(),
    };
    let all = account.live_device_count();
    Ok(output::result(format!("{} devices{operators}; the network has {all}", devices.len()))?)
}

fn key_of(device: &Device) -> String {
    device.device_key().map_or_else(|| "key of an unknown kind".to_owned(), |key| base58::encode(key.bytes()))
}

fn in_json(address: &Address, device: &Device) -> Value {
    json!({
        "device": key_of(device),
        "address": address.to_string(),
        "index": device.index,
        "class": device.class_index,
        "key_kind": device.device_key().as_ref().map(DeviceKey::kind).map(word),
        "operator_index": device.operator_index,
        "registered_unix": device.registered_unix,
        "cell": (device.cell != 0).then(|| format!("{:x}", device.cell)),
        "cell_set_unix": (device.cell != 0).then_some(device.cell_set_unix),
        "bond": device.bond.to_string(),
        "suspended": device.is_suspended(),
        "reason_code": device.reason_code,
        "evidence_hash": device.is_suspended().then(|| hex::encode(device.evidence_hash)),
        "appealed_unix": (device.appealed_unix != 0).then_some(device.appealed_unix),
        "recovery_effective_unix": device.has_pending_recovery().then_some(device.recovery_effective_unix),
    })
}

fn word(kind: KeyKind) -> &'static str {
    KeyFile::word(kind)
}

fn in_words(device: &Device) -> String {
    let place = match device.cell {
        0 => String::new(),
        cell => format!(", in cell {cell:x} since {}", moment(device.cell_set_unix)),
    };
    let mut line = format!(
        "{}  operator {}, class {}, since {}{place}",
        key_of(device),
        device.operator_index,
        device.class_index,
        moment(device.registered_unix)
    );
    if device.is_suspended() {
        let (reason, evidence) = (device.reason_code, hex::encode(device.evidence_hash));
        let appeal = if device.appealed_unix == 0 { "not appealed" } else { "appealed" };
        line += &format!("\n  SUSPENDED by {}, reason {reason}, evidence {evidence}, {appeal}", device.suspended_by);
    }
    if device.has_pending_recovery() {
        line += &format!("\n  another key may take over from {}", moment(device.recovery_effective_unix));
    }
    line
}
