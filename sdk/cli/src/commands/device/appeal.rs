//! `trellis device appeal`.

use std::path::PathBuf;

use serde_json::json;
use solana_signer::Signer;
use trellis_client::instructions::registry;
use trellis_core::{DeviceKey, hash::sha256};
use trellis_epoch::encoding::base58;

use super::{owned, parse_device};
use crate::{
    commands::{
        CheckFailed, Unusable,
        paying::{NewAccounts, send},
        target::{TargetArgs, WalletArgs},
    },
    output,
};

/// Appeals against a device's suspension, once: the hash of your statement goes to the registry. Send the statement
/// itself to the network's authority, who alone reinstates.
///
/// Against what the policy's checks found in an epoch, see `trellis appeal sign`.
#[derive(Clone, Debug, clap::Args)]
pub struct AppealArgs {
    /// The device's key, or the file of its keypair
    #[arg(value_name = "DEVICE", value_parser = parse_device)]
    pub device: DeviceKey,
    /// File with what you have to say; its SHA-256 is published
    #[arg(long, value_name = "FILE")]
    pub statement: PathBuf,
    #[command(flatten)]
    pub wallet: WalletArgs,
    #[command(flatten)]
    pub target: TargetArgs,
}

/// # Errors
/// The device is not yours, not suspended, or was appealed before.
pub async fn run(args: &AppealArgs, json: bool) -> anyhow::Result<()> {
    let unreadable = |error| Unusable(format!("cannot read the statement {}: {error}", args.statement.display()));
    let statement = sha256(&[&std::fs::read(&args.statement).map_err(unreadable)?]);
    let target = args.target.resolve()?;
    let wallet = args.wallet.read()?;
    let chain = target.chain()?;
    let (network, account) = target.network_on(&chain).await?;
    let (address, device) = owned(&chain, &network, &args.device, &wallet.pubkey()).await?;
    let name = base58::encode(args.device.bytes());
    if !device.is_suspended() {
        return Err(CheckFailed(format!("device {name} is not suspended: there is nothing to appeal against")).into());
    }
    let appeal = registry::appeal_suspension(wallet.pubkey(), network, address, statement);
    let signature = send(&chain, &[appeal], &[&wallet], &NewAccounts::default()).await?;
    let hash = hex::encode(statement);
    match json {
        true => output::result(json!({
            "ok": true, "device": name, "statement": hash, "authority": account.authority.to_string(), "signature": signature,
        }))?,
        false => output::result(format!(
            "transaction    {signature}\nOK: appealed with statement {hash}; send the file to the network's authority, {}",
            account.authority
        ))?,
    }
    Ok(())
}
