//! The registry's changes as they happen, over Solana's websocket.
//!
//! Notifications may get lost and closed accounts are not told, so they only hurry on what polling would find: whoever
//! listens reads everything when the feed begins, when it breaks, and when the network's counters say so.

use std::time::Duration;

use futures_util::StreamExt;
use solana_account::Account;
use solana_address::Address;
use solana_commitment_config::CommitmentConfig;
use solana_pubsub_client::nonblocking::pubsub_client::{PubsubClient, PubsubClientError};
use solana_rpc_client_api::{
    config::{RpcAccountInfoConfig, RpcProgramAccountsConfig, UiAccountEncoding},
    filter::{Memcmp, RpcFilterType},
    response::UiAccount,
};
use tokio::{
    sync::{mpsc, watch},
    time::{sleep, timeout},
};
use trellis_client::REGISTRY_ID;

/// Without a new slot for so long, the connection is taken for dead.
const SILENCE: Duration = Duration::from_secs(15);
/// Slots that may be missing between two that are told; a cluster skips some.
const MAX_GAP_SLOTS: u64 = 64;
const MAX_PAUSE: Duration = Duration::from_secs(30);
/// Changes that may wait to be taken in. Beyond that the feed begins anew, and everything is read.
const MAX_WAITING: usize = 65_536;

/// What the feed tells.
#[derive(Debug)]
pub enum News {
    /// From here on changes are told: read everything now.
    Begun,
    /// An account as it is since a slot.
    Changed { slot: u64, address: Address, account: Account },
    /// Changes may have been missed; it begins anew by itself.
    Broken(String),
}

/// Starts the feed of `network`'s registry from the websocket at `url`. It ends when `stop` says so.
pub fn start(url: String, network: Address, mut stop: watch::Receiver<bool>) -> mpsc::Receiver<News> {
    let (news, heard) = mpsc::channel(MAX_WAITING);
    tokio::spawn(async move {
        tokio::select! {
            () = feed(&url, network, &news) => {}
            _ = stop.wait_for(|stop| *stop) => {}
        }
    });
    heard
}

async fn feed(url: &str, network: Address, news: &mpsc::Sender<News>) {
    let mut pause = Duration::from_millis(100);
    while !news.is_closed() {
        let mut begun = false;
        let reason = match listen(url, network, news, &mut begun).await {
            Ok(reason) => reason.to_owned(),
            Err(error) => error.to_string(),
        };
        if news.send(News::Broken(reason)).await.is_err() {
            return;
        }
        pause = if begun { Duration::from_millis(100) } else { (pause * 2).min(MAX_PAUSE) };
        sleep(pause).await;
    }
}

/// Returns why it ended.
async fn listen(
    url: &str,
    network: Address,
    news: &mpsc::Sender<News>,
    begun: &mut bool,
) -> Result<&'static str, PubsubClientError> {
    let Ok(client) = timeout(SILENCE, PubsubClient::new(url)).await else { return Ok("no connection") };
    let client = client?;
    let account_config = RpcAccountInfoConfig {
        encoding: Some(UiAccountEncoding::Base64),
        commitment: Some(CommitmentConfig::confirmed()),
        ..Default::default()
    };
    let program_config = RpcProgramAccountsConfig {
        filters: Some(vec![RpcFilterType::Memcmp(Memcmp::new_raw_bytes(8, network.to_bytes().to_vec()))]),
        account_config: account_config.clone(),
        ..Default::default()
    };
    let (mut accounts, _) = client.program_subscribe(&REGISTRY_ID, Some(program_config)).await?;
    let (mut itself, _) = client.account_subscribe(&network, Some(account_config)).await?;
    let (mut slots, _) = client.slot_subscribe().await?;
    if news.send(News::Begun).await.is_err() {
        return Ok("nobody listens");
    }
    *begun = true;
    let mut last_slot = None;
    loop {
        let changed = tokio::select! {
            told = accounts.next() => match told {
                Some(told) => told.value.pubkey.parse().ok().map(|address| (told.context.slot, address, told.value.account)),
                None => return Ok("the connection ended"),
            },
            told = itself.next() => match told {
                Some(told) => Some((told.context.slot, network, told.value)),
                None => return Ok("the connection ended"),
            },
            told = timeout(SILENCE, slots.next()) => match told {
                Ok(Some(told)) if last_slot.is_some_and(|last: u64| told.slot > last.saturating_add(MAX_GAP_SLOTS)) => {
                    return Ok("slots are missing");
                }
                Ok(Some(told)) => {
                    last_slot = Some(told.slot);
                    None
                }
                Ok(None) => return Ok("the connection ended"),
                Err(_) => return Ok("no slot was told for 15 s"),
            },
        };
        let Some((slot, address, account)) = changed else { continue };
        let Some(account) = UiAccount::to_account(&account) else { return Ok("an account that cannot be read") };
        if news.try_send(News::Changed { slot, address, account }).is_err() {
            return Ok("more changes than can be taken in");
        }
    }
}
