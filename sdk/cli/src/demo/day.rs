//! One day of the demo: readings, cheats, the kill, and the day's epoch on the chain.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use solana_address::Address;
use solana_signer::Signer;
use tokio::task::JoinSet;
use trellis_client::{accounts::RootProposal, addresses};
use trellis_core::Epoch;
use trellis_epoch::bundle::Bundle;

use super::{
    CHEAT_DAY, KILL_DAY,
    agent::Agent,
    cheats::{self, Pending},
    claiming,
    oracle::GRACE_SECONDS,
    readings::Reading,
    stage::Stage,
};
use crate::{commands::amounts::tokens, localnet::time_travel};

/// How long posting a root may take.
const POST_TIMEOUT: Duration = Duration::from_secs(60);
const POST_POLL: Duration = Duration::from_millis(50);

impl Stage {
    /// Replays the day, closes its epoch, brings its root to the chain and claims for Alpha.
    pub async fn play_day(&mut self, day: u64) -> Result<()> {
        let epoch = Epoch(day);
        let calendar = self.network.calendar;
        let (start, end) = calendar.start_of(epoch).zip(calendar.end_of(epoch)).context("the day's bounds")?;
        self.travel(end).await?;
        let readings: Vec<Reading> =
            self.readings.iter().filter(|reading| (start..end).contains(&reading.start_unix)).cloned().collect();
        let receipts_before = self.receipts();
        let pending = match day {
            CHEAT_DAY => Some(self.send_with_cheats(&readings).await?),
            KILL_DAY => self.send_through_a_kill(&readings).await.map(|()| None)?,
            _ => self.send(&readings).await.map(|()| None)?,
        };
        self.finish_epoch(epoch, end).await?;
        if let Some(pending) = pending {
            let refused = pending.check(&self.oracle).await?;
            self.say.line(format!("refused           {}: {}: {}", refused.what, refused.reason, refused.detail));
            self.refused.push(refused);
        }
        let counted = self.compare_receipts(day, receipts_before)?;
        let alpha = &self.network.operators[0];
        let held = claiming::claim(&self.chain, &self.oracle, &self.network, alpha, &alpha.wallet).await?;
        let held = tokens(held, self.network.file().token.decimals);
        let bundle = Bundle::open(&self.bundle_folder(day))?;
        let root = &hex::encode(bundle.manifest.root)[..16];
        self.say.line(format!(
            "day {}: {counted} receipts, all in the bundle; root {root}… is final; Alpha has {held} tokens",
            day + 1
        ));
        Ok(())
    }

    /// Moves the chain's clock to `unix` and waits until the oracle has heard of it.
    async fn travel(&mut self, unix: i64) -> Result<()> {
        time_travel(&self.rpc_url(), unix).await?;
        self.oracle.wait_until(|status| status.now_unix >= unix).await.map(|_| ())
    }

    /// Every agent sends its turbine's readings, all at the same time.
    async fn send(&mut self, readings: &[Reading]) -> Result<()> {
        let bar = progress_bar(readings.len());
        let mut sending = self.start_sending(readings, &bar);
        while let Some(sent) = sending.join_next().await {
            self.agents.push(sent??);
        }
        bar.finish_and_clear();
        self.agents.sort_by(|a, b| a.turbine.cmp(&b.turbine));
        Ok(())
    }

    fn start_sending(&mut self, readings: &[Reading], bar: &ProgressBar) -> JoinSet<Result<Agent>> {
        let mut sending = JoinSet::new();
        for mut agent in self.agents.drain(..) {
            let own: Vec<Reading> =
                readings.iter().filter(|reading| reading.turbine == agent.turbine).cloned().collect();
            let bar = bar.clone();
            sending.spawn(async move {
                agent.send(&own, |count| bar.inc(count as u64)).await?;
                Ok(agent)
            });
        }
        sending
    }

    /// Sends the first half, then kills the oracle while the second is on its way, and starts it again.
    async fn send_through_a_kill(&mut self, readings: &[Reading]) -> Result<()> {
        let noon = readings.iter().map(|reading| reading.start_unix).min().unwrap_or(0) + 43_200;
        let (morning, afternoon): (Vec<_>, Vec<_>) =
            readings.iter().cloned().partition(|reading| reading.start_unix < noon);
        self.send(&morning).await?;
        let acknowledged = self.oracle.status().await?.acknowledged;
        let retries_before: usize = self.agents.iter().map(|agent| agent.retries).sum();

        let bar = progress_bar(afternoon.len());
        let mut sending = self.start_sending(&afternoon, &bar);
        let killed = self.oracle.process_id().unwrap_or(0);
        // In the middle: something of the afternoon is acknowledged, most of it is not.
        self.oracle.wait_until(|status| status.acknowledged > acknowledged).await?;
        self.oracle.kill_hard().await?;
        self.oracle.restart().await?;
        while let Some(sent) = sending.join_next().await {
            self.agents.push(sent??);
        }
        bar.finish_and_clear();
        self.agents.sort_by(|a, b| a.turbine.cmp(&b.turbine));
        self.retries_after_kill = self.agents.iter().map(|agent| agent.retries).sum::<usize>() - retries_before;
        self.say.line(format!(
            "killed            oracle process {killed} in the middle of day 4; {} requests were sent again to process {}",
            self.retries_after_kill,
            self.oracle.process_id().unwrap_or(0)
        ));
        Ok(())
    }

