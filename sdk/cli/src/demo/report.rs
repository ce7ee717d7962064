//! What the demo prints at its end.

use std::fmt::Write;

use serde::Serialize;

use super::cheats::Refused;

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

/// `amount` smallest units as tokens with all their decimals, thousands apart.
pub fn tokens(amount: u64, decimals: u8) -> String {
    let unit = 10u64.checked_pow(u32::from(decimals)).unwrap_or(1);
    let (whole, fraction) = (amount / unit, amount % unit);
    match decimals {
        0 => thousands(whole),
        digits => format!("{}.{fraction:0width$}", thousands(whole), width = usize::from(digits)),
    }
}

fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_shows_every_unit() {
        assert_eq!(tokens(1_234_567_890_123, 6), "1,234,567.890123");
        assert_eq!(tokens(5, 6), "0.000005");
        assert_eq!(tokens(1_000, 0), "1,000");
    }
}
