//! The owner's part: an offer.

use std::path::Path;

use serde_json::json;
use solana_address::Address;
use solana_signer::Signer;
use trellis_client::Chain;
use trellis_epoch::encoding::base58;

use super::{
    TransferArgs, becomes_operator, new_accounts,
    nonce::Nonce,
    offer::{Lifetime, Offer},
};
use crate::{
    commands::{
        CheckFailed, Unusable,
        device::{owned, require_not_suspended},
        paying::check_balance,
        wallet::read_signer,
    },
    output,
};

pub async fn run(args: &TransferArgs, to: &str, json: bool) -> anyhow::Result<()> {
    let target = args.target.resolve()?;
    let (giver, to) = (args.wallet.read()?, parse_taker(to)?);
    let from = giver.pubkey();
    let chain = target.chain()?;
    let (network, _) = target.network_on(&chain).await?;
    let (device, account) = owned(&chain, &network, &args.device, &from).await?;
    require_not_suspended(&account, &args.device)?;
    if from == to {
        return Err(Unusable(format!("--to is {to}, whose device it is already")).into());
    }
    let makes_operator = becomes_operator(&chain, &network, &to).await?;
    check_balance(&chain, &from, 2, &new_accounts(makes_operator)).await?;
    let lifetime = lifetime(&chain, args.nonce, &from).await?;
    let offer = Offer { network, device, from, to, makes_operator, lifetime };
    // What it would fail with is said now; it is looked at as of now, so without its nonce.
    let now = Offer { lifetime: Lifetime::Blockhash(Default::default()), ..offer };
    chain.simulate(&now.instructions(), &from).await?;
    let text = offer.sign(&*giver).map_err(|error| Unusable(format!("{from} did not sign: {error}")))?;
    let name = base58::encode(args.device.bytes());
    if json {
        return Ok(output::result(json!({
            "ok": true,
            "offer": text,
            "network": network.to_string(),
            "device": name,
            "from": from.to_string(),
            "to": to.to_string(),
            "new_operator": makes_operator,
            "nonce": args.nonce.map(|nonce| nonce.to_string()),
        }))?);
    }
    let until = match args.nonce {
        None => "Blocks take it for about a minute: be quick, or use --nonce.".to_owned(),
        Some(nonce) => format!(
            "It holds until you take it back by advancing the nonce (`solana new-nonce {nonce}`): do so as soon as you no longer \
             mean it."
        ),
    };
    output::note(format!(
        "This offer gives device {name} to {to}, whoever sends it. {until} The new owner runs:\n  \
         trellis device transfer {name} --network {network} --accept FILE"
    ));
    Ok(output::result(text)?)
}

/// The new owner's address, which a keypair tells too.
fn parse_taker(to: &str) -> Result<Address, Unusable> {
    match to.parse() {
        Ok(address) => Ok(address),
        Err(_) if Path::new(to).exists() => Ok(read_signer(Path::new(to))?.pubkey()),
        Err(_) => Err(Unusable(format!("--to {to} is neither a wallet's address nor the file of a keypair"))),
    }
}

async fn lifetime(chain: &Chain, nonce: Option<Address>, giver: &Address) -> anyhow::Result<Lifetime> {
    let Some(account) = nonce else { return Ok(Lifetime::Blockhash(chain.latest_blockhash().await?.0)) };
    let Nonce { authority, value } = Nonce::read(chain, &account).await?;
    match authority == *giver {
        true => Ok(Lifetime::Nonce { account, value }),
        false => Err(CheckFailed(format!(
            "the nonce account {account} is for {authority} to advance, and you sign as {giver}: use one of your own"
        ))
        .into()),
    }
}
