//! Is a proposal right? Only then an oracle votes for it.

use std::{collections::BTreeMap, sync::Arc};

use anyhow::{Context, Result};
use solana_address::Address;
use trellis_core::{Epoch, Hash, attestation::SignedAttestation};
use trellis_epoch::{Snapshot, admission::attestation_id, bundle::Bundle, encoding::base58};

use super::{
    coverage,
    inspection::{Outcome, Sound},
    round::QuorumWorker,
    seen::{Implausible, Seen},
};
use crate::{log::Limit, post::Proposed};

/// What an oracle finds of a proposal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is being looked at.
    Pending,
    Right,
    /// What differs.
    Wrong(String),
    /// Why it cannot be looked at now.
    Unknown(String),
}

impl Verdict {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Right => "right",
            Self::Wrong(_) => "wrong",
            Self::Unknown(_) => "unknown",
        }
    }

    pub fn detail(&self) -> Option<&str> {
        match self {
            Self::Wrong(detail) | Self::Unknown(detail) => Some(detail),
            Self::Pending | Self::Right => None,
        }
    }
}

/// The epoch that is next to be decided.
pub struct Current {
    pub epoch: Epoch,
    pub end_unix: i64,
    pub seen: Seen,
    /// What the chain shows now, with the epoch's emission. `None` until the epoch was emitted.
    pub now: Option<Arc<Snapshot>>,
    /// The bundle that this oracle has computed itself.
    pub own: Option<Hash>,
    /// The round in which this oracle proposed last, and what it knew then.
    pub proposed: Option<(u64, u64)>,
    /// Are proposals of the epoch before cleared away?
    pub cleared: bool,
    checks: BTreeMap<Hash, Checks>,
}

/// What was found of a bundle, and when that must be looked at again.
#[derive(Clone, Debug, Default)]
struct Checks {
    plausible: Option<(u64, Result<(), String>)>,
    covers: Option<(u64, Result<(), String>)>,
}

impl Current {
    pub fn new(epoch: Epoch, end_unix: i64) -> Self {
        Self {
            epoch,
            end_unix,
            seen: Seen::default(),
            now: None,
            own: None,
            proposed: None,
            cleared: false,
            checks: BTreeMap::new(),
        }
    }

    pub fn keep_only(&mut self, hashes: &[Hash]) {
        self.checks.retain(|hash, _| hashes.contains(hash));
    }
}

impl QuorumWorker {
    /// Looks at a proposal. What takes long goes on in the background, and the verdict is pending meanwhile.
    pub(super) async fn verdict(&mut self, current: &mut Current, proposed: &Proposed) -> Result<Verdict> {
        let content = proposed.proposal.content();
        // The proposer is asked first.
        let mut peers = self.peers.clone();
        peers.sort_by_key(|peer| peer.oracle != proposed.oracle());
        let previous = self.worker.closer.previous()?;
        let inspector = self.inspector.clone();
        let sound = match self.inspections.of(&content.bundle_hash, &inspector, &peers, previous.as_ref()).await {
            None => return Ok(Verdict::Pending),
            Some(Outcome::Unknown(reason)) => return Ok(Verdict::Unknown(reason)),
            Some(Outcome::Wrong { reason, .. }) => return Ok(Verdict::Wrong(reason)),
            Some(Outcome::Sound(sound)) => *sound,
        };
        let manifest = &sound.bundle.manifest;
        if manifest.root_content(sound.bundle.hash).hash() != content.hash() {
            let detail = format!(
                "the proposal promises the root {} and {} in all, its bundle leads to {} and {}",
                hex::encode(content.root),
                content.cumulative_total.get(),
                hex::encode(manifest.root),
                manifest.cumulative_total
            );
            return Ok(Verdict::Wrong(detail));
        }
        self.verdict_of_sound(current, &sound)
    }

