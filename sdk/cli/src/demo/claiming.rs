//! Claims of the demo: each checked against the chain's root before it is sent.

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use solana_keypair::Keypair;
use solana_signer::Signer;
use trellis_client::{Chain, accounts::Vault, addresses, claims::Claim};
use trellis_core::{Amount, Epoch};

use super::{
    network::{DemoNetwork, Operator},
    oracle::OracleProcess,
};

/// `GET /v1/operators/{operator}/proof`.
#[derive(Deserialize)]
struct ProofAnswer {
    epoch: u64,
    vault: String,
    operator_index: u32,
    payout_wallet: String,
    /// Decimal.
    cumulative: String,
    proof: Vec<String>,
}

impl ProofAnswer {
    fn claim(&self) -> Result<Claim> {
        let node = |text: &String| -> Result<[u8; 32]> {
            hex::decode(text)?.try_into().map_err(|_| anyhow::anyhow!("`{text}` is no hash"))
        };
        Ok(Claim {
            epoch: Epoch(self.epoch),
            vault: self.vault.parse().context("the proof's vault")?,
            operator_index: self.operator_index,
            payout_wallet: self.payout_wallet.parse().context("the proof's wallet")?,
            cumulative: Amount(self.cumulative.parse().context("the proof's amount")?),
            proof: self.proof.iter().map(node).collect::<Result<_>>()?,
        })
    }
}

/// Claims all that `operator` has earned; `payer` pays the fee. Returns what the operator's token account holds then.
pub async fn claim(
    chain: &Chain,
    oracle: &OracleProcess,
    network: &DemoNetwork,
    operator: &Operator,
    payer: &Keypair,
) -> Result<u64> {
    let wallet = operator.wallet.pubkey();
    let answer: ProofAnswer = oracle.get(&format!("/v1/operators/{wallet}/proof")).await?;
    let claim = answer.claim()?;
    ensure!(claim.payout_wallet == wallet, "the oracle would pay {} instead of {wallet}", claim.payout_wallet);
    let vault: Vault = chain.fetch(&network.vault).await?;
    claim.check(&vault)?;
    let lamports_before = chain.balance_lamports(&wallet).await?;
    chain.send(&[claim.instruction(&vault)], &[payer]).await.with_context(|| format!("claim of {}", operator.name))?;
    if payer.pubkey() != wallet {
        let lamports = chain.balance_lamports(&wallet).await?;
        ensure!(lamports == lamports_before, "the claim changed the balance of {}", operator.name);
    }
    let held = balance(chain, network, operator).await?;
    ensure!(held == claim.cumulative.get(), "{} holds {held}, {} was earned", operator.name, claim.cumulative);
    Ok(held)
}

/// Tokens in the operator's account.
pub async fn balance(chain: &Chain, network: &DemoNetwork, operator: &Operator) -> Result<u64> {
    let account = addresses::associated_token_account(&operator.wallet.pubkey(), &network.mint);
    Ok(chain.token_balance(&account).await?.unwrap_or(0))
}
