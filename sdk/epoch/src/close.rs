//! The whole epoch as one pure function.

use std::convert::Infallible;

use trellis_core::{Amount, Epoch, attestation::SignedAttestation, leaf::DeviceLeaf, merkle::Tree};

use crate::{
    corrections::{self, CorrectionError, SignedCorrection},
    fraud::{self, devices::DeviceFinding},
    payout::{self, OperatorRow, Paid, sum},
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
    /// Corrections that were handed in and not taken before; any order.
    pub corrections: Vec<SignedCorrection>,
    /// Everything that was acknowledged for this epoch; any order.
    pub attestations: Vec<SignedAttestation>,
}

impl EpochInput {
    /// Everything but the attestations, for one thread. The corrections must be in their canonical order.
    pub fn context(&self) -> EpochContext<'_> {
        let Self { epoch, snapshot, policy, opening, corrections, .. } = self;
        EpochContext { epoch: *epoch, snapshot, policy, opening, corrections, threads: 1 }
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
    /// Of devices whose epoch earns nothing, by key.
    pub findings: Vec<DeviceFinding>,
    /// What became of each of the corrections, in their order.
    pub corrections: Vec<Result<(), CorrectionError>>,
    pub emission: Amount,
    /// What was added to cumulatives.
    pub distributed: Amount,
    /// What of the epoch's shares paid debts, and is carried on.
    pub withheld: Amount,
    /// What was paid of credits, out of what was carried.
    pub credited: Amount,
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
    #[error("correction {position} does not come after the one before it in canonical order")]
    CorrectionsOutOfOrder { position: usize },
}

/// Verifies, scores, shares out and builds the trees, all in memory. Same input, same output: on every machine, in any
/// order of arrival. [`bundle::write`](crate::bundle::write) does the same for more attestations than memory holds.
pub fn close_epoch(mut input: EpochInput) -> Result<ClosedEpoch, CloseError> {
    let mut blocks = in_blocks(std::mem::take(&mut input.attestations));
    corrections::canonical_order(&mut input.corrections);
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
    let EpochContext { epoch, snapshot, policy, threads, .. } = *context;
    let Judged { attestations, accepted, work, devices: states, series } = judged;
    let mut devices = score::device_points(&work, snapshot)?;
    drop(work);
    let findings = fraud::devices::examine(&mut devices, &series, snapshot, &policy.fraud);
    let points = score::operator_points(&devices, snapshot.operators.len())?;
    let Paid { operators, books, corrections, distributed, withheld, credited, carry } = payout::pay(context, &points)?;

    let emission = snapshot.emission.map(Amount).ok_or(CloseError::EmissionUnknown)?;
    let closing = LedgerState {
        cumulative: operators.iter().map(|row| row.cumulative.get()).collect(),
        carry: carry.get(),
        devices: states,
        books,
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
        findings,
        corrections,
        emission,
        distributed,
        withheld,
        credited,
        cumulative_total: sum(operators.iter().map(|row| row.cumulative))?,
        devices,
        operators,
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
    let EpochContext { snapshot, policy, opening, corrections, .. } = *context;
    snapshot.validate()?;
    check_policy(policy, snapshot)?;
    let (before, now) = (opening.cumulative.len(), snapshot.operators.len());
    if before > now {
        return Err(CloseError::OperatorsVanished { before, now });
    }
    let in_order = corrections::place;
    if let Some(before) = corrections.windows(2).position(|pair| in_order(&pair[0]) >= in_order(&pair[1])) {
        return Err(CloseError::CorrectionsOutOfOrder { position: before + 1 });
    }
    Ok(())
}
