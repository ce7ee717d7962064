//! From claims to transactions: simulated, set against the budget, sent, settled.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use solana_address::Address;
use solana_compute_budget_interface::ComputeBudgetInstruction;
use solana_instruction::Instruction;
use solana_message::Message;
use solana_signature::Signature;
use solana_transaction_error::TransactionError;
use trellis_client::{
    ChainError,
    accounts::Vault,
    chain::{PACKET_BYTES, Simulated},
    claims::{Payee, RangeClaim, create_payout_account_of},
    program_error::{ProgramError, RewardsError},
};
use trellis_core::Amount;

use super::{
    Relay,
    book::{BookError, Reservation},
    outcome::{Kind, Outcome},
};
use crate::key::OracleSigner;

/// Bytes of a token account with what an associated account of Token-2022 has.
pub(super) const TOKEN_ACCOUNT_BYTES: usize = 170;

/// Why a transaction of the relay did not do what it should.
enum Unpaid {
    OverBudget {
        detail: String,
        retry_after_seconds: Option<u32>,
    },
    /// Somebody else's claim came first.
    ClaimedMeanwhile,
    RelayEmpty,
    Unconfirmed(Signature),
    Failed(String),
}

impl Relay {
    /// Does a transaction of these instructions fit a packet, with a limit and a price of compute units?
    pub(super) fn fits(&self, instructions: &[Instruction]) -> bool {
        let budget =
            [ComputeBudgetInstruction::set_compute_unit_limit(0), ComputeBudgetInstruction::set_compute_unit_price(0)];
        let message = Message::new(&[&budget[..], instructions].concat(), Some(&self.payer()));
        // One signature with its count, then the message.
        1 + 64 + message.serialize().len() <= PACKET_BYTES
    }

    /// Pays a run of operators in one transaction, and answers for each. `dues`: what each is to be paid. `newcomer`: the
    /// wallet that gets a token account first.
    pub(super) async fn pay(
        self: &Arc<Self>,
        vault: &Vault,
        claim: &RangeClaim,
        dues: &BTreeMap<u32, Amount>,
        newcomer: Option<Address>,
    ) -> Vec<Outcome> {
        let mut instructions = Vec::new();
        if let Some(wallet) = &newcomer {
            let create = create_payout_account_of(&self.payer(), wallet, &vault.mint, &vault.token_program);
            instructions.push(create);
        }
        instructions.push(claim.instruction(vault));
        let sent = match newcomer {
            None => self.send(&instructions, 0).await,
            Some(wallet) => self.send_with_account(&instructions, wallet).await,
        };
        let now_unix = self.parts.clock.now_unix();
        let payees = (claim.first_index..).zip(&claim.payees);
        let answer = |(index, payee): (u32, &Payee)| {
            let (wallet, due) = (payee.payout_wallet, dues.get(&index).copied().unwrap_or_default());
            let unpaid = |kind, detail: &str| Outcome::unpaid(index, Some(wallet), kind, detail).waiting(due);
            match &sent {
                Ok(signature) => {
                    self.paid_today.count(index, now_unix);
                    self.payments.remember(index, *signature);
                    Outcome::paid(index, wallet, due, *signature)
                }
                Err(Unpaid::ClaimedMeanwhile) => self.claimed_meanwhile(index, *payee),
                Err(Unpaid::OverBudget { detail, retry_after_seconds }) => {
                    let outcome = unpaid(Kind::OverBudget, detail);
                    Outcome { retry_after_seconds: *retry_after_seconds, ..outcome }
                }
                Err(Unpaid::RelayEmpty) => {
                    let detail =
                        "the relay's key has too little SOL left: its operator is told; send the claim yourself";
                    unpaid(Kind::RelayEmpty, detail)
                }
                Err(Unpaid::Unconfirmed(signature)) => {
                    let detail = "sent, and not confirmed yet: it may still be paid; ask again in a minute";
                    unpaid(Kind::Unconfirmed, detail).with_signature(Some(*signature)).retry_after(60)
                }
                Err(Unpaid::Failed(detail)) => unpaid(Kind::Failed, detail),
            }
        };
        payees.map(answer).collect()
    }

