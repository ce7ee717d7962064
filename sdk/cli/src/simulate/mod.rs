//! What another policy would have paid for epochs that are closed: each is judged, scored and shared out again from its
//! bundle's raw attestations, and begins with what the one before would have left.

use std::{collections::BTreeMap, thread};

use serde::Serialize;
use trellis_core::{Epoch, attestation::SignedAttestation};
use trellis_epoch::{
    LedgerState, Policy,
    bundle::{Bundle, BundleError, OperatorLine, TableReader},
    close::{self, CloseError, ClosedEpoch},
    encoding::base58,
    verify::{BLOCK, EpochContext, Verdict, verify_blocks},
};

/// What was paid, and what would have been.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Simulation {
    pub epochs: Vec<EpochLine>,
    /// By index.
    pub operators: Vec<OperatorDifference>,
}

#[derive(Clone, Debug, Serialize)]
pub struct EpochLine {
    pub epoch: u64,
    pub attestations: u64,
    pub accepted: u64,
    pub would_be_accepted: u64,
    pub paid: u64,
    pub would_be_paid: u64,
    /// Refused attestations by reason: under the new policy.
    pub would_be_refused: BTreeMap<&'static str, u64>,
}

/// One operator over all epochs; amounts in the mint's smallest unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OperatorDifference {
    pub index: u32,
    pub payout_wallet: String,
    pub points: u64,
    pub would_be_points: u64,
    pub paid: u64,
    pub would_be_paid: u64,
}

impl OperatorDifference {
    /// What the operator would have gained; below zero, lost.
    pub fn difference(&self) -> i128 {
        i128::from(self.would_be_paid) - i128::from(self.paid)
    }
}

/// Why an epoch cannot be simulated.
#[derive(Debug, thiserror::Error)]
pub enum SimulationError {
    #[error(transparent)]
    Bundle(#[from] BundleError),
    #[error("epoch {epoch} cannot be closed under this policy: {source}")]
    Close { epoch: u64, source: CloseError },
    #[error("{first} and {second} are bundles of different vaults")]
    OtherVault { first: String, second: String },
    #[error("epoch {0} is named twice")]
    Twice(u64),
    #[error("the bundles have epochs {before} and {after}, and none between: name every bundle of the span")]
    Gap { before: u64, after: u64 },
    #[error("sums of epoch {0} do not fit 64 bits")]
    Overflow(u64),
}

/// Closes the epochs of `bundles`, which must follow on one another once they are in order, under `policy`.
///
/// # Errors
/// See [`SimulationError`].
pub fn simulate(policy: &Policy, mut bundles: Vec<Bundle>) -> Result<Simulation, SimulationError> {
    bundles.sort_by_key(|bundle| bundle.manifest.epoch);
    check_span(&bundles)?;
    let mut simulation = Simulation::default();
    let mut left: Option<LedgerState> = None;
    for bundle in &bundles {
        let opening = match left.take() {
            Some(left) => left,
            None => bundle.opening()?,
        };
        left = Some(add(&mut simulation, bundle, policy, opening)?);
    }
    Ok(simulation)
}

fn check_span(bundles: &[Bundle]) -> Result<(), SimulationError> {
    for pair in bundles.windows(2) {
        let [first, second] = pair else { continue };
        let (before, after) = (first.manifest.epoch, second.manifest.epoch);
        if first.manifest.vault != second.manifest.vault {
            let named = |bundle: &Bundle| bundle.folder().display().to_string();
            return Err(SimulationError::OtherVault { first: named(first), second: named(second) });
        }
        if before == after {
            return Err(SimulationError::Twice(after));
        }
        if before.checked_add(1) != Some(after) {
            return Err(SimulationError::Gap { before, after });
        }
    }
    Ok(())
}

/// Adds one epoch, and returns what it would have left for the next.
fn add(
    simulation: &mut Simulation,
    bundle: &Bundle,
    policy: &Policy,
    opening: LedgerState,
) -> Result<LedgerState, SimulationError> {
    let epoch = bundle.manifest.epoch;
    let overflow = || SimulationError::Overflow(epoch);
    let mut refused = BTreeMap::new();
    let closed = close(bundle, policy, &opening, &mut refused)?;
    simulation.epochs.push(EpochLine {
        epoch,
        attestations: bundle.manifest.attestations,
        accepted: bundle.manifest.accepted,
        would_be_accepted: closed.accepted,
        paid: bundle.manifest.distributed,
        would_be_paid: closed.distributed.get(),
        would_be_refused: refused,
    });
    let mut actual = bundle.operators()?;
    let mut simulated = closed.operators.iter();
    while let Some(lines) = actual.next_rows()? {
        for (line, row) in lines.iter().zip(simulated.by_ref()) {
            let was_paid = paid(line.earned, line.withheld, line.credited).ok_or_else(overflow)?;
            let would_be_paid = paid(row.earned.get(), row.withheld.get(), row.credited.get()).ok_or_else(overflow)?;
            let sums = line_of(&mut simulation.operators, line);
            for (sum, more) in [
                (&mut sums.points, line.points),
                (&mut sums.would_be_points, row.points.get()),
                (&mut sums.paid, was_paid),
                (&mut sums.would_be_paid, would_be_paid),
            ] {
                *sum = sum.checked_add(more).ok_or_else(overflow)?;
            }
        }
    }
    Ok(closed.closing)
}

/// What an epoch adds to an operator's cumulative.
fn paid(earned: u64, withheld: u64, credited: u64) -> Option<u64> {
    earned.checked_sub(withheld)?.checked_add(credited)
}

fn line_of<'a>(operators: &'a mut Vec<OperatorDifference>, line: &OperatorLine) -> &'a mut OperatorDifference {
    let place = line.index as usize;
    // Operators only ever come to the end.
    if operators.len() <= place {
        operators.push(OperatorDifference {
            index: line.index,
            payout_wallet: String::new(),
            points: 0,
            would_be_points: 0,
            paid: 0,
            would_be_paid: 0,
        });
    }
    let last = operators.len() - 1;
    let sums = &mut operators[place.min(last)];
    sums.payout_wallet = base58::encode(&line.payout_wallet);
    sums
}

