//! One figure beside its reference.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a ratio has to be.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    AtLeast(f64),
    AtMost(f64),
    /// Shown, without a goal.
    None,
}

/// A line of `bench.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Row {
    /// Which bench it is of.
    #[serde(default)]
    pub bench: String,
    pub name: String,
    pub value: f64,
    pub unit: String,
    /// What it is measured against.
    pub reference: String,
    pub reference_value: f64,
    /// `value / reference_value`.
    pub ratio: f64,
    pub goal: Goal,
}

impl Row {
    pub fn new(
        name: impl Into<String>,
        (value, unit): (f64, &str),
        (reference, reference_value): (&str, f64),
        goal: Goal,
    ) -> Self {
        Self {
            bench: String::new(),
            name: name.into(),
            value,
            unit: unit.to_owned(),
            reference: reference.to_owned(),
            reference_value,
            ratio: value / reference_value,
            goal,
        }
    }

    pub fn of(self, bench: &str) -> Self {
        Self { bench: bench.to_owned(), ..self }
    }

    pub fn is_met(&self) -> bool {
        match self.goal {
            Goal::AtLeast(least) => self.ratio >= least,
            Goal::AtMost(most) => self.ratio <= most,
            Goal::None => true,
        }
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtLeast(least) => write!(formatter, "≥ {least}"),
            Self::AtMost(most) => write!(formatter, "≤ {most}"),
            Self::None => write!(formatter, "none"),
        }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let met = if self.is_met() { "" } else { "  SHORT OF IT" };
        let Self { name, value, unit, reference, reference_value, ratio, goal, .. } = self;
        write!(
            formatter,
            "{name}: {value:.3} {unit}; {reference}: {reference_value:.3}; ratio {ratio:.3} (goal {goal}){met}"
        )
    }
}
