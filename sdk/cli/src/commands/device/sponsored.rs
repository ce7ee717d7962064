//! A registration that an oracle's relay pays for.

use anyhow::Context;
use solana_address::Address;
use solana_instruction::Instruction;
use solana_message::Message;
use solana_signer::Signer;
use solana_transaction::{Transaction, versioned::VersionedTransaction};
use trellis_client::{
    Chain,
    oracle::{OracleApi, RelayTerms},
};

use crate::commands::{CheckFailed, paying::different, target::Target};

/// The relay, and the founder's invitation to it.
pub struct Sponsor {
    oracle: OracleApi,
    invitation: String,
    /// The relay's key, which pays fee and rent.
    pub payer: Address,
    /// Does it pay for the payout wallet's token account too?
    pub creates_token_accounts: bool,
}

impl Sponsor {
    /// # Errors
    /// No oracle of the network is named, or it pays for no registrations.
    pub async fn find(target: &Target, invitation: &str) -> anyhow::Result<Self> {
        let oracle = target.oracle()?;
        target.status_of(&oracle).await?;
        match oracle.relay().await? {
            RelayTerms { registrations: true, payer: Some(payer), creates_token_accounts, .. } => {
                Ok(Self { oracle, invitation: invitation.to_owned(), payer, creates_token_accounts })
            }
            _ => {
                let url = oracle.url();
                let words = format!(
                    "the oracle at {url} pays for no registrations: leave --invitation out and pay with SOL, or name \
                     the oracle that the invitation is for with --oracle"
                );
                Err(CheckFailed(words).into())
            }
        }
    }

    /// Has everybody sign but the relay, which looks at it, signs, and sends; returns the signature once it is confirmed.
    ///
    /// # Errors
    /// A signature is missing, or the relay refused: in its own words.
    pub async fn send(
        &self,
        chain: &Chain,
        instructions: &[Instruction],
        signers: &[&dyn Signer],
    ) -> anyhow::Result<String> {
        let (blockhash, _) = chain.latest_blockhash().await?;
        let message = Message::new_with_blockhash(instructions, Some(&self.payer), &blockhash);
        let mut transaction = Transaction::new_unsigned(message);
        transaction.try_partial_sign(&different(signers), blockhash).context("a signature is missing")?;
        let bytes = wincode::serialize(&VersionedTransaction::from(transaction)).context("the transaction")?;
        Ok(self.oracle.relay_transaction(&bytes, Some(&self.invitation)).await?.signature)
    }
}
