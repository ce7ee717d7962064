//! Transactions that a user pays for: looked at before they are sent.

use solana_address::Address;
use solana_instruction::Instruction;
use solana_signer::Signer;
use trellis_client::Chain;

use crate::{
    deploy::cost::{FeeRate, RentRate},
    output::sol,
};

/// What a transaction costs beside the fee for itself.
#[derive(Clone, Debug, Default)]
pub struct NewAccounts(Vec<usize>);

impl NewAccounts {
    /// Accounts of these sizes are created.
    pub fn of(bytes: &[usize]) -> Self {
        Self(bytes.to_vec())
    }

    /// An account of so many bytes is created.
    pub fn add(&mut self, bytes: usize) {
        self.0.push(bytes);
    }
}

/// Why a payer cannot pay.
#[derive(Debug, thiserror::Error)]
#[error(
    "{payer} has {} SOL, and this needs {} SOL ({what}): send at least {} SOL to it, or name another payer",
    sol(*has_lamports), sol(*needs_lamports), sol(needs_lamports - has_lamports)
)]
pub struct TooLittleSol {
    pub payer: Address,
    pub has_lamports: u64,
    pub needs_lamports: u64,
    pub what: &'static str,
}

/// Errors unless `payer` has enough for the fee of `signatures` signatures and the rent of `new`, and can live on.
///
/// # Errors
/// It has too little, or the chain does not answer.
pub async fn check_balance(chain: &Chain, payer: &Address, signatures: usize, new: &NewAccounts) -> anyhow::Result<()> {
    let rent = RentRate::of_empty_account(chain.rent_lamports(0).await?);
    let rents: u64 = new.0.iter().map(|bytes| rent.lamports(*bytes)).sum();
    // The payer's own account must live on.
    let needs_lamports = FeeRate::default().lamports(signatures as u64) + rents + rent.lamports(0);
    let has_lamports = chain.balance_lamports(payer).await?;
    let what = if new.0.is_empty() { "the fee" } else { "the fee, and rent for new accounts" };
    match has_lamports >= needs_lamports {
        true => Ok(()),
        false => Err(TooLittleSol { payer: *payer, has_lamports, needs_lamports, what }.into()),
    }
}

/// Checks the first signer's balance, then simulates, sends, and returns the signature once the transaction is confirmed. What it
/// would fail with costs nothing.
///
/// # Errors
/// The payer has too little, or the transaction was refused.
pub async fn send(
    chain: &Chain,
    instructions: &[Instruction],
    signers: &[&dyn Signer],
    new: &NewAccounts,
) -> anyhow::Result<String> {
    let different = different(signers);
    if let Some(payer) = different.first() {
        check_balance(chain, &payer.pubkey(), different.len(), new).await?;
    }
    Ok(chain.send_simulated(instructions, &different).await?.to_string())
}

/// Each signer once: a key that signs in two roles is one signature.
pub fn different<'a>(signers: &[&'a dyn Signer]) -> Vec<&'a dyn Signer> {
    let mut different: Vec<&dyn Signer> = Vec::new();
    for signer in signers {
        if !different.iter().any(|known| known.pubkey() == signer.pubkey()) {
            different.push(*signer);
        }
    }
    different
}
