//! Corrections that were handed in. Which of them were taken is what the last closed epoch says, and nobody else.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

use trellis_epoch::{
    Policy, Snapshot,
    corrections::{CorrectionError, CorrectionJson, SignedCorrection, check, check_origin},
};

use super::files::{FilesError, NumberedFiles};

/// Why a correction is not kept.
#[derive(Debug, thiserror::Error)]
pub enum NotTaken {
    #[error(transparent)]
    Refused(#[from] CorrectionError),
    #[error("number {0} is another correction's, which is kept already")]
    NumberTaken(u64),
    #[error(transparent)]
    Files(#[from] FilesError),
}

/// All corrections that this oracle keeps.
#[derive(Debug)]
pub struct Corrections {
    files: NumberedFiles,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    by_number: BTreeMap<u64, SignedCorrection>,
    /// The closed epochs have taken all before this number.
    taken: u64,
}

impl Corrections {
    /// Reads what is kept in `data_dir`.
    pub fn open(data_dir: &Path) -> Result<Self, FilesError> {
        let files = NumberedFiles::open(data_dir.join("corrections"))?;
        let found = files.read::<CorrectionJson>()?;
        let by_number =
            found.into_iter().map(|(_, json)| json.signed()).map(|signed| (signed.correction.number, signed));
        let kept = Kept { by_number: by_number.collect(), taken: 0 };
        Ok(Self { files, kept: Mutex::new(kept) })
    }

    /// Keeps a correction: on the disk, when this returns, for the next epoch that is closed. The very same again is fine.
    /// It must have the number after the last one that counts. Waits for the disk.
    pub fn hand_in(&self, signed: &SignedCorrection, snapshot: &Snapshot, policy: &Policy) -> Result<(), NotTaken> {
        let number = signed.correction.number;
        let mut kept = self.kept();
        if kept.by_number.get(&number) == Some(signed) {
            return Ok(());
        }
        check_origin(signed, snapshot, policy)?;
        let next = kept.next(snapshot, policy);
        match check(signed, next, snapshot, policy) {
            Err(CorrectionError::OutOfOrder { .. }) if kept.by_number.contains_key(&number) && number < next => {
                return Err(NotTaken::NumberTaken(number));
            }
            checked => checked?,
        }
        self.files.write(number, &CorrectionJson::from(signed))?;
        kept.by_number.insert(number, *signed);
        Ok(())
    }

    /// Those that the next epoch is to take, in order, when the one before it has taken all before `taken`.
    pub fn waiting(&self, taken: u64, snapshot: &Snapshot, policy: &Policy) -> Vec<SignedCorrection> {
        self.kept().waiting(taken, snapshot, policy).collect()
    }

    /// The closed epochs have taken all before `taken`.
    pub fn set_taken(&self, taken: u64) {
        self.kept().taken = taken;
    }

    /// The number that is wanted next; how many were taken; and at most `limit` of those kept, from number `from` on.
    pub fn list(
        &self,
        from: u64,
        limit: usize,
        snapshot: &Snapshot,
        policy: &Policy,
    ) -> (u64, u64, Vec<SignedCorrection>) {
        let kept = self.kept();
        let listed = kept.by_number.range(from..).take(limit).map(|(_, signed)| *signed).collect();
        (kept.next(snapshot, policy), kept.taken, listed)
    }

    /// The correction that upholds an appeal against `finding`, if there is one.
    pub fn upholding(&self, finding: &[u8; 32]) -> Option<u64> {
        use trellis_epoch::corrections::{CorrectionKind::Credit, CorrectionReason::UpheldAppeal};
        let upholds = |signed: &&SignedCorrection| {
            let correction = &signed.correction;
            correction.kind == Credit && correction.reason == UpheldAppeal && correction.evidence == *finding
        };
        self.kept().by_number.values().find(upholds).map(|signed| signed.correction.number)
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // Whatever panicked while holding the lock, what it holds is whole.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    /// One after another from `taken` on. One that the policy's key of today did not sign (the key may have changed) does
    /// not count, and another may take its number.
    fn waiting<'a>(
        &'a self,
        taken: u64,
        snapshot: &'a Snapshot,
        policy: &'a Policy,
    ) -> impl Iterator<Item = SignedCorrection> + 'a {
        let neighbours = self.by_number.range(taken..).zip(taken..);
        let neighbours = neighbours.map_while(|((number, signed), next)| (*number == next).then_some(*signed));
        neighbours.take_while(move |signed| check_origin(signed, snapshot, policy).is_ok())
    }

    fn next(&self, snapshot: &Snapshot, policy: &Policy) -> u64 {
        let waiting = self.waiting(self.taken, snapshot, policy).count();
        self.taken.saturating_add(waiting as u64)
    }
}
