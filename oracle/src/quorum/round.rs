//! What an oracle with peers does, again and again. Every round looks at the chain and the disk, and does what is
//! missing; nothing that was sent or decided is remembered.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, Result};
use solana_address::Address;
use tokio::{sync::watch, task::JoinSet};
use trellis_client::{
    accounts::Vault,
    program_error::{ProgramError, RewardsError},
};
use trellis_core::{Epoch, Hash};
use trellis_epoch::Snapshot;

use super::{
    Peer, Timing,
    exchange::Exchange,
    inspection::{Inspections, Inspector},
    turns::Turns,
    verdict::{Current, Verdict},
};
use crate::{
    alarms::Alarms,
    key::OracleKey,
    log::LogStore,
    post::Proposed,
    worker::{Worker, pause, problem_of},
};

/// Closes epochs together with others.
pub struct QuorumWorker {
    pub worker: Worker,
    pub peers: Vec<Peer>,
    pub timing: Timing,
    pub exchange: Exchange,
    pub inspector: Inspector,
    pub log: Arc<LogStore>,
    pub key: Arc<OracleKey>,
    pub alarms: Alarms,
    /// The epoch that batches are exchanged for.
    pub exchanged: watch::Sender<Option<Epoch>>,
    pub current: Option<Current>,
    pub inspections: Inspections,
}

/// A proposal and what this oracle finds of it.
pub(super) type Judged = (Proposed, Verdict);

impl QuorumWorker {
    /// Round after round, with a task for each peer beside it. What fails is said, and tried again in the next round.
    pub async fn run(mut self, poll: Duration, mut stop: watch::Receiver<bool>) {
        let mut tasks = JoinSet::new();
        for peer in self.peers.clone() {
            tasks.spawn(self.exchange.clone().run(peer, poll, self.exchanged.subscribe(), stop.clone()));
        }
        let mut carried = problem_of(self.tell_carried(self.worker.closer.next()));
        loop {
            let worker = &self.worker;
            let emitted = worker.poster.emit_elapsed(&worker.calendar, worker.closer.next()).await.context("emitting");
            let together = self.round().await.context("closing together");
            let problem = carried.take().or(problem_of(emitted)).or(problem_of(together));
            self.worker.shared.update(|view| view.working_problem = problem);
            if pause(poll, &mut stop).await {
                return;
            }
        }
    }

    async fn round(&mut self) -> Result<()> {
        self.adopt_final().await?;
        let epoch = self.worker.closer.next();
        if !self.worker.closer.is_due(&self.worker.calendar, self.worker.clock.now_unix())? {
            self.exchanged.send_if_modified(|at| at.take().is_some());
            self.worker.shared.update(|view| view.quorum = None);
            return Ok(());
        }
        // Taken out while it is worked with; a round that fails puts it back.
        let mut current = self.begin(epoch)?;
        let outcome = self.decide(&mut current).await;
        self.current = Some(current);
        outcome.with_context(|| format!("epoch {epoch}"))
    }

    /// The epoch's log is sealed, and what it holds is offered to the others.
    fn begin(&mut self, epoch: Epoch) -> Result<Current> {
        if let Some(current) = self.current.take().filter(|current| current.epoch == epoch) {
            return Ok(current);
        }
        tokio::task::block_in_place(|| {
            self.log.seal(epoch)?;
            self.inspector.candidates.demote(epoch)?;
            self.exchange.store.begin(epoch, &self.log, &self.key)
        })
        .with_context(|| format!("offering what was acknowledged for epoch {epoch}"))?;
        self.exchanged.send_replace(Some(epoch));
        let end_unix = self.worker.calendar.end_of(epoch).context("the calendar has no such epoch")?;
        Ok(Current::new(epoch, end_unix))
    }

    async fn decide(&mut self, current: &mut Current) -> Result<()> {
        self.look_at_registry(current).await?;
        let vault: Vault = self.worker.poster.chain.fetch(&self.worker.target.vault).await?;
        // Final already, and not yet beyond doubt; or not heard of the last epoch's root being final.
        if vault.next_epoch != current.epoch.get() {
            return Ok(());
        }
        self.clear_last(current).await?;
        let turns = self.turns(current, &vault);
        let members: Vec<Address> = vault.oracles.iter().take(turns.members).copied().collect();
        let waiting = self.exchange.store.waiting_for(current.epoch, &self.others(&members));
        // The leader need not wait once everything is here.
        let timed = turns.round(self.worker.clock.now_unix());
        let round = timed.or(waiting.is_empty().then_some(0));

        let proposals = self.worker.poster.proposals(&vault, current.epoch).await?;
        self.forget_others(current, &proposals)?;
        let mut judged: Vec<Judged> = Vec::with_capacity(proposals.len());
        for proposed in proposals {
            let verdict = self.verdict(current, &proposed).await?;
            judged.push((proposed, verdict));
        }
        self.tell(current, &vault, (&turns, round), &waiting, timed.is_some(), &judged);
        let acted = self.act(current, &vault, &turns, round, &judged).await;
        acted.or_else(|error| if somebody_was_first(&error) { Ok(()) } else { Err(error) })
    }

