//! The whole epoch as one pure function.

use std::convert::Infallible;

use trellis_core::{
    Amount, Epoch, Points,
    attestation::SignedAttestation,
    leaf::{DeviceLeaf, RewardLeaf},
    merkle::Tree,
};

use crate::{
    policy::{Policy, PolicyError},
    score::{self, DevicePoints, PointsOverflow},
    snapshot::{Snapshot, SnapshotError},
    state::LedgerState,
    tree,
    verify::{self, BLOCK, EpochContext, Judged},
};

/// All that an epoch's outcome depends on.
#[derive(Clone, Debug)]
pub struct EpochInput {
    pub epoch: Epoch,
    pub snapshot: Snapshot,
    pub policy: Policy,
    /// What the epoch before left.
    pub opening: LedgerState,
    /// Everything that was acknowledged for this epoch; any order.
    pub attestations: Vec<SignedAttestation>,
}

impl EpochInput {
    /// Everything but the attestations, for one thread.
    pub fn context(&self) -> EpochContext<'_> {
        let Self { epoch, snapshot, policy, opening, .. } = self;
        EpochContext { epoch: *epoch, snapshot, policy, opening, threads: 1 }
    }
}

/// One operator's line in an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OperatorRow {
    pub index: u32,
    pub payout_wallet: [u8; 32],
    pub points: Points,
    pub earned: Amount,
    pub cumulative: Amount,
}

impl OperatorRow {
    /// The operator's leaf in the rewards tree of `vault`.
    pub fn leaf(&self, vault: [u8; 32]) -> RewardLeaf {
        let Self { index, payout_wallet, cumulative, .. } = *self;
        RewardLeaf { vault, operator_index: index, payout_wallet, cumulative }
    }
}

/// An epoch's outcome.
#[derive(Clone, Debug)]
pub struct ClosedEpoch {
    /// How many there were, each identical one once.
    pub attestations: u64,
    pub accepted: u64,
    /// By key.
    pub devices: Vec<DevicePoints>,
    /// By index.
    pub operators: Vec<OperatorRow>,
    pub rewards_tree: Tree,
    pub devices_tree: Tree,
    pub emission: Amount,
    pub distributed: Amount,
    pub cumulative_total: Amount,
    /// What the next epoch opens with.
    pub closing: LedgerState,
}

