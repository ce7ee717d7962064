//! Gates a feature of a dApp by stake tier, with the programs' own arithmetic. A program that must not trust its client does
//! the same on the chain: by a CPI to `require_tier`, or by that instruction before its own (see
//! `instructions::staking::require_tier`).
//!
//! ```text
//! cargo run -p trellis-client --example tier_gate -- RPC_URL NETWORK OPERATOR_WALLET WALLET TIER
//! ```

use anyhow::Result;
use trellis_client::{
    Address, Chain,
    accounts::{OperatorStake, Position, StakePool},
    addresses,
};

#[tokio::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [rpc_url, network, operator, wallet, tier] = &arguments[..] else {
        anyhow::bail!("five arguments are wanted: RPC_URL NETWORK OPERATOR_WALLET WALLET TIER")
    };
    let (network, operator, wallet): (Address, Address, Address) =
        (network.parse()?, operator.parse()?, wallet.parse()?);
    let wanted: u8 = tier.parse()?;
    let reached = tier_of(&Chain::new(rpc_url), &network, &operator, &wallet).await?;
    match reached >= wanted {
        true => println!("open: tier {reached}"),
        false => println!("closed: tier {reached}, {wanted} is wanted"),
    }
    Ok(())
}

/// The tier that `wallet`'s stake with the operator reaches; 0 is none.
async fn tier_of(chain: &Chain, network: &Address, operator: &Address, wallet: &Address) -> Result<u8> {
    let pool_address = addresses::stake_pool(network);
    let stake_address = addresses::operator_stake(&pool_address, &addresses::operator(network, operator));
    let pool: StakePool = chain.fetch(&pool_address).await?;
    let Some(stake) = chain.find::<OperatorStake>(&stake_address).await? else { return Ok(0) };
    let position: Option<Position> = chain.find(&addresses::stake_position(&stake_address, wallet)).await?;
    Ok(position.map_or(0, |position| pool.tier_of(position.worth(&stake))))
}
