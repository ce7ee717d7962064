//! `trellis device transfer`.

use std::path::PathBuf;

use serde_json::json;
use solana_signer::Signer;
use trellis_client::{
    accounts::{Operator, account_bytes},
    addresses,
    instructions::registry,
};
use trellis_core::DeviceKey;
use trellis_epoch::encoding::base58;

use super::{owned, parse_device, require_not_suspended};
use crate::{
    commands::{
        Unusable,
        paying::{NewAccounts, send},
        target::{TargetArgs, WalletArgs},
    },
    deploy::keys::read_keypair,
    output,
};

/// Hands a device over to another wallet, with its bond. Both wallets sign.
///
/// The new owner becomes an operator of the network if it is none yet. What the device does in the running epoch is paid
/// to the new owner.
#[derive(Clone, Debug, clap::Args)]
pub struct TransferArgs {
    /// The device's key, or the file of its keypair
    #[arg(value_name = "DEVICE", value_parser = parse_device)]
    pub device: DeviceKey,
    /// Keypair of the new owner's wallet
    #[arg(long, value_name = "FILE")]
    pub to: PathBuf,
    #[command(flatten)]
    pub wallet: WalletArgs,
    #[command(flatten)]
    pub target: TargetArgs,
}

/// # Errors
/// The device is not yours, or suspended.
pub async fn run(args: &TransferArgs, json: bool) -> anyhow::Result<()> {
    let target = args.target.resolve()?;
    let (from, to) = (args.wallet.read()?, read_keypair(&args.to)?);
    let chain = target.chain()?;
    let (network, _) = target.network_on(&chain).await?;
    let (address, device) = owned(&chain, &network, &args.device, &from.pubkey()).await?;
    require_not_suspended(&device, &args.device)?;
    if from.pubkey() == to.pubkey() {
        return Err(Unusable(format!("--to is the keypair of {}, whose device it is already", to.pubkey())).into());
    }
    let (mut instructions, mut new) = (Vec::new(), NewAccounts::default());
    let taker = addresses::operator(&network, &to.pubkey());
    if chain.find::<Operator>(&taker).await?.is_none() {
        instructions.push(registry::register_operator(from.pubkey(), to.pubkey(), network, to.pubkey()));
        new.add(account_bytes::<Operator>());
    }
    instructions.push(registry::transfer_device(from.pubkey(), to.pubkey(), network, address));
    let signature = send(&chain, &instructions, &[&from, &to], &new).await?;
    let taker: Operator = chain.fetch(&taker).await?;
    let (name, index) = (base58::encode(args.device.bytes()), taker.index);
    match json {
        true => output::result(json!({
            "ok": true, "device": name, "operator_index": index, "wallet": to.pubkey().to_string(), "signature": signature,
        }))?,
        false => output::result(format!(
            "transaction    {signature}\nOK: device {name} belongs to operator {index} now, wallet {}",
            to.pubkey()
        ))?,
    }
    Ok(())
}