/// Why an epoch cannot be closed. None of these can be mended by trying again with the same input.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum CloseError {
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    #[error(transparent)]
    Policy(#[from] PolicyError),
    #[error("the policy's hash is {actual}, the network's account wants {wanted}")]
    WrongPolicy { actual: String, wanted: String },
    #[error(transparent)]
    Points(#[from] PointsOverflow),
    #[error("the operators of the last epoch ({before}) are more than there are now ({now})")]
    OperatorsVanished { before: usize, now: usize },
    #[error("the snapshot does not say what the epoch emitted into the vault")]
    EmissionUnknown,
    #[error("a sum of tokens does not fit 64 bits")]
    AmountOverflow,
}

/// Verifies, scores, shares out and builds the trees, all in memory. Same input, same output: on every machine, in any
/// order of arrival. [`bundle::write`](crate::bundle::write) does the same for more attestations than memory holds.
pub fn close_epoch(mut input: EpochInput) -> Result<ClosedEpoch, CloseError> {
    let mut blocks = in_blocks(std::mem::take(&mut input.attestations));
    let context = input.context();
    check(&context)?;
    let judged = verify::verify_blocks(&context, &mut || Ok::<_, Infallible>(blocks.next()), &mut |_, _| Ok(()));
    settle(&context, judged.unwrap_or_else(|never| match never {}))
}

/// `attestations` in canonical order, each identical one once, block by block.
pub(crate) fn in_blocks(mut attestations: Vec<SignedAttestation>) -> impl Iterator<Item = Vec<SignedAttestation>> {
    verify::canonical_order(&mut attestations);
    attestations.dedup();
    let mut rest = attestations.into_iter();
    std::iter::from_fn(move || {
        let block: Vec<_> = rest.by_ref().take(BLOCK).collect();
        (!block.is_empty()).then_some(block)
    })
}

/// Scores what was judged, shares the epoch's tokens out and builds the trees.
pub fn settle(context: &EpochContext<'_>, judged: Judged) -> Result<ClosedEpoch, CloseError> {
    let EpochContext { epoch, snapshot, opening, threads, .. } = *context;
    let Judged { attestations, accepted, work, devices: states } = judged;
    let devices = score::device_points(&work, snapshot)?;
    drop(work);
    let points = score::operator_points(&devices, snapshot.operators.len())?;

    let emission = snapshot.emission.map(Amount).ok_or(CloseError::EmissionUnknown)?;
    let available = emission.checked_add(Amount(opening.carry)).ok_or(CloseError::AmountOverflow)?;
    let shares = score::share(available, Amount(snapshot.epoch_cap), &points);
    let operators = operator_rows(snapshot, opening, &points, &shares.earned)?;
    let distributed = sum(operators.iter().map(|row| row.earned))?;
    let cumulative_total = sum(operators.iter().map(|row| row.cumulative))?;
    // Conservation: every token is earned by somebody or carried on.
    if distributed.checked_add(shares.carry) != Some(available) {
        return Err(CloseError::AmountOverflow);
    }

    let closing = LedgerState {
        cumulative: operators.iter().map(|row| row.cumulative.get()).collect(),
        carry: shares.carry.get(),
        devices: states,
    };
    let reward_leaf = |row: &OperatorRow| row.leaf(snapshot.vault);
    let device_leaf = |row: &DevicePoints| {
        let DevicePoints { device, operator_index, points } = *row;
        DeviceLeaf { network: snapshot.network, epoch, device, operator_index, points }
    };
    Ok(ClosedEpoch {
        attestations,
        accepted,
        rewards_tree: tree::build(&operators, threads, reward_leaf),
        devices_tree: tree::build(&devices, threads, device_leaf),
        devices,
        operators,
        emission,
        distributed,
        cumulative_total,
        closing,
    })
}

/// Errors unless `policy` fits the network's epochs and is the one that its account names.
pub fn check_policy(policy: &Policy, snapshot: &Snapshot) -> Result<(), CloseError> {
    policy.validate_for(&snapshot.calendar())?;
    if policy.hash() != snapshot.policy_hash {
        let (actual, wanted) = (hex::encode(policy.hash()), hex::encode(snapshot.policy_hash));
        return Err(CloseError::WrongPolicy { actual, wanted });
    }
    Ok(())
}

/// Errors unless the inputs fit together, before anything is computed from them.
pub fn check(context: &EpochContext<'_>) -> Result<(), CloseError> {
    let EpochContext { snapshot, policy, opening, .. } = *context;
    snapshot.validate()?;
    check_policy(policy, snapshot)?;
    let (before, now) = (opening.cumulative.len(), snapshot.operators.len());
    if before > now {
        return Err(CloseError::OperatorsVanished { before, now });
    }
    Ok(())
}

fn operator_rows(
    snapshot: &Snapshot,
    opening: &LedgerState,
    points: &[Points],
    earned: &[Amount],
) -> Result<Vec<OperatorRow>, CloseError> {
    let rows = snapshot.operators.iter().zip(points).zip(earned);
    rows.map(|((operator, &points), &earned)| {
        let before = opening.cumulative_of(operator.index);
        let cumulative = before.checked_add(earned).ok_or(CloseError::AmountOverflow)?;
        let payout_wallet = operator.payout_wallet;
        Ok(OperatorRow { index: operator.index, payout_wallet, points, earned, cumulative })
    })
    .collect()
}

fn sum(amounts: impl Iterator<Item = Amount>) -> Result<Amount, CloseError> {
    Amount::checked_sum(amounts).ok_or(CloseError::AmountOverflow)
}
