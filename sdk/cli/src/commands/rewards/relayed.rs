//! `trellis rewards claim --relay`: the oracle sends the claim, and pays for it.

use serde_json::json;
use solana_signer::Signer;
use trellis_client::{
    accounts::Vault,
    oracle::{RelayedClaims, RelayedOperator},
};

use crate::{
    commands::{
        CheckFailed,
        amounts::{decimals_of, tokens},
        target::{Target, WalletArgs},
    },
    output,
};

/// Asks for the claim of an operator, by its index or wallet; the keypair's if none is named.
///
/// # Errors
/// The oracle relays nothing, or did not pay: in its own words.
pub async fn claim(target: &Target, operator: Option<&str>, wallet: &WalletArgs, json: bool) -> anyhow::Result<()> {
    let operator = match operator {
        Some(operator) => operator.to_owned(),
        None => wallet.read()?.pubkey().to_string(),
    };
    let oracle = target.oracle()?;
    let status = target.status_of(&oracle).await?;
    let RelayedClaims { epoch, results } = oracle.relay_claim(&[operator]).await?;
    let Some(result) = results.into_iter().next() else {
        return Err(CheckFailed("the oracle's answer names no operator: ask another with --oracle".to_owned()).into());
    };
    let RelayedOperator { operator_index, outcome, payout_wallet, amount, signature, detail, .. } = result;
    let is_paid = match outcome.as_str() {
        "paid" => true,
        "already_claimed" | "nothing_earned" => false,
        _ => {
            let detail = detail.unwrap_or_else(|| format!("its answer is `{outcome}`"));
            return Err(CheckFailed(format!("the relay did not pay: {detail}")).into());
        }
    };
    let paid = amount.filter(|_| is_paid).unwrap_or(0);
    if json {
        return Ok(output::result(json!({
            "ok": true,
            "operator_index": operator_index,
            "epoch": epoch,
            "outcome": outcome,
            "claimed": paid.to_string(),
            "payout_wallet": payout_wallet.map(|wallet| wallet.to_string()),
            "signature": signature.filter(|_| is_paid),
        }))?);
    }
    if !is_paid {
        return Ok(output::result(format!(
            "nothing to claim: all that operator {operator_index} earned up to epoch {epoch} was claimed already"
        ))?);
    }
    let chain = target.chain()?;
    let vault: Vault = chain.fetch(&status.vault).await?;
    let paid = tokens(paid, decimals_of(&chain, &vault.mint).await?);
    output::progress(format!("paid to        {}", payout_wallet.unwrap_or_default()));
    output::progress(format!("transaction    {}", signature.unwrap_or_default()));
    Ok(output::result(format!("OK: {paid} tokens claimed; the oracle paid the fee"))?)
}
