//! What an oracle proposes when it is its turn.

use std::sync::Arc;

use anyhow::Result;
use trellis_client::accounts::Vault;
use trellis_core::Hash;
use trellis_epoch::bundle::Bundle;

use super::{
    files,
    inspection::Sound,
    round::{Judged, QuorumWorker},
    verdict::{Current, Verdict},
};

impl QuorumWorker {
    /// Proposes what this oracle finds right now, once in a round unless it learns more.
    pub(super) async fn propose(
        &mut self,
        current: &mut Current,
        vault: &Vault,
        round: u64,
        own: Option<&Judged>,
        vetoed: &[Hash],
    ) -> Result<()> {
        let knows = (round, self.exchange.store.version(current.epoch));
        let waits = own.is_some_and(|(proposed, verdict)| {
            // After a restart, the own proposal is looked at like any other.
            (*verdict == Verdict::Pending && proposed.is_alive(vault)) || proposed.proposal.is_vetoed()
        });
        if waits || current.proposed == Some(knows) {
            return Ok(());
        }
        let Some(bundle) = self.own_candidate(current).await? else { return Ok(()) };
        let content = bundle.manifest.root_content(bundle.hash);
        if vetoed.contains(&content.root) {
            tracing::warn!(epoch = current.epoch.get(), "the guardian vetoed the root that this oracle finds right");
            return Ok(());
        }
        self.worker.poster.propose(vault, &content, own.map(|(proposed, _)| proposed)).await?;
        current.proposed = Some(knows);
        Ok(())
    }

    /// The bundle of everything that is here now; `None` until the epoch is emitted. One that was computed before is taken
    /// as long as it is right.
    async fn own_candidate(&mut self, current: &mut Current) -> Result<Option<Bundle>> {
        if let Some(sound) = current.own.and_then(|hash| self.inspections.sound(&hash))
            && self.verdict_of_sound(current, &sound)? == Verdict::Right
        {
            return Ok(Some(sound.bundle));
        }
        let epoch = current.epoch;
        let Some(snapshot) = self.worker.read_snapshot_of(epoch).await? else { return Ok(None) };
        let snapshot = Arc::new(snapshot);
        current.seen.look(&snapshot);
        let bundle = tokio::task::block_in_place(|| -> Result<Bundle> {
            let mut sorter = self.worker.closer.sorter();
            let mut push = |wire: &[u8]| -> Result<()> { Ok(sorter.push(wire)?) };
            self.exchange.store.for_each_own(epoch, &self.log, &mut push)?;
            self.exchange.store.for_each_of_others(epoch, false, &mut push)?;
            let root = self.inspector.candidates.own();
            files::remove_folder(&root)?;
            let bundle = self.worker.closer.compute(&root, &snapshot, sorter.finish()?)?;
            self.inspector.candidates.put(&bundle)
        })?;
        current.own = Some(bundle.hash);
        self.inspections.insert(Sound { bundle: bundle.clone(), snapshot });
        Ok(Some(bundle))
    }
}
