//! Which operator a command is about.

use solana_address::Address;
use trellis_client::{Chain, accounts::Operator, addresses};

use super::{CheckFailed, Unusable};

/// Where an operator's index lies in its account, behind the discriminator, four addresses and three counters.
const INDEX_OFFSET: usize = 8 + 4 * 32 + 3 * 8;

/// The operator that `text` names: by its wallet or its index. If it names none, the one whose wallet is `wallet`.
///
/// # Errors
/// There is no such operator in the network.
pub async fn find(chain: &Chain, network: &Address, text: Option<&str>, wallet: &Address) -> anyhow::Result<Operator> {
    let index = text.and_then(|text| text.parse::<u32>().ok());
    if let Some(index) = index {
        let fields = [(8, network.to_bytes().to_vec()), (INDEX_OFFSET, index.to_le_bytes().to_vec())];
        let found = chain.with_fields::<Operator>(&fields).await?.into_iter().next();
        let missing = || CheckFailed(format!("network {network} has no operator {index}"));
        return Ok(found.ok_or_else(missing)?.1);
    }
    let named: Option<Address> = match text {
        Some(text) => Some(text.parse().map_err(|_| {
            Unusable(format!("`{text}` names no operator: an index such as 0, or a wallet's address is wanted"))
        })?),
        None => None,
    };
    let owner = named.unwrap_or(*wallet);
    let operator: Option<Operator> = chain.find(&addresses::operator(network, &owner)).await?;
    let missing = || {
        let what = if named.is_some() { "wallet" } else { "your wallet" };
        CheckFailed(format!(
            "{what} {owner} is no operator of network {network}: name the wallet that the devices were registered with \
             (--keypair FILE, or its address as OPERATOR), or register a device first with `trellis device register`"
        ))
    };
    Ok(operator.ok_or_else(missing)?)
}
