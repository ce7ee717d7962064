//! Claims for one operator: the proof is fetched, checked against the chain's root, sent and confirmed.
//!
//! ```text
//! cargo run -p trellis-client --features oracle --example claim -- RPC_URL ORACLE_URL KEYPAIR.json OPERATOR_INDEX
//! ```
//!
//! The keypair pays the fee. It need not be the operator's: only the operator's payout wallet can be paid.

use anyhow::{Context, Result};
use solana_keypair::read_keypair_file;
use solana_signer::Signer;
use trellis_client::{Chain, claims::PreparedClaim, oracle::OracleApi};

#[tokio::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [rpc_url, oracle_url, keypair, operator] = &arguments[..] else {
        anyhow::bail!("four arguments are wanted: RPC_URL ORACLE_URL KEYPAIR.json OPERATOR_INDEX")
    };
    let (chain, oracle) = (Chain::new(rpc_url), OracleApi::new(oracle_url)?);
    let payer = read_keypair_file(keypair).map_err(|error| anyhow::anyhow!("{keypair}: {error}"))?;
    let operator = operator.parse().context("OPERATOR_INDEX is a number")?;

    // A dApp knows its network. Here the oracle is asked, and believed nothing but that.
    let network = oracle.status().await?.network;
    let claim = PreparedClaim::fetch(&chain, &oracle, &network, operator, None, &payer.pubkey()).await?;
    match claim.send(&chain, &payer).await? {
        Some(signature) => println!("paid {} to {} in {signature}", claim.claimable(), claim.proof.payout_wallet),
        None => println!("nothing to claim: {} were claimed before", claim.claimed),
    }
    Ok(())
}