    async fn act(
        &mut self,
        current: &mut Current,
        vault: &Vault,
        turns: &Turns,
        round: Option<u64>,
        judged: &[Judged],
    ) -> Result<()> {
        if let Some(approved) = usize::from(vault.approved).checked_sub(1) {
            return match judged.iter().find(|(proposed, _)| proposed.place == approved) {
                Some((proposed, _)) => self.worker.poster.finalize_if_over(proposed).await,
                None => Ok(()),
            };
        }
        let Some(place) = vault.oracle_position(&self.exchange.own) else { return Ok(()) };
        // Before the exchange is over, a bundle may lack what is still to come.
        let Some(round) = round else { return Ok(()) };
        // What the guardian vetoed is not brought up again, whoever proposes it.
        let vetoed: Vec<Hash> =
            judged.iter().filter(|(one, _)| one.proposal.is_vetoed()).map(|(one, _)| one.proposal.root).collect();
        let right = |wanted: usize| {
            judged.iter().find(|(proposed, verdict)| {
                let alive = proposed.is_alive(vault) && !vetoed.contains(&proposed.proposal.root);
                proposed.place == wanted && alive && *verdict == Verdict::Right
            })
        };
        if let Some((proposed, _)) = turns.preference(round).into_iter().find_map(right) {
            return self.worker.poster.vote(proposed).await;
        }
        if turns.leader(round) != Some(place) {
            return Ok(());
        }
        let own = judged.iter().find(|(proposed, _)| proposed.place == place);
        self.propose(current, vault, round, own, &vetoed).await
    }

    /// Remembers what the chain shows of the registry.
    async fn look_at_registry(&self, current: &mut Current) -> Result<()> {
        if current.now.is_none() {
            // Read by itself, so that what is seen first is as of now.
            let Some(snapshot) = self.worker.read_snapshot_of(current.epoch).await? else { return Ok(()) };
            let snapshot = Arc::new(snapshot);
            current.seen.look(&snapshot);
            current.now = Some(snapshot);
        }
        // From then on, what the follower sees.
        if self.worker.shared.view().snapshot_of == Some(current.epoch)
            && let Some(before) = &current.now
        {
            let snapshot = self.exchange.snapshot.get();
            if snapshot.slot > before.slot {
                let emission = before.emission;
                tokio::task::block_in_place(|| {
                    current.seen.look(&snapshot);
                    current.now = Some(Arc::new(Snapshot { emission, ..(*snapshot).clone() }));
                });
            }
        }
        Ok(())
    }

    /// Gets the rent of the own proposal for the last epoch back.
    async fn clear_last(&self, current: &mut Current) -> Result<()> {
        if let (false, Some(last)) = (current.cleared, current.epoch.get().checked_sub(1)) {
            self.worker.poster.close_if_open(Epoch(last)).await?;
        }
        current.cleared = true;
        Ok(())
    }

    fn turns(&self, current: &Current, vault: &Vault) -> Turns {
        let grace_end = current.end_unix.saturating_add(i64::from(self.timing.grace_seconds));
        // An epoch can be proposed once the one before it is final: when that was, the vault tells all in the same way. (Or
        // later: when its circuit breaker was changed since.)
        let last_final = if current.epoch.get() == 0 { i64::MIN } else { vault.breaker_updated_unix };
        Turns {
            epoch: current.epoch,
            members: usize::from(vault.oracle_count).min(vault.oracles.len()),
            begin_unix: grace_end.max(last_final).saturating_add(i64::from(self.timing.exchange_seconds)),
            leader_seconds: self.timing.leader_seconds,
        }
    }

    /// Removes bundles that nobody proposes any more.
    fn forget_others(&mut self, current: &mut Current, proposals: &[Proposed]) -> Result<()> {
        let kept: Vec<Hash> =
            proposals.iter().map(|proposed| proposed.proposal.bundle_hash).chain(current.own).collect();
        self.inspections.keep_only(&kept);
        current.keep_only(&kept);
        self.inspector.candidates.keep_only(&kept)
    }
}

/// Another oracle was faster than this one's transaction: the next round sees what it did.
fn somebody_was_first(error: &anyhow::Error) -> bool {
    let refused =
        error.downcast_ref::<trellis_client::ChainError>().and_then(trellis_client::ChainError::program_error);
    use RewardsError::{AlreadyApproved, AlreadyVoted, EpochAlreadyFinal};
    matches!(refused, Some(ProgramError::Rewards(AlreadyApproved | AlreadyVoted | EpochAlreadyFinal)))
}
