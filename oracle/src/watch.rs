//! What the oracle keeps an eye on beside its work: the chain's servers and time, its own balance and votes.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use anyhow::Result;
use solana_address::Address;
use trellis_client::{Chain, accounts::Vault};
use trellis_core::{Calendar, Epoch};

use crate::{
    alarms::{self, Alarms},
    clock::{Clock, median},
    metrics::Metrics,
};

/// How often the balance is asked for.
const BALANCE_EVERY: Duration = Duration::from_secs(2);
const LAMPORTS_PER_SOL: u64 = 1_000_000_000;

/// When to raise an alarm, and from which slot on a server lags: as in the settings.
#[derive(Clone, Copy, Debug)]
pub struct Thresholds {
    pub max_slots_behind: u64,
    pub balance_lamports: u64,
    pub grace_seconds: u32,
    pub vote_seconds: u32,
}

/// Looks at the chain for the oracle's own sake.
pub struct Watch {
    pub chain: Chain,
    pub oracle: Address,
    pub clock: Clock,
    pub alarms: Alarms,
    pub metrics: Metrics,
    pub thresholds: Thresholds,
    pub seen: Mutex<Seen>,
}

/// What was seen before.
#[derive(Debug, Default)]
pub struct Seen {
    balance_at: Option<Instant>,
    /// The last epoch whose vote was counted as missed.
    missed: Option<Epoch>,
}

impl Watch {
    /// Hears the chain's time from all servers, and remembers which of them lag.
    pub async fn look_at_servers(&self) -> Result<()> {
        let servers = self.chain.survey(self.thresholds.max_slots_behind).await;
        for server in &servers {
            let slot = server.clock.map(|(slot, _)| slot);
            self.metrics.rpc_server(server.index, slot, server.behind, server.errors);
        }
        let of_current = servers.iter().filter(|server| !server.lags);
        let times = of_current.filter_map(|server| server.clock.map(|(_, unix)| unix)).collect();
        let chain_unix = match median(times) {
            Some(unix) => unix,
            // Nobody answered; the error says why.
            None => self.chain.unix_time().await?,
        };
        let heard = self.clock.hear_chain(chain_unix);
        let detail = heard.err().map(|refused| refused.to_string());
        self.alarms.set(alarms::CLOCK_REFUSED, detail, self.clock.now_unix());
        Ok(heard?)
    }

    /// Raises and ends the alarms that `vault`, as it is now, and the balance are a reason for.
    pub async fn look_at_vault(&self, vault: &Vault, calendar: &Calendar) -> Result<()> {
        let now_unix = self.clock.now_unix();
        let position = vault.oracle_position(&self.oracle);
        let stranger = position
            .is_none()
            .then(|| format!("the vault's oracle set does not name {}: it can neither propose nor vote", self.oracle));
        self.alarms.set(alarms::NOT_A_MEMBER, stranger, now_unix);

        let epoch = Epoch(vault.next_epoch);
        let voted = position.is_some_and(|position| vault.ballots.get(position).is_some_and(|ballot| *ballot != 0));
        let missed = match self.vote_due_unix(calendar, epoch) {
            Some(due) if position.is_some() && !voted && self.clock.chain_unix() >= due => Some(format!(
                "the chain has no vote of this oracle on epoch {epoch}, which was to be closed {} s ago: see `problem` \
                 and the log",
                self.clock.chain_unix() - due + i64::from(self.thresholds.vote_seconds)
            )),
            _ => None,
        };
        if missed.is_some() {
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            if seen.missed.is_none_or(|last| last < epoch) {
                seen.missed = Some(epoch);
                self.metrics.vote_missed();
            }
        }
        self.alarms.set(alarms::VOTE_MISSED, missed, now_unix);
        self.look_at_balance(now_unix).await
    }

    /// From when on it is alarming that an oracle has not voted on `epoch`.
    fn vote_due_unix(&self, calendar: &Calendar, epoch: Epoch) -> Option<i64> {
        let Thresholds { grace_seconds, vote_seconds, .. } = self.thresholds;
        calendar.end_of(epoch)?.checked_add(i64::from(grace_seconds))?.checked_add(i64::from(vote_seconds))
    }

    async fn look_at_balance(&self, now_unix: i64) -> Result<()> {
        {
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            if seen.balance_at.is_some_and(|at| at.elapsed() < BALANCE_EVERY) {
                return Ok(());
            }
            seen.balance_at = Some(Instant::now());
        }
        let lamports = self.chain.balance_lamports(&self.oracle).await?;
        self.metrics.balance(lamports);
        let detail = (lamports < self.thresholds.balance_lamports)
            .then(|| low_balance(&self.oracle, lamports, self.thresholds.balance_lamports));
        self.alarms.set(alarms::BALANCE_LOW, detail, now_unix);
        Ok(())
    }
}

/// What to say of a balance that is below `wanted`.
pub fn low_balance(oracle: &Address, lamports: u64, wanted: u64) -> String {
    format!("{oracle} has {} for fees, less than {}: send it some SOL", sol(lamports), sol(wanted))
}

fn sol(lamports: u64) -> String {
    format!("{}.{:09} SOL", lamports / LAMPORTS_PER_SOL, lamports % LAMPORTS_PER_SOL)
}
