//! Events as they happen, over Solana's websocket.

use std::{
    collections::{HashSet, VecDeque},
    time::Duration,
};

use futures_util::{StreamExt, stream::select_all};
use solana_address::Address;
use solana_commitment_config::CommitmentConfig;
use solana_pubsub_client::nonblocking::pubsub_client::{PubsubClient, PubsubClientError};
use solana_rpc_client_api::config::{RpcTransactionLogsConfig, RpcTransactionLogsFilter};
use tokio::{
    sync::mpsc,
    time::{sleep, timeout},
};

use super::{Event, EventError, events_in};
use crate::{REGISTRY_ID, REWARDS_ID, STAKING_ID, TOKEN_ID};

/// Without a new slot for so long, the connection is taken for dead.
const SILENCE: Duration = Duration::from_secs(15);
/// Pauses before a new connection: from this on, doubled each time.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const MAX_PAUSE: Duration = Duration::from_secs(30);
/// News that may wait to be taken; the connection waits for the reader beyond that.
const MAX_WAITING: usize = 1_024;
/// Transactions that are remembered, so that one that several subscriptions tell is told once.
const REMEMBERED: usize = 4_096;

/// What a subscription tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// From here on events are told. Read the accounts that matter now: what came before was not told.
    Begun,
    /// An event of a transaction that was confirmed.
    Event {
        /// Of the transaction, base58.
        signature: String,
        slot: u64,
        event: Event,
    },
    /// Something of one of Trellis's programs that this version cannot read, or logs that the server cut short (`None`).
    Unreadable { signature: String, slot: u64, error: Option<EventError> },
    /// Events may be missed until the next [`Begun`](Self::Begun), which comes by itself.
    Broken { reason: String },
}

/// Tells events from the websocket at `url` (`ws://` or `wss://`) until the receiver is dropped; to be called on a Tokio
/// runtime.
///
/// With `about` empty: all events of the four programs. Otherwise those of transactions that name one of these addresses,
/// for example a network, its vault and its stake pool; some instructions name only a device, an operator's stake or a
/// ticket, so whoever cannot miss those subscribes to all.
///
/// Websockets lose messages: take an event as a hint to read what it is about.
pub fn subscribe(url: String, about: Vec<Address>) -> mpsc::Receiver<News> {
    let about = if about.is_empty() { vec![REGISTRY_ID, TOKEN_ID, REWARDS_ID, STAKING_ID] } else { about };
    let (news, heard) = mpsc::channel(MAX_WAITING);
    tokio::spawn(async move {
        tokio::select! {
            () = follow(&url, &about, &news) => {}
            () = news.closed() => {}
        }
    });
    heard
}

/// Connects again and again.
async fn follow(url: &str, about: &[Address], news: &mpsc::Sender<News>) {
    let (mut pause, mut told) = (FIRST_PAUSE, Told::default());
    loop {
        let mut begun = false;
        let reason = match listen(url, about, news, &mut told, &mut begun).await {
            Ok(reason) => reason.to_owned(),
            Err(error) => error.to_string(),
        };
        if news.send(News::Broken { reason }).await.is_err() {
            return;
        }
        pause = if begun { FIRST_PAUSE } else { (pause * 2).min(MAX_PAUSE) };
        sleep(pause).await;
    }
}

/// Returns why it ended.
async fn listen(
    url: &str,
    about: &[Address],
    news: &mpsc::Sender<News>,
    told: &mut Told,
    begun: &mut bool,
) -> Result<&'static str, PubsubClientError> {
    const GONE: &str = "nobody listens";
    let Ok(client) = timeout(SILENCE, PubsubClient::new(url)).await else { return Ok("the server does not answer") };
    let client = client?;
    let mut logs = Vec::with_capacity(about.len());
    for address in about {
        let filter = RpcTransactionLogsFilter::Mentions(vec![address.to_string()]);
        let config = RpcTransactionLogsConfig { commitment: Some(CommitmentConfig::confirmed()) };
        logs.push(client.logs_subscribe(filter, config).await?.0);
    }
    let mut logs = select_all(logs);
    let (mut slots, _) = client.slot_subscribe().await?;
    if news.send(News::Begun).await.is_err() {
        return Ok(GONE);
    }
    *begun = true;
    loop {
        let response = tokio::select! {
            response = logs.next() => response,
            slot = timeout(SILENCE, slots.next()) => match slot {
                Ok(Some(_)) => continue,
                Ok(None) => None,
                Err(_) => return Ok("no slot was told for 15 s"),
            },
        };
        let Some(response) = response else { return Ok("the connection ended") };
        let (slot, logs) = (response.context.slot, response.value);
        if logs.err.is_some() || !told.is_new(&logs.signature) {
            continue;
        }
        let found = events_in(&logs.logs);
        let signature = || logs.signature.clone();
        let events = found.events.into_iter().map(|event| News::Event { signature: signature(), slot, event });
        let unreadable = found.unreadable.into_iter().map(Some).chain(found.truncated.then_some(None));
        let unreadable = unreadable.map(|error| News::Unreadable { signature: signature(), slot, error });
        for one in events.chain(unreadable) {
            if news.send(one).await.is_err() {
                return Ok(GONE);
            }
        }
    }
}

/// The transactions told last.
#[derive(Default)]
struct Told {
    signatures: HashSet<String>,
    order: VecDeque<String>,
}

impl Told {
    fn is_new(&mut self, signature: &str) -> bool {
        if !self.signatures.insert(signature.to_owned()) {
            return false;
        }
        self.order.push_back(signature.to_owned());
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.signatures.remove(&oldest);
        }
        true
    }
}
