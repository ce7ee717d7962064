//! From the queue to an oracle, and its receipts to the disk.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use tokio::{
    sync::{Notify, watch},
    time::{sleep, timeout},
};
use trellis_core::{
    attestation::SignedAttestation,
    exchange::{Answer, next_frame},
    receipt::SignedReceipt,
};
use trellis_device::{Batch, Kept, Verdict, judge, key::is_ed25519_signature, oracle_time};
use trellis_epoch::{encoding::base58, reason::Reason};

use crate::{
    AgentError,
    clock::AgentClock,
    config::AgentConfig,
    event::{Event, Pause, Say},
    oracle_api::{OracleApi, RequestError},
    record_book::{RecordBook, Refused, Sent},
    shared_device::SharedDevice,
};

/// Refusals of one answer that are asked about; those that follow are told by the reason's name.
const EXPLAINED: usize = 8;

/// See the [module](self).
pub struct Sender {
    config: Arc<AgentConfig>,
    device: SharedDevice,
    oracles: Vec<OracleApi>,
    book: RecordBook,
    clock: AgentClock,
    say: Say,
    /// Told when there is something to send.
    recorded: Arc<Notify>,
    /// Turns true when the source has ended, and everything that it said is in the queue.
    source_ended: watch::Receiver<bool>,
    /// Which oracle is asked.
    current: usize,
    failures: u32,
    was_heard: bool,
    /// Of 255: how much of a pause's last quarter this device leaves off.
    own_part: u32,
    /// Most attestations in a request: less than in the settings if the oracle wants less.
    batch: usize,
}

/// What a round of sending leads to.
enum Next {
    /// There may be more to send.
    AtOnce,
    Pause(Duration),
    /// There is nothing to send.
    Idle,
}

impl Sender {
    pub fn new(
        config: Arc<AgentConfig>,
        device: SharedDevice,
        clock: AgentClock,
        say: Say,
        recorded: Arc<Notify>,
        source_ended: watch::Receiver<bool>,
        own_part: u8,
    ) -> Result<Self, AgentError> {
        let oracles = config.oracles.iter().map(|url| OracleApi::new(url)).collect::<Result<Vec<_>, _>>();
        let oracles = oracles.map_err(|error| AgentError::Oracle(error.to_string()))?;
        let (book, batch) = (RecordBook::new(&config.data_dir), config.sending.batch);
        Ok(Self {
            config,
            device,
            oracles,
            book,
            clock,
            say,
            recorded,
            source_ended,
            current: 0,
            failures: 0,
            was_heard: false,
            own_part: own_part.into(),
            batch,
        })
    }

    /// Until the source has ended and everything is settled.
    pub async fn run(mut self) -> Result<(), AgentError> {
        let mut knows_time = false;
        loop {
            let next = match knows_time {
                true => self.round().await?,
                // First of all: is it the right network, and what time is it?
                false => {
                    let next = self.ask_status().await?;
                    knows_time = matches!(next, Next::AtOnce);
                    next
                }
            };
            match next {
                Next::AtOnce => {}
                Next::Pause(pause) => sleep(pause).await,
                Next::Idle if *self.source_ended.borrow() => return Ok(()),
                Next::Idle => {
                    let more = async {
                        tokio::select! {
                            () = self.recorded.notified() => {}
                            _ = self.source_ended.changed() => {}
                        }
                    };
                    // From time to time the oracle's time is asked for, which the recorder may wait for.
                    knows_time = timeout(self.config.sending.status_every(), more).await.is_ok();
                }
            }
        }
    }

    fn oracle(&self) -> Result<&OracleApi, AgentError> {
        let oracle = self.oracles.get(self.current % self.oracles.len().max(1));
        oracle.ok_or_else(|| AgentError::Oracle("the settings name no oracle".to_owned()))
    }

