//! Both keys are on this machine.

use std::path::Path;

use serde_json::json;
use solana_address::Address;
use solana_signer::Signer;
use trellis_client::{accounts::Operator, addresses};
use trellis_epoch::encoding::base58;

use super::{
    TransferArgs, becomes_operator, new_accounts,
    offer::{Lifetime, Offer},
};
use crate::{
    commands::{
        Unusable,
        device::{owned, require_not_suspended},
        paying::send,
        wallet::read_signer,
    },
    output,
};

pub async fn run(args: &TransferArgs, to: &str, json: bool) -> anyhow::Result<()> {
    let target = args.target.resolve()?;
    let (from, to) = (args.wallet.read()?, read_taker(to)?);
    let chain = target.chain()?;
    let (network, _) = target.network_on(&chain).await?;
    let (device, account) = owned(&chain, &network, &args.device, &from.pubkey()).await?;
    require_not_suspended(&account, &args.device)?;
    if from.pubkey() == to.pubkey() {
        return Err(Unusable(format!("--to is the keypair of {}, whose device it is already", to.pubkey())).into());
    }
    let makes_operator = becomes_operator(&chain, &network, &to.pubkey()).await?;
    let lifetime = Lifetime::Blockhash(Default::default());
    let offer = Offer { network, device, from: from.pubkey(), to: to.pubkey(), makes_operator, lifetime };
    let signature = send(&chain, &offer.instructions(), &[&from, &to], &new_accounts(makes_operator)).await?;
    let taker: Operator = chain.fetch(&addresses::operator(&network, &to.pubkey())).await?;
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

fn read_taker(to: &str) -> Result<Box<dyn Signer>, Unusable> {
    let path = Path::new(to);
    if to.parse::<Address>().is_ok() && !path.exists() {
        return Err(Unusable(format!(
            "--to {to} is a wallet's address, and both wallets sign: name the file of its keypair, or add --sign-only to make \
             an offer that the new owner accepts elsewhere"
        )));
    }
    read_signer(path)
}
