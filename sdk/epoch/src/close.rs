//! The whole epoch as one pure function.

use trellis_core::{
    Amount, Epoch, Hash, Points,
    attestation::SignedAttestation,
    leaf::{DeviceLeaf, RewardLeaf},
    merkle::Tree,
};

use crate::{
    policy::{Policy, PolicyError},
    score::{self, DevicePoints, PointsOverflow},
    snapshot::{Snapshot, SnapshotError},
    state::LedgerState,
    verify::{self, Verdict},
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

/// One operator's line in an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OperatorRow {
    pub index: u32,
    pub payout_wallet: [u8; 32],
    pub points: Points,
    pub earned: Amount,
    pub cumulative: Amount,
}

/// An epoch's outcome.
#[derive(Clone, Debug)]
pub struct ClosedEpoch {
    /// In canonical order, as the verdicts.
    pub attestations: Vec<SignedAttestation>,
    pub verdicts: Vec<Verdict>,
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

/// Verifies, scores, shares out and builds the trees. Same input, same output: on every machine, in any order of
/// arrival.
pub fn close_epoch(input: EpochInput) -> Result<ClosedEpoch, CloseError> {
    let EpochInput { epoch, snapshot, policy, opening, mut attestations } = input;
    check(&snapshot, &policy, &opening)?;
    verify::canonical_order(&mut attestations);
    let verified = verify::verify_epoch(epoch, &attestations, &snapshot, &policy, &opening);
    let devices = score::device_points(&verified.verdicts, &snapshot)?;
    let points = score::operator_points(&devices, snapshot.operators.len())?;

    let emission = snapshot.emission.map(Amount).ok_or(CloseError::EmissionUnknown)?;
    let available = emission.checked_add(Amount(opening.carry)).ok_or(CloseError::AmountOverflow)?;
    let shares = score::share(available, Amount(snapshot.epoch_cap), &points);
    let operators = operator_rows(&snapshot, &opening, &points, &shares.earned)?;
    let distributed = sum(operators.iter().map(|row| row.earned))?;
    let cumulative_total = sum(operators.iter().map(|row| row.cumulative))?;
    // Conservation: every token is earned by somebody or carried on.
    if distributed.checked_add(shares.carry) != Some(available) {
        return Err(CloseError::AmountOverflow);
    }

    let closing = LedgerState {
        cumulative: operators.iter().map(|row| row.cumulative.get()).collect(),
        carry: shares.carry.get(),
        devices: verified.devices,
    };
    Ok(ClosedEpoch {
        rewards_tree: Tree::new(reward_leaves(&snapshot, &operators)),
        devices_tree: Tree::new(device_leaves(&snapshot, epoch, &devices)),
        attestations,
        verdicts: verified.verdicts,
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

fn check(snapshot: &Snapshot, policy: &Policy, opening: &LedgerState) -> Result<(), CloseError> {
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

fn reward_leaves(snapshot: &Snapshot, operators: &[OperatorRow]) -> Vec<Hash> {
    let leaf = |row: &OperatorRow| RewardLeaf {
        vault: snapshot.vault,
        operator_index: row.index,
        payout_wallet: row.payout_wallet,
        cumulative: row.cumulative,
    };
    operators.iter().map(|row| leaf(row).hash()).collect()
}

fn device_leaves(snapshot: &Snapshot, epoch: Epoch, devices: &[DevicePoints]) -> Vec<Hash> {
    let leaf = |row: &DevicePoints| DeviceLeaf {
        network: snapshot.network,
        epoch,
        device: row.device,
        operator_index: row.operator_index,
        points: row.points,
    };
    devices.iter().map(|row| leaf(row).hash()).collect()
}
