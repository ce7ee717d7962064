//! Lines of a file or of standard input: a table, or an object in each line.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, BufRead, BufReader, Read},
    thread,
    time::Duration,
};

use serde_json::Value;

use super::{Measured, Outlet, Stopped};
use crate::{
    config::LinesConfig,
    event::Event,
    measurement::{Measurement, Now, Row, RowError},
};

/// Longest line.
const MAX_LINE_BYTES: usize = 65_536;
/// Pause before the end of a file that is followed is looked at again, or a file that cannot be read is opened again.
const FOLLOW_PAUSE: Duration = Duration::from_millis(300);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Csv,
    Json,
}

/// Reads on a thread of its own: nobody can wake a read of standard input, and it must not keep the agent from ending.
pub fn start(config: LinesConfig, format: Format, outlet: Outlet) {
    thread::spawn(move || {
        let said = outlet.say.clone();
        let shown = config.path.display().to_string();
        if let Err(error) = run(&config, format, &outlet) {
            said.event(Event::SourceAway { problem: format!("{shown}: {error}") });
        }
    });
}

fn run(config: &LinesConfig, format: Format, outlet: &Outlet) -> io::Result<()> {
    let (input, what): (Box<dyn Read>, _) = match config.is_stdin() {
        true => (Box::new(io::stdin()), "standard input".to_owned()),
        false => (Box::new(File::open(&config.path)?), config.path.display().to_string()),
    };
    outlet.say.event(Event::SourceBack { what });
    let mut lines = Lines { input: BufReader::new(input), follow: config.follow, outlet, number: 0 };
    let mut reader = LineReader { config, format, names: Vec::new() };
    while let Some(line) = lines.next()? {
        let origin = format!("line {}", lines.number);
        let read = match line {
            Ok(line) => reader.read(&line),
            Err(error) => Err(error),
        };
        let measurement = match read {
            Ok(Some(measurement)) => measurement,
            Ok(None) => continue,
            Err(error) => {
                outlet.bad(origin, error);
                continue;
            }
        };
        let measured = Measured { measurement, origin, done: None };
        if outlet.send_blocking(measured) == Err(Stopped) {
            break;
        }
    }
    Ok(())
}

/// Whole lines, as they come.
struct Lines<'a> {
    input: BufReader<Box<dyn Read>>,
    follow: bool,
    outlet: &'a Outlet,
    number: u64,
}

impl Lines<'_> {
    /// `None` at the end, or when the agent stops: a line that is not whole then is no line.
    fn next(&mut self) -> io::Result<Option<Result<String, RowError>>> {
        let mut line = Vec::new();
        loop {
            let room = (MAX_LINE_BYTES + 1).saturating_sub(line.len()) as u64;
            let count = (&mut self.input).take(room).read_until(b'\n', &mut line)?;
            if line.ends_with(b"\n") {
                break;
            }
            if line.len() > MAX_LINE_BYTES {
                self.skip_line()?;
                self.number += 1;
                return Ok(Some(Err(RowError::Syntax(format!("it is longer than {MAX_LINE_BYTES} bytes")))));
            }
            if count > 0 {
                continue;
            }
            if !self.follow {
                match line.is_empty() {
                    true => return Ok(None),
                    false => break,
                }
            }
            if self.outlet.is_stopped() {
                return Ok(None);
            }
            thread::sleep(FOLLOW_PAUSE);
        }
        self.number += 1;
        let text = String::from_utf8(line).map_err(|_| RowError::Syntax("it is no UTF-8".to_owned()));
        Ok(Some(text.map(|text| text.trim_end_matches(['\r', '\n']).trim_start_matches('\u{feff}').to_owned())))
    }

    /// What is left of a line that is too long.
    fn skip_line(&mut self) -> io::Result<()> {
        let mut rest = Vec::new();
        loop {
            rest.clear();
            let count = (&mut self.input).take(MAX_LINE_BYTES as u64).read_until(b'\n', &mut rest)?;
            if count == 0 || rest.ends_with(b"\n") {
                return Ok(());
            }
        }
    }
}

/// Reads lines by the names of a table's first line.
struct LineReader<'a> {
    config: &'a LinesConfig,
    format: Format,
    names: Vec<String>,
}

impl LineReader<'_> {
    /// `None`: nothing was measured, or the line is not this device's.
    fn read(&mut self, line: &str) -> Result<Option<Measurement>, RowError> {
        if line.trim().is_empty() {
            return Ok(None);
        }
        match self.format {
            Format::Json => {
                let row: Value =
                    serde_json::from_str(line).map_err(|error| RowError::Syntax(format!("no JSON: {error}")))?;
                self.measure(&row)
            }
            Format::Csv => {
                let values = split(line)?;
                if self.names.is_empty() {
                    self.names = values;
                    return self.check_names().map(|()| None);
                }
                if values.len() != self.names.len() {
                    let (found, wanted) = (values.len(), self.names.len());
                    return Err(RowError::Syntax(format!(
                        "it has {found} values, and the first line has {wanted} names"
                    )));
                }
                let row: BTreeMap<String, String> = self.names.iter().cloned().zip(values).collect();
                self.measure(&row)
            }
        }
    }

    fn measure(&self, row: &impl Row) -> Result<Option<Measurement>, RowError> {
        let is_ours = |(name, wanted): (&String, &String)| row.get(name).as_deref() == Some(wanted.as_str());
        match self.config.only.iter().all(is_ours) {
            true => self.config.fields.read(row, Now::Wanted),
            false => Ok(None),
        }
    }

    /// A table without the columns that are wanted would be read to its end without a reading.
    fn check_names(&self) -> Result<(), RowError> {
        let has = |name: &str| self.names.iter().any(|found| found == name);
        let time = self.config.fields.time.as_deref().unwrap_or("time");
        if !has(time) {
            return Err(RowError::NoTime(time.to_owned()));
        }
        let wanted = self.config.fields.wanted();
        match wanted.iter().any(|name| has(name)) && self.config.only.keys().all(|name| has(name)) {
            true => Ok(()),
            false => Err(RowError::NoValue(
                wanted.into_iter().chain(self.config.only.keys().map(String::as_str)).collect::<Vec<_>>().join(", "),
            )),
        }
    }
}

/// A table's line as its values.
fn split(line: &str) -> Result<Vec<String>, RowError> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(line.as_bytes());
    let record = reader.records().next();
    let record = record.transpose().map_err(|error| RowError::Syntax(error.to_string()))?;
    Ok(record.map_or_else(Vec::new, |record| record.iter().map(|value| value.trim().to_owned()).collect()))
}
