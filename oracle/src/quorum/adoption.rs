//! Goes on from the root that became final, whoever proposed it.
//!
//! Until then nothing is fixed: bundles lie among the candidates. The steps, each of which may be done again after a crash:
//! (1) the log is sealed; (2) the final bundle is here, whole; (3) own work that it leaves out is kept for the next epoch;
//! (4) it gets the epoch's name; (5) it is signed, if it is sound; (6) the log names the epoch closed; (7) what else there
//! was for the epoch is removed.

use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use trellis_client::accounts::Vault;
use trellis_core::{Epoch, Hash, attestation::SignedAttestation};
use trellis_epoch::bundle::{Bundle, Manifest};

use super::{
    batch::BatchBuilder,
    coverage,
    inspection::{Outcome, recompute},
    round::QuorumWorker,
};
use crate::alarms;

/// A final root that this oracle goes on from.
struct Final {
    bundle: Bundle,
    /// Why its bundle is not what it claims, if so.
    wrong: Option<String>,
}

impl QuorumWorker {
    /// Takes over every epoch whose root is final, in order. What is not here yet is fetched in the background.
    pub(super) async fn adopt_final(&mut self) -> Result<()> {
        loop {
            let epoch = self.worker.closer.next();
            // Sees only what can never be taken back.
            let vault: Vault = self.worker.chain.fetch(&self.worker.target.vault).await?;
            if epoch.get() >= vault.next_epoch {
                return Ok(());
            }
            let hash = self.final_hash(&vault, epoch).await?;
            let Some(found) = self.find_final(epoch, hash).await? else { return Ok(()) };
            tokio::task::block_in_place(|| self.adopt(epoch, &vault, found))
                .with_context(|| format!("taking over the final bundle of epoch {epoch}"))?;
        }
    }

    /// The hash of the bundle whose root became final in `epoch`. The chain tells that of the last four epochs; those
    /// before it are in the chain of bundles, each of which names the one before it.
    async fn final_hash(&self, vault: &Vault, epoch: Epoch) -> Result<Hash> {
        let kept = (epoch.get()..vault.next_epoch).find_map(|number| vault.kept_root(Epoch(number)));
        let oldest = kept.context("the vault tells no final root, though there must be one")?;
        let mut hash = oldest.bundle_hash;
        for number in (epoch.get()..oldest.epoch).rev() {
            let manifest = self.manifest(&hash).await?;
            let named = manifest.previous_bundle.as_ref().and_then(|text| hex::decode(text).ok()?.try_into().ok());
            hash = named.with_context(|| {
                format!("the bundle of epoch {} does not name the one before it", number.saturating_add(1))
            })?;
        }
        Ok(hash)
    }

    async fn manifest(&self, hash: &Hash) -> Result<Manifest> {
        let candidate = self.inspector.candidates.path(hash);
        if candidate.exists() {
            return Ok(Bundle::open(&candidate)?.manifest);
        }
        let mut problem = format!("no peer to ask for the manifest of bundle {}", hex::encode(hash));
        for peer in &self.peers {
            match self.inspector.client.manifest(peer, hash).await {
                Ok(bytes) if blake3::hash(&bytes).as_bytes() == hash => {
                    return serde_json::from_slice(&bytes).context("a bundle's manifest");
                }
                Ok(_) => problem = format!("oracle {} sends another manifest than was asked for", peer.oracle),
                Err(error) => problem = error.to_string(),
            }
        }
        bail!(problem)
    }

    /// The bundle `hash`, once it is here and was looked at.
    async fn find_final(&mut self, epoch: Epoch, hash: Hash) -> Result<Option<Final>> {
        let previous = self.worker.closer.previous()?;
        let outcome = if self.worker.closer.has_bundle(epoch) {
            let bundle = self.worker.closer.bundle(epoch)?;
            ensure!(
                bundle.hash == hash,
                "{} holds bundle {}, and the one that became final is {}: move it away",
                bundle.folder().display(),
                hex::encode(bundle.hash),
                hex::encode(hash)
            );
            Some(tokio::task::block_in_place(|| recompute(bundle, previous.as_ref()))?)
        } else {
            let inspector = self.inspector.clone();
            self.inspections.of(&hash, &inspector, &self.peers, previous.as_ref()).await
        };
        match outcome {
            None => Ok(None),
            Some(Outcome::Unknown(reason)) => bail!("the final bundle of epoch {epoch}: {reason}"),
            Some(Outcome::Sound(sound)) => Ok(Some(Final { bundle: sound.bundle, wrong: None })),
            Some(Outcome::Wrong { bundle, reason }) => Ok(Some(Final { bundle: *bundle, wrong: Some(reason) })),
        }
    }