    /// Asks an oracle whom it works for, and the time.
    async fn ask_status(&mut self) -> Result<Next, AgentError> {
        let oracle = self.oracle()?.clone();
        let sent_ms = self.clock.local_ms();
        let status = match oracle.status().await {
            Ok(status) => status,
            Err(error) => return self.failed(&oracle, error).await,
        };
        let url = oracle.url();
        if status.network != self.config.network {
            let [theirs, ours] = [status.network, self.config.network].map(|address| base58::encode(&address));
            return Err(AgentError::Oracle(format!(
                "the oracle {url} works for the network {theirs}, and this device is one of {ours}: mend `oracles` or \
                 `network` in agent.toml"
            )));
        }
        if let Some(theirs) = status.energy_interval_seconds
            && theirs != self.config.interval_seconds
        {
            let ours = self.config.interval_seconds;
            return Err(AgentError::Oracle(format!(
                "the network's intervals last {theirs} s by the oracle {url}, and `interval_seconds` in agent.toml is {ours}"
            )));
        }
        if !self.config.oracle_keys.iter().any(|key| key.0 == status.oracle) {
            let theirs = base58::encode(&status.oracle);
            return Err(AgentError::Oracle(format!(
                "the oracle {url} signs with {theirs}, which is not among `oracle_keys` in agent.toml: put it there if it is one \
                 of the network's"
            )));
        }
        self.clock.observe(sent_ms, status.now_unix);
        self.heard(&oracle);
        Ok(Next::AtOnce)
    }

    fn heard(&mut self, oracle: &OracleApi) {
        if !std::mem::replace(&mut self.was_heard, true) {
            self.say.event(Event::OracleHeard { url: oracle.url().to_owned() });
        }
    }

    /// Sends the oldest attestations once.
    async fn round(&mut self) -> Result<Next, AgentError> {
        let most = self.batch;
        let batch = self.device.with(move |device| device.batch(most)).await.map_err(AgentError::Queue)?;
        if batch.sequences.is_empty() {
            self.failures = 0;
            return Ok(Next::Idle);
        }
        let oracle = self.oracle()?.clone();
        let sent_ms = self.clock.local_ms();
        let answer = match oracle.submit(batch.body.clone()).await {
            Ok(answer) => answer,
            Err(error) => return self.failed(&oracle, error).await,
        };
        let known: Vec<[u8; 32]> = self.config.oracle_keys.iter().map(|key| key.0).collect();
        let verdicts = match judge(&batch, &answer, &self.config.network, &known, is_ed25519_signature) {
            Ok(verdicts) => verdicts,
            Err(error) => return self.failed(&oracle, RequestError::Answer(error.to_string())).await,
        };
        self.heard(&oracle);
        self.observe(sent_ms, &answer);
        self.settle(&oracle, &batch, verdicts).await
    }

    fn observe(&self, sent_ms: u64, answer: &Answer) {
        if let Some(oracle_unix) = oracle_time(answer) {
            self.clock.observe(sent_ms, oracle_unix);
        }
    }

    /// Keeps receipts and refusals, and only then forgets the attestations.
    async fn settle(&mut self, oracle: &OracleApi, batch: &Batch, verdicts: Vec<Verdict>) -> Result<Next, AgentError> {
        let mut accepted: Vec<(Sent, SignedReceipt)> = Vec::new();
        let mut refused = Vec::new();
        let mut kept = Vec::new();
        let sent = sent(batch);
        for (sent, verdict) in sent.into_iter().zip(verdicts) {
            match verdict {
                Verdict::Accepted(receipt) => accepted.push((sent, *receipt)),
                Verdict::Refused { reason } => refused.push(self.refused(oracle, sent, reason, refused.len()).await),
                Verdict::Kept(why) => kept.push(why),
            }
        }
        self.book.keep_receipts(&accepted)?;
        self.book.keep_refused(&refused)?;
        let settled = accepted.iter().map(|(sent, _)| sent).chain(refused.iter().map(|refused| &refused.sent));
        let settled: Vec<u64> = settled.map(|sent| sent.sequence).collect();
        let settling =
            move |device: &mut crate::shared_device::AgentDevice| device.settle(&settled).map(|()| device.pending());
        let waiting = self.device.with(settling).await.map_err(AgentError::Queue)?;
        self.tell(&accepted, &refused, waiting);
        if kept.is_empty() {
            self.failures = 0;
            return Ok(Next::AtOnce);
        }
        Ok(self.pause_for(&kept))
    }

    fn tell(&self, accepted: &[(Sent, SignedReceipt)], refused: &[Refused], waiting: usize) {
        if !accepted.is_empty() {
            let epochs: BTreeSet<u64> = accepted.iter().map(|(_, receipt)| receipt.receipt.epoch.get()).collect();
            let (count, epochs) = (accepted.len(), epochs.into_iter().collect());
            self.say.event(Event::Accepted { count, epochs, waiting });
        }
        for Refused { sent, reason, detail } in refused {
            let (sequence, interval_start_unix) = (sent.sequence, sent.interval_start_unix);
            let (reason, detail) = (reason.clone(), detail.clone());
            self.say.event(Event::Refused { sequence, interval_start_unix, reason, detail });
        }
    }

