//! Transactions of others that the relay signs as fee payer: registrations that the founder's budget pays for, and claims
//! whose sender pays a fee in tokens.

use std::sync::Arc;

use solana_address::Address;
use solana_signature::Signature;
use solana_transaction::versioned::VersionedTransaction;
use solana_transaction_error::TransactionError;
use trellis_client::{
    ChainError,
    accounts::{Device, Operator, Vault, account_bytes},
    claims::payout_account,
};

use super::{
    Relay,
    book::{BookError, Sponsoring},
    owners::{code_hash, read_invitations, read_owners},
    paying::TOKEN_ACCOUNT_BYTES,
    rules::{Allowed, Refusal, Rules},
};

/// Why a transaction was not signed, or did not land.
#[derive(Debug, thiserror::Error)]
pub enum TransactionRefused {
    #[error("these bytes are no transaction of Solana")]
    NotATransaction,
    #[error("{0}")]
    Rule(#[from] Refusal),
    #[error(
        "the signature of {signer} is missing or not its own: let it sign after the fee payer is set to the relay's key"
    )]
    BadSignature { signer: Address },
    #[error(
        "the transaction does nothing that this relay pays for: register an operator or a device, or claim and pay {token_fee} units"
    )]
    NothingToPayFor { token_fee: u64 },
    #[error("this relay pays for no claims of others' making: ask for them at /v1/relay/claim")]
    NoTokenFee,
    #[error("{paid} units are paid to the relay, and it takes {wanted}")]
    TokenFeeTooSmall { paid: u64, wanted: u64 },
    #[error("{0}")]
    Book(BookError),
    #[error("the relay's files of owners and invitations cannot be read: its operator is told")]
    Files(#[source] anyhow::Error),
    #[error("another request is sending this transaction: ask again in some seconds")]
    InProgress,
    #[error("the chain does not answer now, and nothing was sent; ask again in some seconds")]
    ChainAway(#[source] ChainError),
    #[error("the relay's key has too little SOL left: its operator is told")]
    RelayEmpty,
    #[error("the chain refuses the transaction: {0}")]
    Chain(ChainError),
    #[error("transaction {0} was sent and is not confirmed yet: it may still land; ask again in a minute")]
    Unconfirmed(Signature),
}

/// A transaction that landed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Landed {
    pub signature: Signature,
    /// What it cost the relay, at most.
    pub cost_lamports: u64,
}

impl Relay {
    /// Checks, signs and sends a transaction whose fee payer is the relay, and which all others have signed. To be run to
    /// its end whatever becomes of the caller.
    pub async fn transaction(
        self: Arc<Self>,
        bytes: Vec<u8>,
        invitation: Option<String>,
    ) -> Result<Landed, TransactionRefused> {
        let mut transaction = read(&bytes).ok_or(TransactionRefused::NotATransaction)?;
        let vault: Vault = self.fetch_vault().await.map_err(TransactionRefused::ChainAway)?;
        let allowed = self.rules(&vault).check(&transaction.message)?;
        self.require_purpose(&allowed)?;
        let message = transaction.message.serialize();
        require_signed(&transaction, &message)?;
        if let Some(first) = transaction.signatures.first_mut() {
            *first = self.parts.key.sign_fee_payer(&message).into();
        }
        let signature = transaction.signatures.first().copied().unwrap_or_default();
        if let Some(landed) = self.landed.of(&signature) {
            return Ok(landed);
        }
        let turn = self.signing.enter(&[signature]);
        if !turn.has(signature) {
            return Err(TransactionRefused::InProgress);
        }
        let cost_lamports = self.cost(&allowed).await.map_err(TransactionRefused::ChainAway)?;
        // The simulation would say it of a program that lacks lamports, without saying whose.
        let balance = self.parts.chain.balance_lamports(&self.payer()).await.map_err(TransactionRefused::ChainAway)?;
        if balance < cost_lamports {
            return Err(TransactionRefused::RelayEmpty);
        }
        self.parts.chain.simulate_as_signed(&transaction).await.map_err(refused)?;
        let sponsoring = self.sponsoring(&allowed, invitation)?;
        let now_unix = self.parts.clock.now_unix();
        let kept = sponsoring.clone();
        let reserved = self.with_book(move |book| book.sponsor(now_unix, cost_lamports, kept)).await;
        let reserved = reserved.map_err(TransactionRefused::Book)?;
        let sent = self.parts.chain.send_as_signed(&transaction).await;
        self.settle(reserved, cost_lamports).await;
        match sent {
            Ok(signature) => {
                let landed = Landed { signature, cost_lamports };
                self.landed.remember(signature, landed);
                Ok(landed)
            }
            Err(error) => {
                let error = refused(error);
                if !matches!(error, TransactionRefused::Unconfirmed(_)) {
                    // What did not land used up nobody's share; the lamports stay counted.
                    self.with_book(move |book| book.not_sponsored(sponsoring))
                        .await
                        .map_err(TransactionRefused::Book)?;
                }
                Err(error)
            }
        }
    }

