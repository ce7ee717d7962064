//! The balance of the relay's key.

use std::{sync::Arc, time::Duration};

use solana_address::Address;
use tokio::sync::watch;

use super::Relay;
use crate::{
    alarms::{Alarms, RELAY_BALANCE_LOW},
    watch::low_balance,
    worker::pause,
};

/// How often it is asked for, at most.
const BALANCE_EVERY: Duration = Duration::from_secs(5);

/// Raises the alarm while the relay's key has too little.
pub struct RelayWatch {
    pub relay: Arc<Relay>,
    pub alarms: Alarms,
}

impl RelayWatch {
    pub async fn run(self, poll: Duration, mut stop: watch::Receiver<bool>) {
        let parts = &self.relay.parts;
        loop {
            // A chain that is away is said by who follows it.
            if self.relay.token_account.get().is_none() {
                let _ = self.relay.fetch_vault().await;
            }
            if let Ok(lamports) = parts.chain.balance_lamports(&self.relay.payer()).await {
                parts.metrics.relay_balance(lamports);
                let detail = problem(&self.relay.payer(), lamports, parts.settings.alarm_lamports);
                self.alarms.set(RELAY_BALANCE_LOW, detail, parts.clock.now_unix());
            }
            if pause(poll.max(BALANCE_EVERY), &mut stop).await {
                return;
            }
        }
    }
}

/// What is wrong with the relay's balance, if anything is.
pub fn problem(payer: &Address, lamports: u64, wanted: u64) -> Option<String> {
    (lamports < wanted).then(|| format!("the relay's key {}", low_balance(payer, lamports, wanted)))
}
