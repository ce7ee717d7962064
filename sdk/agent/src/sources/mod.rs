//! Where readings come from. Each source hands its measurements to the recorder, in order, and waits where that waits.

mod lines;
mod modbus;
mod mqtt;
mod register;
mod sunspec;

pub use mqtt::{MqttError, check as check_mqtt};

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tokio::sync::mpsc;

use crate::{
    clock::AgentClock,
    config::{AgentConfig, SourceConfig},
    event::{Event, Say},
    measurement::Measurement,
};

/// Measurements that may wait for the recorder.
const WAITING: usize = 1_024;

/// A measurement, and what it came from.
pub struct Measured {
    pub measurement: Measurement,
    /// For people: `row 7`.
    pub origin: String,
    /// Called when a power loss takes it back no more.
    pub done: Option<Box<dyn FnOnce() + Send>>,
}

/// What every source is given.
#[derive(Clone)]
pub struct Outlet {
    measured: mpsc::Sender<Measured>,
    pub clock: AgentClock,
    pub say: Say,
    stop: Arc<AtomicBool>,
}

/// Nobody takes measurements any more: the agent stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopped;

impl Outlet {
    pub async fn send(&self, measured: Measured) -> Result<(), Stopped> {
        self.measured.send(measured).await.map_err(|_| Stopped)
    }

    pub fn send_blocking(&self, measured: Measured) -> Result<(), Stopped> {
        self.measured.blocking_send(measured).map_err(|_| Stopped)
    }

    pub fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed) || self.measured.is_closed()
    }

    /// Something that was read and cannot be signed.
    pub fn bad(&self, origin: String, problem: impl ToString) {
        self.say.event(Event::BadReading { origin, problem: problem.to_string() });
    }
}

/// Starts the source of `config`. The channel is closed when it has ended.
pub fn start(
    config: &AgentConfig,
    device: &str,
    clock: AgentClock,
    say: Say,
) -> (mpsc::Receiver<Measured>, StopSource) {
    let (sender, measured) = mpsc::channel(WAITING);
    let stop = Arc::new(AtomicBool::new(false));
    let outlet = Outlet { measured: sender, clock, say, stop: Arc::clone(&stop) };
    let task = match config.source.clone() {
        SourceConfig::Csv(lines) => {
            lines::start(lines, lines::Format::Csv, outlet);
            None
        }
        SourceConfig::JsonLines(lines) => {
            lines::start(lines, lines::Format::Json, outlet);
            None
        }
        SourceConfig::Modbus(config) => {
            let meter = modbus::Meter::new(&config.address, config.unit, config.poll_seconds);
            Some(tokio::spawn(modbus::poll(meter, modbus::Counter::Register(config), outlet)))
        }
        SourceConfig::Sunspec(config) => {
            let meter = modbus::Meter::new(&config.address, config.unit, config.poll_seconds);
            Some(tokio::spawn(modbus::poll(meter, modbus::Counter::Sunspec(config.direction), outlet)))
        }
        SourceConfig::Mqtt(mqtt) => Some(tokio::spawn(mqtt::listen(mqtt, device.to_owned(), outlet))),
    };
    (measured, StopSource { stop, task })
}

/// Stops the source when dropped.
pub struct StopSource {
    stop: Arc<AtomicBool>,
    task: Option<tokio::task::JoinHandle<()>>,
}

impl Drop for StopSource {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}
