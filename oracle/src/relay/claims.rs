//! From operators to claims: who has something to claim, and why somebody is not paid.

use std::{collections::BTreeMap, sync::Arc};

use solana_address::Address;
use trellis_client::{
    ChainError,
    accounts::Vault,
    claims::{self, ClaimError, Operators, Payee, RangeClaim, Run, Standing},
};
use trellis_core::{Amount, Epoch};

use super::{
    Relay,
    book::renews_unix,
    outcome::{Kind, Outcome},
    turns::Turn,
};
use crate::epochs::EpochView;

/// Most operators that are paid together: about as many as fit a transaction that names them all.
const MOST_TOGETHER: u32 = 16;
/// After which time it is worth asking again for what is under way.
const SOON_SECONDS: u32 = 5;

/// Why a request is not answered for each of its operators.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    #[error("the chain does not answer now, and nothing was sent; ask again in some seconds")]
    ChainAway(#[source] ChainError),
    #[error("the guardian has paused the vault until {until_unix} (unix seconds): nothing is lost, claims go on then")]
    Paused { until_unix: i64 },
    #[error("{0}")]
    Root(#[from] ClaimError),
}

/// What the chain and the epoch's bundle say of one operator.
#[derive(Clone, Copy)]
struct Asked {
    index: u32,
    payee: Payee,
    standing: Standing,
}

/// What an operator is to be paid.
struct Due {
    amount: Amount,
    /// It has no token account yet.
    is_newcomer: bool,
}

/// Operators that can be paid in this order, and the answers for all others.
#[derive(Default)]
struct Sorted {
    /// What is to be paid to each that is to be paid.
    dues: BTreeMap<u32, Amount>,
    /// Have a token account.
    operators: Operators,
    /// Get one.
    newcomers: Vec<u32>,
    outcomes: Vec<Outcome>,
}

impl Relay {
    /// Pays what these operators have to claim by the epoch of `view`, which must be final, and answers for each of them
    /// once, in the order of their indices. To be run to its end whatever becomes of the caller.
    pub async fn claim(self: Arc<Self>, view: Arc<EpochView>, operators: Vec<u32>) -> Result<Vec<Outcome>, RelayError> {
        let address = self.parts.target.vault;
        let vault: Vault = self.parts.chain.fetch(&address).await.map_err(RelayError::ChainAway)?;
        if vault.is_paused(self.parts.clock.chain_unix()) {
            return Err(RelayError::Paused { until_unix: vault.paused_until_unix });
        }
        let turn = self.in_flight.enter(&operators);
        let mut sorted = self.sort(&view, &vault, &operators, &turn).await?;
        let whole = |run: Run| range(&view, &address, run);
        // The proofs lead to the root on the chain, or nothing is sent.
        for run in self.runs(&vault, &sorted.operators, whole) {
            let Some(claim) = whole(run) else { continue };
            claim.check(&vault)?;
            sorted.outcomes.extend(self.pay(&vault, &claim, &sorted.dues, None).await);
        }
        for index in std::mem::take(&mut sorted.newcomers) {
            let Some(claim) = whole(Run { first_index: index, count: 1 }) else { continue };
            claim.check(&vault)?;
            let wallet = claim.payees.first().map(|payee| payee.payout_wallet);
            sorted.outcomes.extend(self.pay(&vault, &claim, &sorted.dues, wallet).await);
        }
        sorted.outcomes.sort_by_key(|outcome| outcome.operator_index);
        sorted.outcomes.iter().for_each(|outcome| self.parts.metrics.relayed(outcome.kind));
        Ok(sorted.outcomes)
    }

    async fn sort(
        &self,
        view: &EpochView,
        vault: &Vault,
        operators: &[u32],
        turn: &Turn<u32>,
    ) -> Result<Sorted, RelayError> {
        let (mut sorted, mut known) = (Sorted::default(), Vec::new());
        let epoch = view.bundle.manifest.epoch;
        for index in operators {
            match range(view, &self.parts.target.vault, Run { first_index: *index, count: 1 }) {
                Some(claim) => known.extend(claim.payees.first().map(|payee| (*index, *payee))),
                None => {
                    let detail = format!("operator {index} registered after epoch {epoch}, the last that is final");
                    sorted.outcomes.push(Outcome::unpaid(*index, None, Kind::NotInEpoch, detail));
                }
            }
        }
        let standings = claims::standings(&self.parts.chain, &self.parts.target.vault, vault, &known).await;
        for ((index, payee), standing) in known.into_iter().zip(standings.map_err(RelayError::ChainAway)?) {
            let asked = Asked { index, payee, standing };
            match self.judge(&asked, turn) {
                Err(outcome) => sorted.outcomes.push(*outcome),
                Ok(Due { amount, is_newcomer }) => {
                    sorted.dues.insert(index, amount);
                    match is_newcomer {
                        true => sorted.newcomers.push(index),
                        false => drop(sorted.operators.insert(index, true)),
                    }
                }
            }
        }
        Ok(sorted)
    }

    /// What the operator is to be paid; if nothing: the answer.
    fn judge(&self, asked: &Asked, turn: &Turn<u32>) -> Result<Due, Box<Outcome>> {
        let Asked { index, payee, standing } = *asked;
        let settings = &self.parts.settings;
        let unpaid = |kind, detail: String| Outcome::unpaid(index, Some(payee.payout_wallet), kind, detail);
        let (due, is_newcomer) = match standing {
            Standing::NothingDue { .. } => return Err(Box::new(self.nothing_due(asked))),
            Standing::Due(due) => (due, false),
            Standing::NoAccount(due) if settings.create_accounts => (due, true),
            Standing::NoAccount(due) => {
                let detail = format!(
                    "{} has no token account for these tokens, and this relay makes none: receive any amount of them \
                     first, or let your wallet make the account",
                    payee.payout_wallet
                );
                return Err(Box::new(unpaid(Kind::NoTokenAccount, detail).waiting(due)));
            }
            Standing::UnusableAccount(due) => {
                let detail = format!(
                    "the token account of {} is frozen or has another owner: name another payout wallet, which counts \
                     from the next epoch on",
                    payee.payout_wallet
                );
                return Err(Box::new(unpaid(Kind::UnusableTokenAccount, detail).waiting(due)));
            }
            Standing::NoPage(due) => {
                let detail = "the operator's claim page is not open yet: an oracle opens it; ask again in a minute";
                return Err(Box::new(unpaid(Kind::Failed, detail.to_owned()).waiting(due).retry_after(60)));
            }
        };
        if due.get() < settings.minimum_amount {
            let detail = format!(
                "{due} units wait, and the relay pays out from {} on: wait until more has gathered, or send the claim \
                 yourself",
                settings.minimum_amount
            );
            return Err(Box::new(unpaid(Kind::BelowMinimum, detail).waiting(due)));
        }
        if !turn.has(index) {
            let detail = "another request is paying this operator now: ask again in some seconds";
            return Err(Box::new(unpaid(Kind::InProgress, detail.to_owned()).waiting(due).retry_after(SOON_SECONDS)));
        }
        let now_unix = self.parts.clock.now_unix();
        if self.paid_today.of(index, now_unix) >= settings.operator_claims_per_day {
            let wait = u32::try_from(renews_unix(now_unix) - now_unix).unwrap_or(u32::MAX);
            let detail = format!(
                "operator {index} was paid {} times today, as often as this relay pays: ask again tomorrow, or send the \
                 claim yourself",
                settings.operator_claims_per_day
            );
            return Err(Box::new(unpaid(Kind::OverQuota, detail).waiting(due).retry_after(wait)));
        }
        Ok(Due { amount: due, is_newcomer })
    }

    /// The answer for an operator that has claimed it all: with the payment's signature, if it was this relay's.
    fn nothing_due(&self, asked: &Asked) -> Outcome {
        let Asked { index, payee, .. } = *asked;
        let wallet = Some(payee.payout_wallet);
        if payee.cumulative == Amount(0) {
            let detail = format!("operator {index} has earned nothing yet");
            return Outcome::unpaid(index, wallet, Kind::NothingEarned, detail);
        }
        let detail = format!("all {} units that operator {index} has earned were claimed before", payee.cumulative);
        Outcome::unpaid(index, wallet, Kind::AlreadyClaimed, detail).with_signature(self.payments.of(&index))
    }

    /// The answer for an operator whom somebody else's claim paid while this one was under way.
    pub(super) fn claimed_meanwhile(&self, index: u32, payee: Payee) -> Outcome {
        self.nothing_due(&Asked { index, payee, standing: Standing::NothingDue { has_account: true } })
    }

    fn runs(&self, vault: &Vault, operators: &Operators, whole: impl Fn(Run) -> Option<RangeClaim>) -> Vec<Run> {
        claims::runs(operators, MOST_TOGETHER, |run| {
            whole(run).is_some_and(|claim| self.fits(&[claim.instruction(vault)]))
        })
    }
}

/// The claim of a run of the epoch's operators; `None` past the last one.
fn range(view: &EpochView, vault: &Address, run: Run) -> Option<RangeClaim> {
    let (lines, proof) = view.proofs.range(run.first_index, run.count)?;
    let payee = |line: &trellis_epoch::bundle::OperatorLine| Payee {
        payout_wallet: line.payout_wallet.into(),
        cumulative: Amount(line.cumulative),
    };
    let payees = lines.iter().map(payee).collect();
    let epoch = Epoch(view.bundle.manifest.epoch);
    Some(RangeClaim { epoch, vault: *vault, first_index: run.first_index, payees, proof })
}
