//! From measurements to signed readings in the queue.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{Notify, mpsc},
    time::{sleep, timeout},
};
use trellis_device::{CounterIntervals, MeteredInterval, QueueError, RecordError, Work};

use crate::{
    AgentError,
    clock::AgentClock,
    event::{Event, Say},
    measurement::Measurement,
    shared_device::SharedDevice,
    sources::Measured,
};

/// Readings that share one sync of the disk.
const TOGETHER: usize = 256;
/// How often it is looked whether an interval is over, or there is room again.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// See the [module](self).
pub struct Recorder {
    device: SharedDevice,
    clock: AgentClock,
    say: Say,
    interval_seconds: u32,
    counter: CounterIntervals,
    /// Told when there is something to send.
    recorded: Arc<Notify>,
    /// Readings of intervals that are signed already, not told yet.
    skipped: u64,
}

impl Recorder {
    pub fn new(
        device: SharedDevice,
        interval_seconds: u32,
        clock: AgentClock,
        say: Say,
        recorded: Arc<Notify>,
    ) -> Self {
        let counter = CounterIntervals::new(interval_seconds);
        Self { device, clock, say, interval_seconds, counter, recorded, skipped: 0 }
    }

    /// Until the source has ended; then everything that it said is in the queue.
    pub async fn run(mut self, mut measured: mpsc::Receiver<Measured>) -> Result<(), AgentError> {
        let mut readings: u64 = 0;
        loop {
            let mut group = Vec::with_capacity(TOGETHER);
            match timeout(LOOK_EVERY, measured.recv_many(&mut group, TOGETHER)).await {
                Ok(0) => break,
                Ok(count) => readings += count as u64,
                // Nothing came; an interval may be over all the same.
                Err(_) => {}
            }
            let mut done = Vec::new();
            for one in group {
                self.take(one.measurement, &one.origin).await?;
                done.extend(one.done);
            }
            self.take_overdue().await?;
            self.commit().await?;
            done.into_iter().for_each(|done| done());
        }
        self.take_overdue().await?;
        self.commit().await?;
        self.say.event(Event::SourceEnded { readings });
        Ok(())
    }

    async fn take(&mut self, measurement: Measurement, origin: &str) -> Result<(), AgentError> {
        match measurement {
            Measurement::Average { start_unix, nanowatts } => {
                self.record(start_unix, Work::Average { nanowatts }, origin).await
            }
            Measurement::Counter { at_unix, meter } => {
                let last = self.device.with(|device| device.last_metered()).await;
                match self.counter.sample(at_unix, meter, last) {
                    Some(interval) => self.record_metered(interval).await,
                    None => Ok(()),
                }
            }
        }
    }

    /// Signs the open interval of a meter that has fallen silent.
    async fn take_overdue(&mut self) -> Result<(), AgentError> {
        match self.clock.now_unix().and_then(|now_unix| self.counter.overdue(now_unix)) {
            Some(interval) => self.record_metered(interval).await,
            None => Ok(()),
        }
    }

    async fn record_metered(&mut self, interval: MeteredInterval) -> Result<(), AgentError> {
        let MeteredInterval { start_unix, energy, meter } = interval;
        self.record(start_unix, Work::Metered { energy, meter }, "the meter's counter").await
    }

    /// Signs a reading, once its interval is over and there is room for it.
    async fn record(&mut self, start_unix: i64, work: Work, origin: &str) -> Result<(), AgentError> {
        let mut is_waiting = false;
        loop {
            let (why, is_usual) = match self.clock.now_unix() {
                None => ("no oracle was heard yet, and the network's time is not known".to_owned(), false),
                Some(now_unix) => {
                    match self.device.with(move |device| device.record(start_unix, work, now_unix)).await {
                        Ok(_) => return Ok(()),
                        Err(RecordError::NotAfterLast { .. }) => {
                            self.skipped += 1;
                            return Ok(());
                        }
                        Err(error @ RecordError::NotOver { end_unix, now_unix }) => {
                            let rest_seconds = end_unix.saturating_sub(now_unix);
                            (error.to_string(), rest_seconds <= i64::from(self.interval_seconds))
                        }
                        Err(error @ RecordError::Queue(QueueError::Full { .. })) => (error.to_string(), false),
                        Err(RecordError::Queue(error)) => return Err(AgentError::Queue(error)),
                        Err(error) => {
                            let (origin, problem) = (origin.to_owned(), error.to_string());
                            self.say.event(Event::BadReading { origin, problem });
                            return Ok(());
                        }
                    }
                }
            };
            if !is_waiting {
                is_waiting = true;
                // What is signed so far need not wait.
                self.commit().await?;
                self.say.event(Event::Waiting { why, is_usual });
            }
            sleep(LOOK_EVERY).await;
        }
    }

    async fn commit(&mut self) -> Result<(), AgentError> {
        let signed_until = self.device.with(|device| device.commit().map(|()| device.signed_until_unix())).await;
        let signed_until_unix = signed_until.map_err(AgentError::Queue)?.unwrap_or(i64::MIN);
        if self.skipped > 0 {
            let count = std::mem::take(&mut self.skipped);
            self.say.event(Event::Skipped { count, signed_until_unix });
        }
        self.recorded.notify_one();
        Ok(())
    }
}
