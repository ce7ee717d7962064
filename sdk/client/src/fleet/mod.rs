//! Claims of a fleet: of thousands of operators, in as few transactions as there can be.
//!
//! Neighbours are paid together by `claim_range`, 58 in a transaction of version 1 (SIMD-0385), which names up to 64
//! accounts by itself. Lookup tables would add nothing to that but rent, and as many transactions again to fill them. Where a
//! cluster does not take version 1, about ten fit a transaction.
//!
//! What was claimed stands on the chain, and nothing is remembered anywhere else; so a run that was killed goes on where it
//! was when it is started again, two runs at the same time do no harm, and nobody is paid twice.

mod packing;

use std::collections::BTreeMap;

use solana_keypair::Keypair;
use solana_message::VersionedMessage;
use solana_signature::Signature;
use solana_transaction::versioned::VersionedTransaction;
use trellis_core::Amount;

use crate::{
    accounts::Vault,
    chain::{Chain, ChainError, Settled},
    claims::{self, ClaimError, Operators, Payee, RewardTree, Run, Standing},
    program_error::{ProgramError, RewardsError},
};

use packing::Packing;

/// Transactions that are signed and sent together: few enough to land before their blockhash expires.
const WAVE: usize = 64;

/// A fleet, who pays for its claims, and how.
pub struct Fleet<'a> {
    pub chain: &'a Chain,
    /// Pays the fees.
    pub payer: &'a Keypair,
    pub tree: &'a RewardTree,
    /// Indices of the fleet's operators, in any order.
    pub operators: &'a [u32],
    pub options: Options,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Price offered for a compute unit, in micro-lamports.
    pub compute_unit_price: u64,
    /// Less than this is not claimed; 0 and 1 claim everything.
    pub minimum_amount: u64,
}

/// What happens, as it happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// So many operators have so much to claim.
    Due { operators: usize, amount: Amount },
    /// So many transactions are about to be sent.
    Sending { transactions: usize, operators: usize },
    /// A transaction was confirmed.
    Paid { operators: usize, amount: Amount, signature: Signature },
}

/// What a run came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Confirmed transactions.
    pub transactions: usize,
    /// Operators that were paid, and how much; those that somebody else claimed for meanwhile included.
    pub operators: usize,
    pub amount: Amount,
    /// Operators that cannot be paid as they are.
    pub left_out: Vec<(u32, Standing)>,
}

/// Why a fleet's claims stopped.
#[derive(Debug, thiserror::Error)]
pub enum FleetError {
    #[error(transparent)]
    Chain(#[from] ChainError),
    #[error(transparent)]
    Claim(#[from] ClaimError),
    #[error("there is no operator {index} in epoch {epoch}, which has {operators}")]
    NoSuchOperator { index: u32, epoch: u64, operators: usize },
    #[error("the guardian has paused the vault until {until_unix} (unix seconds): nothing is lost, claims go on then")]
    Paused { until_unix: i64 },
    #[error("the instructions do not make a transaction: {0}")]
    Unpackable(String),
    #[error("no claim went through, and the last of them said: {0}")]
    NothingWentThrough(#[source] ChainError),
    #[error(
        "no claim was confirmed before it expired: is the cluster busy? Run this again, or offer a price for compute units"
    )]
    Expired,
}

impl Fleet<'_> {
    /// Claims everything that the fleet has to claim, and tells of it. May be run again after an error or a kill: it
    /// looks at the chain first.
    pub async fn claim(&self, mut told: impl FnMut(Progress)) -> Result<Report, FleetError> {
        let is_version_1 = self.chain.takes_version_1().await?;
        let (mut report, mut is_first) = (Report::default(), true);
        loop {
            let vault = self.read_vault().await?;
            let looked = self.look(&vault).await?;
            let dues = &looked.dues;
            let (operators, amount) = (dues.len(), Amount(dues.values().map(|due| due.get()).sum()));
            report.left_out = looked.left_out;
            if std::mem::take(&mut is_first) {
                told(Progress::Due { operators, amount });
            }
            if dues.is_empty() {
                return Ok(report);
            }
            let packing = Packing::new(self, &vault, is_version_1, &looked.operators);
            let runs = claims::runs(&looked.operators, packing::MOST_RECEIVERS, |run| packing.fits(&[run]));
            self.send(&packing, &packing.transactions(runs), dues, &mut report, &mut told).await?;
        }
    }

