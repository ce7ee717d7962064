//! The attestations in the batches of an epoch.

use std::fs;

use anyhow::{Context, Result};
use solana_address::Address;
use trellis_core::Epoch;

use super::{
    batch::{self, BatchError},
    files,
    store::{PeerStore, read_bytes},
};
use crate::log::LogStore;

/// Own work that an epoch before left out.
const CARRIED: &str = "carried.batch";

impl PeerStore {
    /// Shows `visit` the wire bytes of everything that this oracle itself answers for in `epoch`: what it acknowledged
    /// for it, and what the epochs before left out.
    pub fn for_each_own(&self, epoch: Epoch, log: &LogStore, visit: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
        self.for_each_carried(epoch, visit)?;
        log.for_each_of_epoch(epoch, &mut |record| visit(&record.wire))
    }

    /// Shows `visit` the wire bytes of the own work that the epochs before `epoch` left out.
    pub fn for_each_carried(&self, epoch: Epoch, visit: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
        match read_bytes(&self.epoch_folder(epoch).join(CARRIED))? {
            Some(bytes) => for_each_of(&bytes, visit),
            None => Ok(()),
        }
    }

    /// Shows `visit` the wire bytes of everything that other oracles answer for in `epoch`, as far as it is here whole.
    /// `demanded`: without those who contradict themselves, so that they cannot set honest oracles against each other.
    pub fn for_each_of_others(
        &self,
        epoch: Epoch,
        demanded: bool,
        visit: &mut dyn FnMut(&[u8]) -> Result<()>,
    ) -> Result<()> {
        let contradicted = if demanded { self.contradicted(epoch) } else { Vec::new() };
        for offer in self.offers(epoch).unwrap_or_default() {
            let oracle = offer.oracle();
            if oracle == self.own || contradicted.contains(&oracle) {
                continue;
            }
            for batch in &offer.batches {
                let path = self.batch_path(epoch, &oracle, &batch.hash);
                let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
                for_each_of(&bytes, visit)?;
            }
        }
        Ok(())
    }

    /// The oracle among whose batches for `epoch` these wire bytes are.
    pub fn who_holds(&self, epoch: Epoch, wire: &[u8]) -> Result<Option<Address>> {
        for offer in self.offers(epoch).unwrap_or_default() {
            for batch in &offer.batches {
                let path = self.batch_path(epoch, &offer.oracle(), &batch.hash);
                let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
                let mut found = false;
                for_each_of(&bytes, &mut |held| {
                    found |= held == wire;
                    Ok(())
                })?;
                if found {
                    return Ok(Some(offer.oracle()));
                }
            }
        }
        Ok(None)
    }

    /// Keeps `bytes`, a batch of own work that the epochs before left out, for `epoch`.
    pub fn carry(&self, epoch: Epoch, bytes: &[u8]) -> Result<()> {
        files::write(&self.epoch_folder(epoch).join(CARRIED), bytes)
    }
}

/// Files in the store were checked before they got their names.
fn for_each_of(bytes: &[u8], visit: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
    batch::for_each(bytes, &mut |wire| visit(wire).map_err(Visit::Other)).map_err(|error| match error {
        Visit::Batch(error) => anyhow::Error::from(error).context("a batch on the disk is damaged"),
        Visit::Other(error) => error,
    })
}

enum Visit {
    Batch(BatchError),
    Other(anyhow::Error),
}

impl From<BatchError> for Visit {
    fn from(error: BatchError) -> Self {
        Self::Batch(error)
    }
}
