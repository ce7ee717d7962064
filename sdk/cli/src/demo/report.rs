//! What the demo prints at its end.

use std::fmt::Write;

use serde::Serialize;

use super::cheats::Refused;
use crate::commands::amounts::{thousands, tokens};

/// The demo's outcome.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    pub ok: bool,
    pub network: String,
    pub vault: String,
    pub mint: String,
    /// Final roots by epoch, hex.
    pub roots: Vec<String>,
    pub operators: Vec<OperatorReport>,
    pub refused: Vec<Refused>,
    /// Smallest units minted in the seven epochs.
    pub emitted: u64,
    /// Smallest units left in the vault.
    pub left_in_vault: u64,
    pub receipts: usize,
    pub retries_after_kill: usize,
    pub audits: usize,
    pub decimals: u8,
    pub seconds: u64,
}

#[derive(Clone, Debug, Serialize)]
pub struct OperatorReport {
    pub name: &'static str,
    pub devices: Vec<String>,
    /// Verified watt-hours.
    pub energy_wh: u64,
    pub points: u64,
    pub earned: u64,
    pub claimed: u64,
    /// Lamports in the operator's wallet at the end.
    pub lamports: u64,
}

/// Watt-hours as MWh with all their decimals.
fn megawatt_hours(watt_hours: u64) -> String {
    format!("{}.{:06}", thousands(watt_hours / 1_000_000), watt_hours % 1_000_000)
}

impl Report {
    /// The table, with totals.
    pub fn table(&self) -> String {
        let mut out = String::new();
        let mut line = |cells: [String; 6]| {
            let [name, devices, energy, points, earned, claimed] = cells;
            // Writing to a string cannot fail.
            let _ = writeln!(out, "{name:<9} {devices:<15} {energy:>12} {points:>12} {earned:>20} {claimed:>20}");
        };
        line(["operator", "devices", "MWh", "points", "tokens earned", "tokens claimed"].map(str::to_owned));
        for operator in &self.operators {
            line([
                operator.name.to_owned(),
                operator.devices.join(" "),
                megawatt_hours(operator.energy_wh),
                thousands(operator.points),
                tokens(operator.earned, self.decimals),
                tokens(operator.claimed, self.decimals),
            ]);
        }
        line([
            "total".to_owned(),
            String::new(),
            megawatt_hours(self.sum(|operator| operator.energy_wh)),
            thousands(self.sum(|operator| operator.points)),
            tokens(self.earned(), self.decimals),
            tokens(self.claimed(), self.decimals),
        ]);
        let _ = writeln!(out, "emitted in seven epochs: {} tokens", tokens(self.emitted, self.decimals));
        out
    }

    pub fn earned(&self) -> u64 {
        self.sum(|operator| operator.earned)
    }

    pub fn claimed(&self) -> u64 {
        self.sum(|operator| operator.claimed)
    }

    fn sum(&self, figure: impl Fn(&OperatorReport) -> u64) -> u64 {
        self.operators.iter().map(figure).sum()
    }
}