    pub(super) async fn fetch_vault(&self) -> Result<Vault, ChainError> {
        let vault = self.parts.chain.fetch(&self.parts.target.vault).await?;
        self.token_account.get_or_init(|| payout_account(&vault, &self.payer()));
        Ok(vault)
    }

    fn rules(&self, vault: &Vault) -> Rules {
        Rules {
            relay: self.payer(),
            network: self.parts.target.network,
            vault: self.parts.target.vault,
            mint: vault.mint,
            token_program: vault.token_program,
            relay_tokens: payout_account(vault, &self.payer()),
            max_micro_lamports: self.parts.chain.fees().max_micro_lamports,
            creates_accounts: self.parts.settings.create_accounts,
        }
    }

    /// Is it a registration, or a claim whose sender pays for it?
    fn require_purpose(&self, allowed: &Allowed) -> Result<(), TransactionRefused> {
        let wanted = self.parts.settings.token_fee;
        if allowed.operators + allowed.devices > 0 {
            return Ok(());
        }
        match (allowed.claims > 0, wanted, allowed.tokens) {
            (false, _, _) => Err(TransactionRefused::NothingToPayFor { token_fee: wanted }),
            (true, 0, _) => Err(TransactionRefused::NoTokenFee),
            (true, _, paid) if paid < wanted => Err(TransactionRefused::TokenFeeTooSmall { paid, wanted }),
            (true, _, _) => Ok(()),
        }
    }

    /// The most that the transaction can cost: its fee and the rents of the accounts that it makes.
    async fn cost(&self, allowed: &Allowed) -> Result<u64, ChainError> {
        let mut cost = allowed.fee_lamports;
        for (count, bytes) in [
            (allowed.operators, account_bytes::<Operator>()),
            (allowed.devices, account_bytes::<Device>()),
            (allowed.token_accounts, TOKEN_ACCOUNT_BYTES),
        ] {
            if count > 0 {
                let rent = self.parts.chain.rent_lamports(bytes).await?;
                cost = cost.saturating_add(rent.saturating_mul(count.into()));
            }
        }
        Ok(cost)
    }

    fn sponsoring(
        &self,
        allowed: &Allowed,
        invitation: Option<String>,
    ) -> Result<Option<Sponsoring>, TransactionRefused> {
        let Some(owner) = allowed.owner else { return Ok(None) };
        let settings = &self.parts.settings;
        let read = || -> anyhow::Result<(bool, bool, Option<[u8; 32]>)> {
            let owners = settings.owners.as_deref().map(read_owners).transpose()?.unwrap_or_default();
            let codes = settings.invitations.as_deref().map(read_invitations).transpose()?.unwrap_or_default();
            let code = invitation.as_deref().map(code_hash);
            Ok((owners.contains(&owner), code.is_some_and(|code| codes.contains(&code)), code))
        };
        let (is_listed, is_valid, code) = read().map_err(|error| {
            tracing::error!("{error:#}");
            TransactionRefused::Files(error)
        })?;
        if code.is_some() && !is_valid && !is_listed {
            return Err(TransactionRefused::Book(BookError::UnknownInvitation));
        }
        Ok(Some(Sponsoring {
            owner,
            is_listed,
            invitation: code.filter(|_| is_valid),
            devices: allowed.devices,
            makes_token_account: allowed.token_accounts > 0,
            most_devices: settings.devices_per_owner,
        }))
    }
}

/// Reads a transaction; `None` if the bytes are none, or not the only encoding of it.
fn read(bytes: &[u8]) -> Option<VersionedTransaction> {
    let transaction: VersionedTransaction = wincode::deserialize(bytes).ok()?;
    transaction.sanitize().ok()?;
    (wincode::serialize(&transaction).ok()? == bytes).then_some(transaction)
}

/// Has everybody but the fee payer signed?
fn require_signed(transaction: &VersionedTransaction, message: &[u8]) -> Result<(), TransactionRefused> {
    let signers = transaction.message.static_account_keys().iter().zip(&transaction.signatures).skip(1);
    for (signer, signature) in signers {
        let item = trellis_epoch::signatures::Item {
            key: trellis_core::DeviceKey::Ed25519(signer.to_bytes()),
            message: message.to_vec(),
            signature: (*signature).into(),
        };
        if !trellis_epoch::signatures::verify(&item) {
            return Err(TransactionRefused::BadSignature { signer: *signer });
        }
    }
    Ok(())
}

fn refused(error: ChainError) -> TransactionRefused {
    match error {
        ChainError::NotConfirmed { signature, .. } => TransactionRefused::Unconfirmed(signature),
        ChainError::Rpc { .. } | ChainError::NoServer => TransactionRefused::ChainAway(error),
        ChainError::Transaction {
            error:
                TransactionError::InsufficientFundsForFee
                | TransactionError::InsufficientFundsForRent { account_index: 0 }
                | TransactionError::AccountNotFound,
            ..
        } => TransactionRefused::RelayEmpty,
        error => TransactionRefused::Chain(error),
    }
}