    /// Sends the day, with cheats between morning and afternoon.
    async fn send_with_cheats(&mut self, readings: &[Reading]) -> Result<Pending> {
        let noon = readings.iter().map(|reading| reading.start_unix).min().unwrap_or(0) + 43_200;
        let (morning, afternoon): (Vec<_>, Vec<_>) =
            readings.iter().cloned().partition(|reading| reading.start_unix < noon);
        self.send(&morning).await?;
        let agent = self.agents.first_mut().context("the first agent")?;
        let next = afternoon.iter().find(|reading| reading.turbine == agent.turbine).context("its next reading")?;
        let pending = cheats::counter_running_back(agent, next).await?;
        let refused = cheats::at_ingest(agent, next, self.keys.secret("stranger")).await?;
        for refused in &refused {
            self.say.line(format!("refused           {}: {}: {}", refused.what, refused.reason, refused.detail));
        }
        self.refused.extend(refused);
        self.send(&afternoon).await?;
        Ok(pending)
    }

    /// Waits until the epoch is closed, posted and, after the challenge window, final.
    async fn finish_epoch(&mut self, epoch: Epoch, end: i64) -> Result<()> {
        self.travel(end + i64::from(GRACE_SECONDS)).await?;
        self.oracle.wait_until(|status| status.next_to_close > epoch.get()).await?;
        // Proposed and voted: only then does the challenge window begin.
        let proposal = addresses::proposal(&self.network.vault, epoch, &self.network.oracle.pubkey());
        self.wait_until_approved(&proposal).await?;
        let window = i64::from(self.network.challenge_seconds());
        let now = self.oracle.status().await?.now_unix;
        self.travel(now + window).await?;
        self.oracle.wait_until(|status| status.next_to_finalize.is_some_and(|next| next > epoch.get())).await?;
        Ok(())
    }

    async fn wait_until_approved(&self, proposal: &Address) -> Result<()> {
        let started = Instant::now();
        while started.elapsed() < POST_TIMEOUT {
            if self.chain.find::<RootProposal>(proposal).await?.is_some_and(|proposal| proposal.is_approved()) {
                return Ok(());
            }
            tokio::time::sleep(POST_POLL).await;
        }
        let problem = self.oracle.status().await?.problem;
        bail!("the oracle did not get its root approved within {} s: {problem:?}", POST_TIMEOUT.as_secs())
    }

    fn receipts(&self) -> Vec<usize> {
        self.agents.iter().map(|agent| agent.receipts.len()).collect()
    }

    /// Every receipt of the day must be in its bundle, each once, and nothing else.
    fn compare_receipts(&self, day: u64, before: Vec<usize>) -> Result<usize> {
        let bundle = Bundle::read(&self.bundle_folder(day))?;
        let verdicts = bundle.verdicts()?.all()?;
        let in_bundle: BTreeSet<_> = verdicts.iter().map(|verdict| verdict.id).collect();
        ensure!(in_bundle.len() == verdicts.len(), "an attestation stands twice in the bundle");
        let new =
            self.agents.iter().zip(before).flat_map(|(agent, before)| agent.receipts.get(before..).unwrap_or(&[]));
        let receipts: Vec<_> = new.copied().collect();
        let distinct: BTreeSet<_> = receipts.iter().copied().collect();
        let missing = distinct.difference(&in_bundle).count();
        ensure!(missing == 0, "{missing} acknowledged readings are missing from the bundle");
        let unknown = in_bundle.difference(&distinct).count();
        ensure!(unknown == 0, "{unknown} readings in the bundle have no receipt");
        Ok(distinct.len())
    }
}

fn progress_bar(readings: usize) -> ProgressBar {
    let bar = ProgressBar::new(readings as u64);
    if let Ok(style) = ProgressStyle::with_template("  {bar:40} {pos}/{len} readings") {
        bar.set_style(style);
    }
    bar
}
