//! `trellis device transfer`: at once with both keys, or as an offer that the other one accepts on another machine.

mod accept;
mod at_once;
mod give;
mod nonce;
mod offer;

use std::path::PathBuf;

use solana_address::Address;
use trellis_client::{
    Chain,
    accounts::{Operator, account_bytes},
    addresses,
};
use trellis_core::DeviceKey;

use super::parse_device;
use crate::commands::{
    Unusable,
    paying::NewAccounts,
    target::{TargetArgs, WalletArgs},
};

/// Hands a device over to another wallet, with its bond. Both wallets sign.
///
/// With both keypairs on one machine: --to FILE. Otherwise in two steps: the owner runs this with --to WALLET --sign-only, which
/// prints an offer; the new owner runs it with --accept FILE, looks at what it says, and adds --yes. An offer holds for about a
/// minute, or with --nonce until the nonce is advanced.
///
/// The new owner becomes an operator of the network if it is none yet; fee and rent are paid by who gives the device away. What
/// the device does in the running epoch is paid to the new owner.
#[derive(Clone, Debug, clap::Args)]
pub struct TransferArgs {
    /// The device's key, or the file of its keypair
    #[arg(value_name = "DEVICE", value_parser = parse_device)]
    pub device: DeviceKey,
    /// Keypair of the new owner's wallet; with --sign-only, its address
    #[arg(long, value_name = "FILE|WALLET", required_unless_present = "accept", conflicts_with = "accept")]
    pub to: Option<String>,
    /// Sign for yourself alone, send nothing, and print an offer for the new owner
    #[arg(long, requires = "to")]
    pub sign_only: bool,
    /// A nonce account of yours, as `solana create-nonce-account` makes: the offer holds until you advance it
    #[arg(long, value_name = "ADDRESS", requires = "sign_only")]
    pub nonce: Option<Address>,
    /// The file of an offer to you, - for standard input
    #[arg(long, value_name = "FILE")]
    pub accept: Option<PathBuf>,
    /// Accept the offer, after you have looked at it
    #[arg(long, requires = "accept")]
    pub yes: bool,
    #[command(flatten)]
    pub wallet: WalletArgs,
    #[command(flatten)]
    pub target: TargetArgs,
}

/// # Errors
/// The device is not the giver's, or suspended; or the offer is not what it should be.
pub async fn run(args: &TransferArgs, json: bool) -> anyhow::Result<()> {
    match (&args.accept, &args.to) {
        (Some(file), _) => accept::run(args, file, json).await,
        (None, Some(to)) if args.sign_only => give::run(args, to, json).await,
        (None, Some(to)) => at_once::run(args, to, json).await,
        // clap lets nobody come here.
        (None, None) => Err(Unusable("either --to or --accept is wanted".to_owned()).into()),
    }
}

/// Is this wallet no operator of the network yet, so that it becomes one?
async fn becomes_operator(chain: &Chain, network: &Address, wallet: &Address) -> anyhow::Result<bool> {
    Ok(chain.find::<Operator>(&addresses::operator(network, wallet)).await?.is_none())
}

/// What a transfer makes.
fn new_accounts(makes_operator: bool) -> NewAccounts {
    let mut new = NewAccounts::default();
    if makes_operator {
        new.add(account_bytes::<Operator>());
    }
    new
}
