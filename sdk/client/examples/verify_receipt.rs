//! Verifies an oracle's receipt offline: no network, no trust.
//!
//! ```text
//! cargo run -p trellis-client --example verify_receipt -- RECEIPT.json ORACLE_ADDRESS
//! ```

use anyhow::{Context, Result, ensure};
use trellis_client::Address;
use trellis_core::receipt::SignedReceipt;
use trellis_epoch::receipt::{ReceiptJson, verify};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [path, oracle] = &arguments[..] else { anyhow::bail!("two arguments are wanted: RECEIPT.json ORACLE_ADDRESS") };
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {path}"))?;
    let receipt: ReceiptJson = serde_json::from_str(&text).with_context(|| format!("{path} is no receipt"))?;
    let signed = SignedReceipt::from(&receipt);
    let oracle: Address = oracle.parse()?;
    ensure!(signed.oracle == oracle.to_bytes(), "the receipt is of another oracle: {}", Address::from(signed.oracle));
    verify(&signed)?;
    println!("holds: the oracle will count the attestation in epoch {}", signed.receipt.epoch);
    Ok(())
}
