//! Fetches the bundles that are proposed and recomputes them, beside everything else that the oracle does.

use std::{collections::BTreeMap, sync::Arc};

use anyhow::{Context, Result};
use tokio::task::JoinHandle;
use trellis_core::Hash;
use trellis_epoch::{
    Snapshot,
    audit::{AuditError, audit},
    bundle::Bundle,
};

use super::{Limits, Peer, candidates::Candidates, client::PeerClient, corrections::first_stray};

/// A bundle that was recomputed from its raw attestations, after this oracle's own last bundle, and is what it claims.
#[derive(Clone, Debug)]
pub struct Sound {
    pub bundle: Bundle,
    /// What it was closed with.
    pub snapshot: Arc<Snapshot>,
}

/// What came of looking at a bundle.
#[derive(Clone, Debug)]
pub enum Outcome {
    Sound(Box<Sound>),
    /// It is whole, and not what it claims: for good.
    Wrong {
        bundle: Box<Bundle>,
        reason: String,
    },
    /// It could not be looked at. Try again.
    Unknown(String),
}

/// What is needed to look at one.
#[derive(Clone)]
pub struct Inspector {
    pub candidates: Candidates,
    pub client: PeerClient,
    pub limits: Limits,
}

/// Bundles by hash.
#[derive(Default)]
pub struct Inspections(BTreeMap<Hash, State>);

enum State {
    Running(JoinHandle<Outcome>),
    Done(Outcome),
}

impl Inspections {
    /// What came of looking at `hash`; `None` while it is being looked at, which begins now unless it has.
    pub async fn of(
        &mut self,
        hash: &Hash,
        inspector: &Inspector,
        peers: &[Peer],
        previous: Option<&Bundle>,
    ) -> Option<Outcome> {
        let state = match self.0.remove(hash) {
            Some(State::Running(task)) if task.is_finished() => State::Done(
                task.await.unwrap_or_else(|error| Outcome::Unknown(format!("looking at it broke: {error}"))),
            ),
            // What could not be looked at is looked at again, and said meanwhile.
            Some(State::Done(Outcome::Unknown(reason))) => {
                self.0.insert(*hash, inspector.begin(*hash, peers.to_vec(), previous.cloned()));
                return Some(Outcome::Unknown(reason));
            }
            Some(state) => state,
            None => inspector.begin(*hash, peers.to_vec(), previous.cloned()),
        };
        let outcome = match &state {
            State::Done(outcome) => Some(outcome.clone()),
            State::Running(_) => None,
        };
        self.0.insert(*hash, state);
        outcome
    }

    /// The bundle `hash`, if it was found to be sound.
    pub fn sound(&self, hash: &Hash) -> Option<Sound> {
        match self.0.get(hash) {
            Some(State::Done(Outcome::Sound(sound))) => Some(Sound::clone(sound)),
            _ => None,
        }
    }

    /// What this oracle has computed itself.
    pub fn insert(&mut self, sound: Sound) {
        self.0.insert(sound.bundle.hash, State::Done(Outcome::Sound(Box::new(sound))));
    }

    /// Forgets all others.
    pub fn keep_only(&mut self, hashes: &[Hash]) {
        self.0.retain(|hash, state| {
            let keep = hashes.contains(hash);
            if let (false, State::Running(task)) = (keep, state) {
                task.abort();
            }
            keep
        });
    }
}

impl Inspector {
    fn begin(&self, hash: Hash, peers: Vec<Peer>, previous: Option<Bundle>) -> State {
        let inspector = self.clone();
        State::Running(tokio::spawn(async move {
            match inspector.look(hash, &peers, previous).await {
                Ok(outcome) => outcome,
                Err(error) => Outcome::Unknown(format!("{error:#}")),
            }
        }))
    }

    async fn look(&self, hash: Hash, peers: &[Peer], previous: Option<Bundle>) -> Result<Outcome> {
        let bundle = self.candidates.fetch(&self.client, peers, &hash, &self.limits).await?;
        let looked = tokio::task::spawn_blocking(move || recompute(bundle, previous.as_ref()));
        looked.await.context("the recomputation broke")?
    }
}

/// Recomputes `bundle` and reads what it was closed with.
pub fn recompute(bundle: Bundle, previous: Option<&Bundle>) -> Result<Outcome> {
    match audit(&bundle, previous) {
        Ok(_) => {
            let snapshot = Arc::new(bundle.snapshot()?);
            Ok(match first_stray(&bundle, &snapshot)? {
                Some(reason) => Outcome::Wrong { bundle: Box::new(bundle), reason },
                None => Outcome::Sound(Box::new(Sound { bundle, snapshot })),
            })
        }
        // The disk's fault, not the proposer's.
        Err(AuditError::Bundle(error @ trellis_epoch::bundle::BundleError::Unreadable { .. })) => Err(error.into()),
        Err(error) => Ok(Outcome::Wrong { bundle: Box::new(bundle), reason: error.to_string() }),
    }
}