    /// Is a sound bundle one that this oracle would have closed too, by what it saw and holds?
    pub(super) fn verdict_of_sound(&self, current: &mut Current, sound: &Sound) -> Result<Verdict> {
        let Some(now) = current.now.clone() else { return Ok(Verdict::Pending) };
        let (seen_version, held_version) = (current.seen.version(), self.exchange.store.version(current.epoch));
        let checks = current.checks.entry(sound.bundle.hash).or_default();
        let plausible = match &checks.plausible {
            Some((version, plausible)) if *version == seen_version => plausible.clone(),
            _ => {
                let plausible = current.seen.check(&sound.snapshot, &now, current.end_unix);
                if let Err(ahead @ Implausible::Ahead { .. }) = plausible {
                    return Ok(Verdict::Unknown(format!("its snapshot of the registry: {ahead}")));
                }
                let plausible = plausible.map_err(|error| format!("its snapshot of the registry: {error}"));
                checks.plausible = Some((seen_version, plausible.clone()));
                plausible
            }
        };
        if let Err(detail) = plausible {
            return Ok(Verdict::Wrong(detail));
        }
        let covers = match &checks.covers {
            Some((version, covers)) if *version == held_version => covers.clone(),
            _ => {
                let lacks = tokio::task::block_in_place(|| self.first_missing(current.epoch, &sound.bundle))?;
                let covers = lacks.map_or(Ok(()), Err);
                checks.covers = Some((held_version, covers.clone()));
                covers
            }
        };
        Ok(covers.map_or_else(Verdict::Wrong, |()| Verdict::Right))
    }

    /// The first attestation, in words, that must be in the bundle of `epoch` and is not.
    fn first_missing(&self, epoch: Epoch, bundle: &Bundle) -> Result<Option<String>> {
        let mut sorter = self.worker.closer.sorter();
        let mut push = |wire: &[u8]| -> Result<()> { Ok(sorter.push(wire)?) };
        self.exchange.store.for_each_own(epoch, &*self.log, &mut push)?;
        self.exchange.store.for_each_of_others(epoch, true, &mut push)?;
        let mut found = None;
        coverage::missing(&mut sorter.finish()?, bundle, &mut |signed| {
            found = Some(self.name_missing(epoch, signed)?);
            Ok(false)
        })?;
        Ok(found)
    }

    fn name_missing(&self, epoch: Epoch, signed: &SignedAttestation) -> Result<String> {
        let words = self.name_of(signed);
        if let Some((taken, position)) = self.place_of(signed)? {
            let place = format!("position {position} of epoch {taken}");
            return Ok(format!("{words}, which this oracle acknowledged as {place}, is missing"));
        }
        let holder = self.exchange.store.who_holds(epoch, &signed.to_bytes())?;
        let holder = holder.map_or_else(|| "an oracle".to_owned(), |oracle| format!("oracle {oracle}"));
        Ok(format!("{words}, which {holder} acknowledged, is missing"))
    }

    /// An attestation, for people.
    pub(super) fn name_of(&self, signed: &SignedAttestation) -> String {
        let attestation = &signed.attestation;
        format!(
            "device {}'s attestation {} (sequence {})",
            base58::encode(attestation.device.bytes()),
            hex::encode(attestation_id(signed)),
            attestation.sequence
        )
    }

    /// Its epoch and position in the own log, if it is there.
    pub(super) fn place_of(&self, signed: &SignedAttestation) -> Result<Option<(Epoch, u64)>> {
        let attestation = &signed.attestation;
        let records = self
            .log
            .of_device(&attestation.device, attestation.sequence..=attestation.sequence, Limit::First(1))
            .context("the log")?;
        let id = attestation_id(signed);
        Ok(records.into_iter().find(|record| record.id() == id).map(|record| (record.epoch, record.position)))
    }

    /// The members of the oracle set but this one.
    pub(super) fn others(&self, members: &[Address]) -> Vec<Address> {
        members.iter().filter(|member| **member != self.exchange.own).copied().collect()
    }
}
