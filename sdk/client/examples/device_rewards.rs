//! Shows in a dApp what a device's operator has earned: device → operator → proof, checked against the chain.
//!
//! ```text
//! cargo run -p trellis-client --features oracle --example device_rewards -- RPC_URL ORACLE_URL DEVICE_KEY_HEX
//! ```

use anyhow::{Context, Result, ensure};
use trellis_client::{
    Chain,
    accounts::{ClaimPage, Device, Operator, Vault},
    addresses,
    oracle::OracleApi,
};
use trellis_core::{DeviceKey, pda};

#[tokio::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [rpc_url, oracle_url, key] = &arguments[..] else {
        anyhow::bail!("three arguments are wanted: RPC_URL ORACLE_URL DEVICE_KEY_HEX")
    };
    let (chain, oracle) = (Chain::new(rpc_url), OracleApi::new(oracle_url)?);
    let key = DeviceKey::Ed25519(bytes(key)?);

    // The oracle names the network; everything else about the device stands on the chain.
    let network = oracle.status().await?.network;
    let device: Device = chain.fetch(&addresses::device(&network, &key)).await?;
    let operator: Operator = chain.fetch(&device.operator).await?;
    println!("device of operator {}, wallet {}", operator.index, operator.wallet);

    let proof = match oracle.proof(&operator.index.to_string(), None).await {
        Err(error) if error.is_not_found() => {
            println!("nothing is final yet");
            return Ok(());
        }
        proof => proof?,
    };
    let claim = proof.claim();
    let vault: Vault = chain.fetch(&claim.vault).await?;
    ensure!(vault.network == network, "the oracle names a vault of another network");
    claim.check(&vault)?;
    let (page, _) = pda::claim_slot(operator.index);
    let page: Option<ClaimPage> = chain.find(&addresses::claim_page(&claim.vault, page)).await?;
    println!("earned {} in epoch {}, {} in all", proof.earned, proof.epoch, proof.cumulative);
    println!("claimable {}", claim.claimable(page.as_ref()));
    Ok(())
}

fn bytes(hex: &str) -> Result<[u8; 32]> {
    let digit = |at: usize| hex.get(2 * at..2 * at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
    let bytes: Option<Vec<u8>> = (0..32).map(digit).collect();
    bytes.filter(|_| hex.len() == 64).and_then(|bytes| bytes.try_into().ok()).context("a key is 64 hex digits")
}
