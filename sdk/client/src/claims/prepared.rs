//! From an oracle's proof to tokens: asked for, checked against the chain, built, sent.

use solana_address::Address;
use solana_instruction::Instruction;
use solana_signature::Signature;
use solana_signer::Signer;
use trellis_core::{Amount, Epoch, pda, spl::ACCOUNT_BYTES};

use super::{ClaimError, create_payout_account_of, payout_account};
use crate::{
    accounts::{ClaimPage, Vault, account_bytes},
    addresses,
    chain::{Chain, ChainError},
    instructions::rewards,
    oracle::{OracleApi, OracleError, Proof},
};

/// A claim that holds against the chain, and the instructions that make it.
pub struct PreparedClaim {
    /// What the oracle said, of which every figure was checked.
    pub proof: Proof,
    pub vault: Vault,
    /// Claimed before.
    pub claimed: Amount,
    /// The claim; before it, what is not there yet: the operator's claim page, the payout wallet's token account.
    pub instructions: Vec<Instruction>,
    /// Bytes of each account that is made. The payer pays its rent.
    pub new_accounts: Vec<usize>,
}

/// Why there is nothing that could be sent.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    #[error(transparent)]
    Chain(#[from] ChainError),
    #[error(transparent)]
    Oracle(#[from] OracleError),
    #[error("the oracle at {url}: {error}")]
    Claim { url: String, error: ClaimError },
    #[error("the oracle at {url} names vault {vault}, which is of another network: {network}")]
    OtherNetwork { url: String, vault: Address, network: Address },
    #[error(
        "the network's guardian has paused claims until {until_unix} (unix seconds): nothing is lost, claim after that"
    )]
    Paused { until_unix: i64 },
}

impl PreparedClaim {
    /// All that an operator of `network` has earned and not claimed, by the root of `epoch`, or of the last final one. The
    /// oracle is believed nothing: its proof must lead to the root on the chain. `payer` pays fees and rents; only the
    /// operator's payout wallet can be paid.
    ///
    /// # Errors
    /// The oracle has no proof ([`OracleError::is_not_found`]: nothing is final yet), it does not hold, the vault is
    /// paused, or one of them does not answer.
    pub async fn fetch(
        chain: &Chain,
        oracle: &OracleApi,
        network: &Address,
        operator_index: u32,
        epoch: Option<Epoch>,
        payer: &Address,
    ) -> Result<Self, PrepareError> {
        let url = || oracle.url().to_owned();
        let proof = oracle.proof(&operator_index.to_string(), epoch).await?;
        let claim = proof.claim();
        let vault: Vault = chain.fetch(&claim.vault).await?;
        if vault.network != *network {
            return Err(PrepareError::OtherNetwork { url: url(), vault: claim.vault, network: vault.network });
        }
        claim.check(&vault).map_err(|error| PrepareError::Claim { url: url(), error })?;
        if vault.is_paused(chain.unix_time().await?) {
            return Err(PrepareError::Paused { until_unix: vault.paused_until_unix });
        }
        let (page, slot) = pda::claim_slot(claim.operator_index);
        let counters: Option<ClaimPage> = chain.find(&addresses::claim_page(&claim.vault, page)).await?;
        let claimed = counters.as_ref().and_then(|page| page.claimed.get(slot).copied()).unwrap_or(0);
        let (mut instructions, mut new_accounts) = (Vec::new(), Vec::new());
        if counters.is_none() {
            instructions.push(rewards::open_page(*payer, claim.vault, page));
            new_accounts.push(account_bytes::<ClaimPage>());
        }
        if chain.account(&payout_account(&vault, &claim.payout_wallet)).await?.is_none() {
            let open = create_payout_account_of(payer, &claim.payout_wallet, &vault.mint, &vault.token_program);
            instructions.push(open);
            new_accounts.push(ACCOUNT_BYTES);
        }
        instructions.push(claim.instruction(&vault));
        Ok(Self { proof, vault, claimed: Amount(claimed), instructions, new_accounts })
    }

    /// What it would pay.
    pub fn claimable(&self) -> Amount {
        Amount(self.proof.cumulative.saturating_sub(self.claimed.get()))
    }

    /// Sends it, and waits until it is confirmed; `None`, and nothing is sent, if there is nothing to claim. `payer` is the
    /// one that it was prepared for.
    ///
    /// # Errors
    /// The chain refused it, or did not confirm it in time: it may still land, and pays once.
    pub async fn send<S: Signer + ?Sized>(&self, chain: &Chain, payer: &S) -> Result<Option<Signature>, ChainError> {
        match self.claimable().get() {
            0 => Ok(None),
            _ => chain.send_simulated(&self.instructions, &[payer]).await.map(Some),
        }
    }
}