    fn adopt(&mut self, epoch: Epoch, vault: &Vault, found: Final) -> Result<()> {
        let started = Instant::now();
        let next = epoch.next().context("the last epoch that can be numbered is final")?;
        let Final { bundle, mut wrong } = found;
        if let Some(root) = vault.kept_root(epoch).filter(|root| root.root != bundle.manifest.root) {
            let (root, leads) = (hex::encode(root.root), hex::encode(bundle.manifest.root));
            wrong.get_or_insert(format!("the final root is {root}, and its bundle leads to {leads}"));
        }
        let now_unix = self.worker.clock.now_unix();
        // The chain has decided: who stays behind can neither vote nor warn any more.
        let said = wrong.as_ref().map(|reason| {
            format!("a threshold of oracles made a root final for epoch {epoch} that is not right: {reason}")
        });
        self.alarms.set(alarms::FINAL_ROOT_WRONG, said, now_unix);
        self.log.seal(epoch)?;
        self.keep_left_out(epoch, next, &bundle)?;
        let bundle = match self.worker.closer.has_bundle(epoch) {
            true => bundle,
            false => self.inspector.candidates.adopt(&bundle, epoch)?,
        };
        self.worker.closer.adopt(&bundle, wrong.is_none())?;
        self.worker.shared.update(|view| view.next_to_close = next);
        self.worker.metrics.epoch_closed(started.elapsed());
        let (root, hash) = (hex::encode(bundle.manifest.root), hex::encode(bundle.hash));
        tracing::info!(epoch = epoch.get(), root, bundle = hash, "epoch closed: its root is final");
        self.forget_epoch(next)?;
        self.tell_carried(next)
    }

    /// Keeps own work that the final bundle leaves out for the next epoch's.
    fn keep_left_out(&self, epoch: Epoch, next: Epoch, bundle: &Bundle) -> Result<()> {
        let mut sorter = self.worker.closer.sorter();
        self.exchange.store.for_each_own(epoch, &self.log, &mut |wire| Ok(sorter.push(wire)?))?;
        let mut builder = BatchBuilder::default();
        coverage::missing(&mut sorter.finish()?, bundle, &mut |signed| {
            builder.push(&signed.to_bytes());
            Ok(true)
        })?;
        match builder.take() {
            Some((bytes, _)) => self.exchange.store.carry(next, &bytes),
            None => Ok(()),
        }
    }

    /// Raises an alarm if own work had to be carried on to `epoch`.
    pub(super) fn tell_carried(&self, epoch: Epoch) -> Result<()> {
        let (mut count, mut first) = (0u64, None);
        self.exchange.store.for_each_carried(epoch, &mut |wire| {
            count += 1;
            if first.is_none() {
                first = Some(SignedAttestation::from_bytes(wire).context("a carried attestation")?);
            }
            Ok(())
        })?;
        let detail = first.map(|signed: SignedAttestation| -> Result<String> {
            let position = self.position_of(&signed)?;
            let position = position.map_or_else(String::new, |position| format!(" as position {position}"));
            Ok(format!(
                "the last final root leaves out {count} attestations that this oracle acknowledged, the first of them \
                 {}{position}: they are kept and offered for epoch {epoch} as late work",
                self.name_of(&signed)
            ))
        });
        self.alarms.set(alarms::LEFT_OUT, detail.transpose()?, self.worker.clock.now_unix());
        Ok(())
    }

    /// Removes what there was for the epochs before `next`.
    fn forget_epoch(&mut self, next: Epoch) -> Result<()> {
        self.current = None;
        self.inspections.keep_only(&[]);
        self.inspector.candidates.keep_only(&[])?;
        self.exchange.store.forget_before(next)?;
        let now_unix = self.worker.clock.now_unix();
        for alarm in [alarms::ROOT_REFUSED, alarms::PEER_MISSING, alarms::PEER_CONTRADICTS] {
            self.alarms.set(alarm, None, now_unix);
        }
        Ok(())
    }
}
