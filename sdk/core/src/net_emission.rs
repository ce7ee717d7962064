//! Net emission: at most a set share of what users burned comes back, on top of the schedule.
//!
//! | figure | what it counts |
//! |---|---|
//! | emitted | by the schedule; never above its cap |
//! | burned | by users, through the token program |
//! | recycled | minted again of what was burned; never above the set share of it |
//!
//! supply = emitted + recycled − burned, and as no more is recycled than was burned, supply ≤ emitted ≤ cap. Tokens that
//! somebody burns past the program lower the supply further, and never come back.

use crate::{
    Amount, BPS,
    emission::{Progress, Schedule},
    shares::share_of,
};

/// How much of what was burned comes back, and how fast; fixed when the network's emission is created.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recycling {
    /// The part of all that was ever burned which may be minted again; rounded down.
    pub share_bps: u16,
    /// Most that one epoch recycles, so that a large burn comes back smoothly. What is above it waits.
    pub epoch_cap: Amount,
}

/// Why a recycling makes no sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecyclingError {
    ShareAboveWhole,
    /// A share is to come back, but no epoch may bring any of it.
    ZeroEpochCap,
}

impl Recycling {
    pub fn validate(&self) -> Result<(), RecyclingError> {
        if u64::from(self.share_bps) > BPS {
            return Err(RecyclingError::ShareAboveWhole);
        }
        if self.share_bps > 0 && self.epoch_cap == Amount::ZERO {
            return Err(RecyclingError::ZeroEpochCap);
        }
        Ok(())
    }

    /// Most that may ever have been recycled when `burned` were burned.
    pub fn limit(&self, burned: Amount) -> Amount {
        share_of(burned, self.share_bps)
    }
}

/// What one epoch mints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EpochEmission {
    pub scheduled: Amount,
    pub recycled: Amount,
}

/// How far schedule and recycling have been carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Supply {
    pub progress: Progress,
    pub burned: Amount,
    pub recycled: Amount,
}

/// Why a supply breaks its promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SupplyError {
    EmittedAboveCap,
    RecycledAboveLimit,
}

impl Supply {
    /// Where every schedule begins.
    pub fn start(schedule: &Schedule) -> Self {
        Self { progress: schedule.start(), burned: Amount::ZERO, recycled: Amount::ZERO }
    }

    /// Emits the next epoch: the schedule's amount, and on top of it what is due of the burned. Depends on nothing but
    /// these figures, so that epochs emitted one by one or together, with no burn between, get the same amounts.
    /// `None`, with nothing changed, after the last epoch that a u64 can number.
    pub fn emit_next(&mut self, schedule: &Schedule, recycling: &Recycling) -> Option<EpochEmission> {
        let mut progress = self.progress;
        let scheduled = progress.emit_next(schedule)?;
        let due = recycling.limit(self.burned).checked_sub(self.recycled).unwrap_or(Amount::ZERO);
        let recycled = due.min(recycling.epoch_cap);
        let emission = EpochEmission { scheduled, recycled };
        emission.total()?;
        *self = Self { progress, recycled: self.recycled.checked_add(recycled)?, ..*self };
        Some(emission)
    }

    /// Counts `amount` as burned. `None`, with nothing changed, if the counter cannot hold it.
    pub fn burn(&mut self, amount: Amount) -> Option<()> {
        self.burned = self.burned.checked_add(amount)?;
        Some(())
    }

    /// Errors unless all that must hold of emitted, recycled and burned holds.
    pub fn check(&self, schedule: &Schedule, recycling: &Recycling) -> Result<(), SupplyError> {
        if self.progress.emitted > schedule.cap {
            return Err(SupplyError::EmittedAboveCap);
        }
        if self.recycled > recycling.limit(self.burned) {
            return Err(SupplyError::RecycledAboveLimit);
        }
        Ok(())
    }
}

impl EpochEmission {
    /// `None` if it does not fit: never for a supply that only burned what was minted.
    pub fn total(&self) -> Option<Amount> {
        self.scheduled.checked_add(self.recycled)
    }
}
