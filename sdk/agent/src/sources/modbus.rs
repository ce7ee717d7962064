//! A meter that speaks Modbus TCP, asked again and again.

use std::{io, time::Duration};

use tokio::{
    net::TcpStream,
    time::{MissedTickBehavior, interval, sleep, timeout},
};
use tokio_modbus::{
    Slave,
    client::{Context, Reader, tcp},
};
use trellis_core::WattHours;

use super::{Measured, Outlet, Stopped, register, sunspec};
use crate::{
    config::{ModbusConfig, RegisterTable, SunspecDirection, split_address},
    event::Event,
    measurement::Measurement,
};

/// Longest time until a meter has answered.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why a meter cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum MeterError {
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("the meter did not answer within {} s", PATIENCE.as_secs())]
    Silent,
    #[error("the meter refused to read registers {first} and following: {reason}")]
    Refused { first: u16, reason: String },
    #[error("the meter answered with something else than {wanted} registers")]
    Answer { wanted: u16 },
    #[error("{0}")]
    Protocol(String),
    #[error("there is no SunSpec at registers 40000, 50000 or 0: is it switched on in the meter?")]
    NoSunspec,
    #[error(
        "the meter's SunSpec has no model with an energy counter that is read here (models 101 to 103, 201 to 204)"
    )]
    NoModel,
    #[error("the meter shows no energy: its scale is {0}")]
    Scale(i16),
    #[error("the counter shows more watt-hours than 64 bits hold")]
    TooMuch,
}

/// Where the meter is, and how often it is read.
pub struct Meter {
    address: String,
    unit: u8,
    every: Duration,
}

/// What its counter is.
pub enum Counter {
    Register(ModbusConfig),
    Sunspec(SunspecDirection),
}

impl Meter {
    pub fn new(address: &str, unit: u8, poll_seconds: u32) -> Self {
        Self { address: address.to_owned(), unit, every: Duration::from_secs(poll_seconds.into()) }
    }

    async fn connect(&self) -> Result<Connection, MeterError> {
        let (host, port) = split_address(&self.address).unwrap_or_default();
        let stream = timeout(PATIENCE, TcpStream::connect((host, port))).await.map_err(|_| MeterError::Silent)??;
        stream.set_nodelay(true)?;
        Ok(Connection(tcp::attach_slave(stream, Slave(self.unit))))
    }
}

/// An open connection.
pub struct Connection(Context);

impl Connection {
    pub async fn read(&mut self, table: RegisterTable, first: u16, count: u16) -> Result<Vec<u16>, MeterError> {
        let reading = async {
            match table {
                RegisterTable::Holding => self.0.read_holding_registers(first, count).await,
                RegisterTable::Input => self.0.read_input_registers(first, count).await,
            }
        };
        let answer = timeout(PATIENCE, reading).await.map_err(|_| MeterError::Silent)?;
        let answer = answer.map_err(|error| match error {
            tokio_modbus::Error::Transport(error) => MeterError::Io(error),
            tokio_modbus::Error::Protocol(error) => MeterError::Protocol(error.to_string()),
        })?;
        let registers = answer.map_err(|exception| MeterError::Refused { first, reason: exception.to_string() })?;
        match registers.len() == usize::from(count) {
            true => Ok(registers),
            false => Err(MeterError::Answer { wanted: count }),
        }
    }
}

/// Reads the counter again and again, and connects again where the meter was away.
pub async fn poll(meter: Meter, counter: Counter, outlet: Outlet) {
    let mut was_said = false;
    loop {
        let error = match read_on(&meter, &counter, &outlet, &mut was_said).await {
            Ok(Stopped) => return,
            Err(error) => error,
        };
        // Once for each time that it goes away.
        if !was_said {
            outlet.say.event(Event::SourceAway { problem: format!("{}: {error}", meter.address) });
            was_said = true;
        }
        sleep(meter.every).await;
    }
}

/// Reads over one connection until it breaks.
async fn read_on(
    meter: &Meter,
    counter: &Counter,
    outlet: &Outlet,
    was_said: &mut bool,
) -> Result<Stopped, MeterError> {
    let mut connection = meter.connect().await?;
    let found = match counter {
        Counter::Register(_) => None,
        Counter::Sunspec(direction) => Some(sunspec::find(&mut connection, *direction).await?),
    };
    let mut ticks = interval(meter.every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut is_first = true;
    loop {
        ticks.tick().await;
        let shown = match (counter, &found) {
            (Counter::Register(config), _) => register::read(&mut connection, config).await?,
            (Counter::Sunspec(_), Some(place)) => sunspec::read(&mut connection, place).await?,
            (Counter::Sunspec(_), None) => return Err(MeterError::NoModel),
        };
        if std::mem::take(&mut is_first) {
            let what = found.as_ref().map_or_else(|| "its register".to_owned(), |place| place.to_string());
            outlet.say.event(Event::SourceBack { what: format!("{} of the meter {}", what, meter.address) });
            *was_said = false;
        }
        // Without the time, a counter says nothing; the next one will.
        if let Some(at_unix) = outlet.clock.now_unix() {
            let measurement = Measurement::Counter { at_unix, meter: WattHours(shown) };
            let measured = Measured { measurement, origin: format!("the meter {}", meter.address), done: None };
            if outlet.send(measured).await == Err(Stopped) {
                return Ok(Stopped);
            }
        }
    }
}