    async fn refused(&self, oracle: &OracleApi, sent: Sent, reason: u16, before: usize) -> Refused {
        let name = reason_name(reason);
        let detail = match before < EXPLAINED {
            true => oracle.explain(&sent.wire).await,
            false => None,
        };
        let detail = detail.unwrap_or_else(|| format!("the oracle's reason number {reason}"));
        Refused { sent, reason: name, detail }
    }

    /// How long what is kept is to wait: as long as the oracle says, else longer each time.
    fn pause_for(&mut self, kept: &[Kept]) -> Next {
        let asked = kept.iter().filter_map(|kept| match kept {
            Kept::Retry { after_seconds } => Some(Duration::from_secs((*after_seconds).into())),
            Kept::MayPass { .. } => None,
        });
        let (pause, why) = match (asked.max(), kept.first()) {
            (Some(asked), _) => (asked, "the oracle takes no more from this device now".to_owned()),
            (None, Some(Kept::MayPass { reason })) => (self.next_pause(), may_pass_in_words(*reason)),
            (None, _) => return Next::AtOnce,
        };
        self.say.event(Event::Kept { count: kept.len(), why, retry: Pause(pause) });
        Next::Pause(pause)
    }

    /// A pause that doubles with every failure in a row, up to the longest; devices that lost one oracle together do not come
    /// back all at once, because each takes off another part of it.
    fn next_pause(&mut self) -> Duration {
        let (first, longest) = (self.config.sending.retry_first(), self.config.sending.retry_longest());
        let pause = first.saturating_mul(1 << self.failures.min(20)).min(longest);
        self.failures = self.failures.saturating_add(1);
        let own = self.own_part;
        pause - pause / 4 * own / 255
    }

    /// No answer to what was sent, or none that can be believed.
    async fn failed(&mut self, oracle: &OracleApi, error: RequestError) -> Result<Next, AgentError> {
        let pause = match &error {
            RequestError::TooLarge(_) if self.batch > 1 => {
                self.batch = self.batch.div_ceil(2);
                return Ok(Next::AtOnce);
            }
            RequestError::Busy { after, .. } => (*after).max(self.config.sending.retry_first()),
            _ => {
                self.current = (self.current + 1) % self.oracles.len().max(1);
                self.next_pause()
            }
        };
        self.was_heard = false;
        let waiting = self.device.with(|device| device.pending()).await;
        let (url, problem) = (oracle.url().to_owned(), error.to_string());
        self.say.event(Event::OracleAway { url, problem, waiting, retry: Pause(pause) });
        Ok(Next::Pause(pause))
    }
}

/// What was sent, attestation by attestation.
fn sent(batch: &Batch) -> Vec<Sent> {
    let mut body = batch.body.as_slice();
    let wires = std::iter::from_fn(|| next_frame(&mut body).ok().flatten());
    let sent = batch.sequences.iter().zip(wires).map(|(sequence, wire)| {
        // What lies in the queue is what was signed.
        let start = SignedAttestation::from_bytes(wire).map(|signed| signed.attestation.interval_start_unix);
        Sent { sequence: *sequence, interval_start_unix: start.unwrap_or_default(), wire: wire.to_vec() }
    });
    sent.collect()
}

fn reason_name(reason: u16) -> String {
    let known = Reason::ALL.into_iter().find(|known| known.code() == reason);
    known.map_or_else(|| format!("reason {reason}"), |reason| reason.name().to_owned())
}

fn may_pass_in_words(reason: u16) -> String {
    let name = reason_name(reason);
    let what = match name.as_str() {
        "unknown_device" => {
            "the device is not registered in the network yet (`trellis agent show` says how), or the oracle has not seen it"
        }
        "suspended_device" => {
            "the device is suspended: see the reason, and how to appeal, at the oracle's /v1/devices/KEY"
        }
        "future_interval" => "by the oracle's clock the interval is not over",
        "wrong_network" => "the oracle works for another network",
        _ => "refused for now",
    };
    format!("{name}: {what}")
}
