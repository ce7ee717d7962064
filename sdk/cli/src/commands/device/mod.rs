//! `trellis device`: the devices of a network, from registration to retirement.

mod appeal;
mod code;
mod key;
mod list;
mod possession;
mod register;
mod relocate;
mod retire;
mod sponsored;
mod transfer;

pub use key::parse_device;

use solana_address::Address;
use trellis_client::{
    Chain,
    accounts::{Device, Operator},
    addresses,
};
use trellis_core::DeviceKey;
use trellis_epoch::encoding::base58;

use super::CheckFailed;

/// Registers, lists, moves, hands over and retires devices, and appeals against their suspension.
#[derive(Clone, Debug, clap::Args)]
pub struct DeviceArgs {
    #[command(subcommand)]
    pub command: DeviceCommand,
}

#[derive(Clone, Debug, clap::Subcommand)]
pub enum DeviceCommand {
    Register(register::RegisterArgs),
    List(list::ListArgs),
    Move(relocate::MoveArgs),
    Transfer(transfer::TransferArgs),
    Retire(retire::RetireArgs),
    Appeal(appeal::AppealArgs),
}

/// # Errors
/// What the subcommand says.
pub async fn run(args: &DeviceArgs, json: bool) -> anyhow::Result<()> {
    match &args.command {
        DeviceCommand::Register(args) => register::run(args, json).await,
        DeviceCommand::List(args) => list::run(args, json).await,
        DeviceCommand::Move(args) => relocate::run(args, json).await,
        DeviceCommand::Transfer(args) => transfer::run(args, json).await,
        DeviceCommand::Retire(args) => retire::run(args, json).await,
        DeviceCommand::Appeal(args) => appeal::run(args, json).await,
    }
}

/// A device that `wallet` owns, and its account's address.
///
/// # Errors
/// It is not registered in `network`, or somebody else's.
async fn owned(
    chain: &Chain,
    network: &Address,
    key: &DeviceKey,
    wallet: &Address,
) -> anyhow::Result<(Address, Device)> {
    let (address, name) = (addresses::device(network, key), base58::encode(key.bytes()));
    let device: Option<Device> = chain.find(&address).await?;
    let missing = || {
        CheckFailed(format!(
            "device {name} is not registered in network {network}: `trellis device list --all` shows those that are"
        ))
    };
    let device = device.ok_or_else(missing)?;
    if device.operator != addresses::operator(network, wallet) {
        let owner: Operator = chain.fetch(&device.operator).await?;
        let (index, owner) = (device.operator_index, owner.wallet);
        let words = format!(
            "device {name} belongs to operator {index}, whose wallet is {owner}; you sign as {wallet}: name the right keypair with --keypair"
        );
        return Err(CheckFailed(words).into());
    }
    Ok((address, device))
}

/// Errors if the device is suspended: then it stays where it is.
fn require_not_suspended(device: &Device, key: &DeviceKey) -> Result<(), CheckFailed> {
    if !device.is_suspended() {
        return Ok(());
    }
    let (name, reason, evidence) = (base58::encode(key.bytes()), device.reason_code, hex::encode(device.evidence_hash));
    let appeal = match device.appealed_unix {
        0 => "appeal with `trellis device appeal`",
        _ => "it was appealed: the network's authority decides",
    };
    Err(CheckFailed(format!(
        "device {name} is suspended, for reason {reason} with evidence {evidence}: it can be neither handed over nor retired \
         until it is reinstated; {appeal}"
    )))
}
