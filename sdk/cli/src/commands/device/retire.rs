//! `trellis device retire`.

use serde_json::json;
use solana_signer::Signer;
use trellis_client::instructions::registry;
use trellis_core::DeviceKey;
use trellis_epoch::encoding::base58;

use super::{owned, parse_device, require_not_suspended};
use crate::{
    commands::{
        Unusable,
        paying::{NewAccounts, send},
        target::{TargetArgs, WalletArgs},
    },
    output,
};

/// Takes a device out of the network for good; its rent goes back to whoever paid it.
///
/// What it did in the running epoch, and in the one before until that is closed, is not paid: retire it when an epoch has
/// just been closed.
#[derive(Clone, Debug, clap::Args)]
pub struct RetireArgs {
    /// The device's key, or the file of its keypair
    #[arg(value_name = "DEVICE", value_parser = parse_device)]
    pub device: DeviceKey,
    /// Do it: without this, nothing is done
    #[arg(long)]
    pub yes: bool,
    #[command(flatten)]
    pub wallet: WalletArgs,
    #[command(flatten)]
    pub target: TargetArgs,
}

/// # Errors
/// The device is not yours, or suspended; or `--yes` is missing.
pub async fn run(args: &RetireArgs, json: bool) -> anyhow::Result<()> {
    let target = args.target.resolve()?;
    let wallet = args.wallet.read()?;
    let chain = target.chain()?;
    let (network, _) = target.network_on(&chain).await?;
    let (address, device) = owned(&chain, &network, &args.device, &wallet.pubkey()).await?;
    require_not_suspended(&device, &args.device)?;
    let (name, receiver) = (base58::encode(args.device.bytes()), device.rent_payer);
    if !args.yes {
        return Err(Unusable(format!(
            "device {name} would be retired for good, and its work of the running epoch not be paid; nothing was done: add --yes to do it"
        ))
        .into());
    }
    let retire = registry::retire_device(wallet.pubkey(), network, address, receiver);
    let signature = send(&chain, &[retire], &[&wallet], &NewAccounts::default()).await?;
    match json {
        true => output::result(json!({
            "ok": true, "device": name, "rent_receiver": receiver.to_string(), "signature": signature,
        }))?,
        false => output::result(format!(
            "transaction    {signature}\nOK: device {name} is retired; its rent went back to {receiver}"
        ))?,
    }
    Ok(())
}