    async fn read_vault(&self) -> Result<Vault, FleetError> {
        let vault: Vault = self.chain.fetch(&self.tree.vault()).await?;
        self.tree.check(&vault)?;
        if vault.is_paused(self.chain.unix_time().await?) {
            return Err(FleetError::Paused { until_unix: vault.paused_until_unix });
        }
        Ok(vault)
    }

    async fn look(&self, vault: &Vault) -> Result<Looked, FleetError> {
        let mut members: Vec<(u32, Payee)> = Vec::with_capacity(self.operators.len());
        for index in self.operators {
            let (epoch, operators) = (self.tree.epoch().get(), self.tree.len());
            let payee = self.tree.payee(*index);
            members.push((*index, *payee.ok_or(FleetError::NoSuchOperator { index: *index, epoch, operators })?));
        }
        let standings = claims::standings(self.chain, &self.tree.vault(), vault, &members).await?;
        let mut looked = Looked::default();
        for ((index, _), standing) in members.into_iter().zip(standings) {
            match standing {
                Standing::Due(amount) if amount.get() < self.options.minimum_amount => {
                    looked.operators.insert(index, false);
                }
                Standing::Due(amount) => {
                    looked.operators.insert(index, true);
                    looked.dues.insert(index, amount);
                }
                Standing::NothingDue { has_account: true } => {
                    looked.operators.insert(index, false);
                }
                Standing::NothingDue { has_account: false } => {}
                _ => looked.left_out.push((index, standing)),
            }
        }
        Ok(looked)
    }

    async fn send(
        &self,
        packing: &Packing<'_>,
        packed: &[Vec<Run>],
        dues: &BTreeMap<u32, Amount>,
        report: &mut Report,
        told: &mut impl FnMut(Progress),
    ) -> Result<(), FleetError> {
        told(Progress::Sending { transactions: packed.len(), operators: dues.len() });
        // What would fail costs no fee: the first speaks for all.
        if let Some(first) = packed.first() {
            let message = packing.message(first, Default::default())?;
            match self.chain.simulate_message(message).await {
                Err(error) if !is_claimed_already(&error) => return Err(error.into()),
                _ => {}
            }
        }
        let (mut went_through, mut failure) = (false, None);
        for wave in packed.chunks(WAVE) {
            let (blockhash, valid_until) = self.chain.latest_blockhash().await?;
            let mut transactions = Vec::with_capacity(wave.len());
            for runs in wave {
                transactions.push(sign(packing.message(runs, blockhash)?, self.payer)?);
            }
            let settled = self.chain.settle(&transactions, valid_until, |place, settled| {
                let (Settled::Confirmed, Some(runs)) = (settled, wave.get(place)) else { return };
                let indices = runs.iter().flat_map(|run| run.indices());
                let paid: Vec<u64> = indices.filter_map(|index| dues.get(&index)).map(|due| due.get()).collect();
                let signature = transactions[place].signatures.first().copied().unwrap_or_default();
                let (operators, amount) = (paid.len(), Amount(paid.iter().sum()));
                report.transactions += 1;
                report.operators += operators;
                report.amount = Amount(report.amount.get() + amount.get());
                told(Progress::Paid { operators, amount, signature });
            });
            for outcome in settled.await? {
                match outcome {
                    Settled::Confirmed => went_through = true,
                    // Another run of this fleet was first: as well.
                    Settled::Failed(error) if is_claimed_already(&error) => went_through = true,
                    Settled::Failed(error) => failure = Some(error),
                    Settled::Expired => {}
                }
            }
        }
        match (went_through, failure) {
            (true, _) => Ok(()),
            (false, Some(error)) => Err(FleetError::NothingWentThrough(error)),
            (false, None) => Err(FleetError::Expired),
        }
    }
}

/// The fleet as the chain shows it.
#[derive(Default)]
struct Looked {
    operators: Operators,
    dues: BTreeMap<u32, Amount>,
    left_out: Vec<(u32, Standing)>,
}

fn is_claimed_already(error: &ChainError) -> bool {
    error.program_error() == Some(ProgramError::Rewards(RewardsError::NothingToClaim))
}

fn sign(message: VersionedMessage, payer: &Keypair) -> Result<VersionedTransaction, ChainError> {
    VersionedTransaction::try_new(message, &[payer]).map_err(|error| ChainError::Signing(error.to_string()))
}
