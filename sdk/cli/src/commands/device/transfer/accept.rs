//! The new owner's part: an offer that is looked at, and accepted.

use std::{io::Read, path::Path};

use serde_json::json;
use solana_address::Address;
use solana_signer::Signer;
use solana_transaction_error::TransactionError;
use trellis_client::{
    Chain, ChainError,
    accounts::{Device, Operator},
    addresses,
};
use trellis_core::DeviceKey;
use trellis_epoch::encoding::base58;

use super::{
    TransferArgs, new_accounts,
    nonce::Nonce,
    offer::{Lifetime, Offer, Unaccepted},
};
use crate::{
    commands::{CheckFailed, Unusable, device::require_not_suspended, paying::check_balance},
    output,
};

/// Far more than an offer has.
const MOST_BYTES: u64 = 16_384;

pub async fn run(args: &TransferArgs, file: &Path, json: bool) -> anyhow::Result<()> {
    let target = args.target.resolve()?;
    let text = read(file).map_err(|error| Unusable(format!("cannot read the offer {}: {error}", file.display())))?;
    let taker = args.wallet.read()?;
    let chain = target.chain()?;
    let (network, _) = target.network_on(&chain).await?;
    let unaccepted = Offer::read(&text, &network, &args.device, &taker.pubkey());
    let unaccepted = unaccepted.map_err(|error| CheckFailed(format!("{}: {error}", file.display())))?;
    let offer = unaccepted.offer;
    let device = still_given(&chain, &offer, &args.device).await?;
    require_alive(&chain, &offer).await?;
    let name = base58::encode(args.device.bytes());
    if !json {
        describe(&offer, &device, &name).iter().for_each(output::progress);
    }
    if !args.yes {
        return Err(Unusable(format!(
            "device {name} was not taken over, and nothing was done: add --yes to accept what the offer of {} says",
            offer.from
        ))
        .into());
    }
    let signature = send(&chain, unaccepted, &*taker).await?;
    let operator: Operator = chain.fetch(&addresses::operator(&network, &offer.to)).await?;
    match json {
        true => output::result(json!({
            "ok": true,
            "device": name,
            "from": offer.from.to_string(),
            "operator_index": operator.index,
            "wallet": offer.to.to_string(),
            "signature": signature,
        }))?,
        false => output::result(format!(
            "transaction    {signature}\nOK: device {name} belongs to you now, operator {}",
            operator.index
        ))?,
    }
    Ok(())
}

fn read(file: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    match file == Path::new("-") {
        true => std::io::stdin().take(MOST_BYTES).read_to_string(&mut text)?,
        false => std::fs::File::open(file)?.take(MOST_BYTES).read_to_string(&mut text)?,
    };
    Ok(text)
}

/// The device, which must be the giver's still.
async fn still_given(chain: &Chain, offer: &Offer, key: &DeviceKey) -> anyhow::Result<Device> {
    let name = base58::encode(key.bytes());
    let device: Option<Device> = chain.find(&offer.device).await?;
    let gone = || CheckFailed(format!("device {name} is not registered any more: there is nothing to take over"));
    let device = device.ok_or_else(gone)?;
    let of = |wallet: &Address| addresses::operator(&offer.network, wallet);
    if device.operator == of(&offer.to) {
        return Err(CheckFailed(format!("device {name} is yours already: the offer was accepted before")).into());
    }
    if device.operator != of(&offer.from) {
        let (index, from) = (device.operator_index, offer.from);
        let words = format!("device {name} belongs to operator {index} now, not to {from}, whose offer this is");
        return Err(CheckFailed(words).into());
    }
    require_not_suspended(&device, key)?;
    Ok(device)
}

/// Errors if no block takes the transaction any more.
async fn require_alive(chain: &Chain, offer: &Offer) -> anyhow::Result<()> {
    let is_alive = match offer.lifetime {
        Lifetime::Blockhash(hash) => chain.is_blockhash_valid(&hash).await?,
        Lifetime::Nonce { account, value } => Nonce::read(chain, &account).await?.value == value,
    };
    if is_alive { Ok(()) } else { Err(expired(offer).into()) }
}

fn expired(offer: &Offer) -> CheckFailed {
    let from = offer.from;
    CheckFailed(match offer.lifetime {
        Lifetime::Blockhash(_) => format!(
            "the offer has expired, or is from another cluster: blocks take it for about a minute. Ask {from} for another one, \
             or for one with --nonce, which holds longer"
        ),
        Lifetime::Nonce { account, .. } => {
            format!("the offer was taken back: its nonce {account} was advanced. Ask {from} for another one")
        }
    })
}

fn describe(offer: &Offer, device: &Device, name: &str) -> Vec<String> {
    let mut lines = vec![
        format!("device         {name}, number {} of network {}", device.index, offer.network),
        format!(
            "class          {}, with a bond of {} units, which becomes yours to hold",
            device.class_index, device.bond
        ),
        format!("from           {}, operator {}, who pays the fee", offer.from, device.operator_index),
        format!("to             {}, your wallet", offer.to),
    ];
    if offer.makes_operator {
        lines.push("               which becomes an operator of the network; its rent is paid for".to_owned());
    }
    lines.push("               There is nothing else in it.".to_owned());
    lines
}

/// Signs, looks at what would become of it, and sends.
async fn send(chain: &Chain, unaccepted: Unaccepted, taker: &dyn Signer) -> anyhow::Result<String> {
    let offer = unaccepted.offer;
    check_balance(chain, &offer.from, 2, &new_accounts(offer.makes_operator)).await?;
    let unsigned = |error| Unusable(format!("{} did not sign: {error}", offer.to));
    let transaction = unaccepted.accept(taker).map_err(unsigned)?;
    match chain.simulate_as_signed(&transaction).await {
        Err(ChainError::Transaction { error: TransactionError::BlockhashNotFound, .. }) => {
            return Err(expired(&offer).into());
        }
        simulated => simulated?,
    };
    Ok(chain.send_as_signed(&transaction).await?.to_string())
}