    /// Once for each wallet: whoever closes its account gets the rent.
    async fn send_with_account(
        self: &Arc<Self>,
        instructions: &[Instruction],
        wallet: Address,
    ) -> Result<Signature, Unpaid> {
        let rent = self.parts.chain.rent_lamports(TOKEN_ACCOUNT_BYTES).await.map_err(told)?;
        if self.parts.chain.balance_lamports(&self.payer()).await.map_err(told)? < rent {
            return Err(Unpaid::RelayEmpty);
        }
        if !self.with_book(move |book| book.create_account(&wallet)).await.map_err(over_budget)? {
            let detail =
                format!("this relay paid for a token account of {wallet} once, which was closed since: make one");
            return Err(Unpaid::Failed(detail));
        }
        let sent = self.send(instructions, rent).await;
        // What is not confirmed may have made it.
        if !matches!(sent, Ok(_) | Err(Unpaid::Unconfirmed(_))) {
            self.with_book(move |book| book.account_not_created(&wallet)).await.map_err(over_budget)?;
        }
        sent
    }

    async fn send(self: &Arc<Self>, instructions: &[Instruction], rent_lamports: u64) -> Result<Signature, Unpaid> {
        let parts = &self.parts;
        let simulated = Simulated::new(&parts.chain, &self.payer(), instructions).await.map_err(told)?;
        let most = simulated.fee_lamports(parts.chain.fees().max_micro_lamports).saturating_add(rent_lamports);
        let now_unix = parts.clock.now_unix();
        let reserved = self.with_book(move |book| book.reserve(now_unix, most)).await.map_err(over_budget)?;
        let price = AtomicU64::new(0);
        let sign = |message| parts.key.signed(message);
        let told_price = |last| price.store(last, Relaxed);
        let sent = simulated.send(&parts.chain, &self.payer(), &sign, told_price).await;
        // Whether what failed had been taken into a block, and cost its fee, is not always known: then it counts as spent.
        let spent = simulated.fee_lamports(price.load(Relaxed)).saturating_add(rent_lamports);
        self.settle(reserved, if sent.is_ok() { spent } else { most }).await;
        sent.map_err(told)
    }

    pub(super) async fn settle(self: &Arc<Self>, reserved: Reservation, spent_lamports: u64) {
        self.parts.metrics.relay_spent(spent_lamports);
        if let Err(error) = self.with_book(move |book| book.settle(reserved, spent_lamports)).await {
            // It stays counted as spent.
            tracing::error!("{error}");
        }
    }
}

fn over_budget(error: BookError) -> Unpaid {
    match error {
        BookError::OverBudget { renews_in_seconds, .. } => {
            Unpaid::OverBudget { detail: error.to_string(), retry_after_seconds: Some(renews_in_seconds) }
        }
        _ => {
            tracing::error!("{error}");
            Unpaid::Failed("the relay cannot write its book now, so it spends nothing: ask again later".to_owned())
        }
    }
}

/// Where the chain is asked is the operator's own business: the address may hold a password.
fn told(error: ChainError) -> Unpaid {
    if error.program_error() == Some(ProgramError::Rewards(RewardsError::NothingToClaim)) {
        return Unpaid::ClaimedMeanwhile;
    }
    tracing::warn!(%error, "a relayed claim was not paid");
    match &error {
        ChainError::NotConfirmed { signature, .. } => Unpaid::Unconfirmed(*signature),
        ChainError::Transaction {
            error:
                TransactionError::InsufficientFundsForFee
                | TransactionError::InsufficientFundsForRent { .. }
                | TransactionError::AccountNotFound,
            ..
        } => Unpaid::RelayEmpty,
        ChainError::Rpc { .. } | ChainError::NoServer => {
            Unpaid::Failed("the chain does not answer now: ask again in some seconds".to_owned())
        }
        error => Unpaid::Failed(format!("the chain refused the claim: {error}")),
    }
}
