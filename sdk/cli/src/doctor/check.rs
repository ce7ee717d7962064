//! What a check says.

use serde::Serialize;

/// Whether something is as it must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Ok,
    /// Nothing depends on it.
    Note,
    Bad,
}

/// One line of the table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was looked at.
    pub what: String,
    pub state: State,
    pub found: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

impl Check {
    pub fn ok(what: impl Into<String>, found: impl Into<String>) -> Self {
        Self { what: what.into(), state: State::Ok, found: found.into(), next: None }
    }

    pub fn note(what: impl Into<String>, found: impl Into<String>, next: impl Into<String>) -> Self {
        Self { what: what.into(), state: State::Note, found: found.into(), next: Some(next.into()) }
    }

    pub fn bad(what: impl Into<String>, found: impl Into<String>, next: impl Into<String>) -> Self {
        Self { what: what.into(), state: State::Bad, found: found.into(), next: Some(next.into()) }
    }

    /// The line, and what to do below it.
    pub fn describe(&self) -> String {
        let state = match self.state {
            State::Ok => "ok",
            State::Note => "note",
            State::Bad => "BAD",
        };
        let line = format!("{state:<5} {:<18} {}", self.what, self.found);
        match &self.next {
            Some(next) => format!("{line}\n      {:<18} -> {next}", ""),
            None => line,
        }
    }
}
