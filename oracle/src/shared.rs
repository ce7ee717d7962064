//! How far the oracle is: what its tasks tell each other and the API.

use std::sync::{PoisonError, RwLock};

use solana_address::Address;
use trellis_core::Epoch;

use crate::quorum::view::QuorumView;

/// How far the oracle is, for the API.
#[derive(Default)]
pub struct Shared(RwLock<SharedView>);

#[derive(Clone, Debug, Default)]
pub struct SharedView {
    pub next_to_close: Epoch,
    pub next_to_finalize: Option<Epoch>,
    /// The epoch that the registry's snapshot was made for; `None` until the follower has read it.
    pub snapshot_of: Option<Epoch>,
    /// The vault's oracle set.
    pub members: Vec<Address>,
    /// How far the oracles are together; `None` without peers, and while no epoch is to be closed.
    pub quorum: Option<QuorumView>,
    pub following_problem: Option<String>,
    pub working_problem: Option<String>,
}

impl SharedView {
    pub fn is_final(&self, epoch: Epoch) -> bool {
        self.next_to_finalize.is_some_and(|next| epoch < next)
    }

    /// What last went wrong; `None` if nothing is wrong.
    pub fn problem(&self) -> Option<String> {
        self.following_problem.clone().or_else(|| self.working_problem.clone())
    }
}

impl Shared {
    pub fn view(&self) -> SharedView {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn update(&self, change: impl FnOnce(&mut SharedView)) {
        change(&mut self.0.write().unwrap_or_else(PoisonError::into_inner));
    }
}