/// The epoch under `policy`. Attestations are read as a stream.
fn close(
    bundle: &Bundle,
    policy: &Policy,
    opening: &LedgerState,
    refused: &mut BTreeMap<&'static str, u64>,
) -> Result<ClosedEpoch, SimulationError> {
    let epoch = bundle.manifest.epoch;
    let failed = |source| SimulationError::Close { epoch, source };
    let mut snapshot = bundle.snapshot()?;
    // As if the network's account had named this policy.
    snapshot.policy_hash = policy.hash();
    let corrections: Vec<_> = bundle.corrections()?.into_iter().map(|row| row.signed).collect();
    let threads = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let context =
        EpochContext { epoch: Epoch(epoch), snapshot: &snapshot, policy, opening, corrections: &corrections, threads };
    close::check(&context).map_err(failed)?;
    let mut table = bundle.attestations()?;
    let mut next_block = || next_block(&mut table);
    let judged = verify_blocks(&context, &mut next_block, &mut |_: &[SignedAttestation], verdicts: Vec<Verdict>| {
        let reasons = verdicts.iter().filter_map(|verdict| verdict.outcome.as_ref().err());
        reasons.for_each(|refusal| *refused.entry(refusal.reason.name()).or_default() += 1);
        Ok::<(), SimulationError>(())
    })?;
    close::settle(&context, judged).map_err(failed)
}

fn next_block(table: &mut TableReader<SignedAttestation>) -> Result<Option<Vec<SignedAttestation>>, SimulationError> {
    let mut block = Vec::new();
    while block.len() < BLOCK {
        let Some(rows) = table.next_rows()? else { break };
        block.extend(rows);
    }
    Ok((!block.is_empty()).then_some(block))
}
