//! Claims that the oracle sends and pays for, so that operators need no SOL.
//!
//! For claims nobody hands the relay instructions: it makes them itself, from the proofs of the last final epoch, and a claim
//! pays only the wallet in its leaf. What it can lose is fees, which a budget for the day bounds; quotas by operator and
//! by client address share it out. It has a key of its own, which can do nothing but pay: what the oracle's key signs is
//! never asked for here.
//!
//! | module | what it does |
//! |---|---|
//! | [`claims`] | from operators to claims: who has something to claim, and why somebody is not paid |
//! | `paying` | from claims to transactions: budget, simulation, sending |
//! | [`transactions`] | transactions of others that the relay signs as fee payer: registrations, claims that pay a fee in tokens |
//! | [`rules`] | which these may be |
//! | [`owners`] | whose registrations are paid for |
//! | [`book`] | the budget and who had what of it, on the disk |
//! | `turns` | who is being paid, and how often today |
//! | [`outcome`] | what became of an operator's claim |
//! | [`watch`] | the balance of the relay's key |

pub mod book;
pub mod claims;
pub mod outcome;
pub mod owners;
pub mod rules;
pub mod transactions;
pub mod watch;

mod paying;
mod turns;

use std::sync::{Arc, OnceLock};

use solana_address::Address;
use solana_signature::Signature;
use trellis_client::Chain;

use crate::{
    chain_view::Target,
    clock::Clock,
    key::{FileKey, OracleSigner},
    limits::{AddressLimit, ClientAddress},
    metrics::Metrics,
    settings::relay::RelaySettings,
};

use book::{Book, renews_unix};
use transactions::Landed;
use turns::{DayCounts, InFlight, Recent};

/// Most operators in one request.
pub const MOST_OPERATORS: usize = 64;

/// What a relay is made of.
pub struct Parts {
    pub chain: Chain,
    pub target: Target,
    /// The relay's own.
    pub key: FileKey,
    pub clock: Clock,
    pub settings: RelaySettings,
    pub book: Book,
    pub metrics: Metrics,
}

/// Sends claims for others.
pub struct Relay {
    parts: Parts,
    clients: AddressLimit,
    in_flight: InFlight<u32>,
    paid_today: DayCounts,
    payments: Recent<u32, Signature>,
    signing: InFlight<Signature>,
    landed: Recent<Signature, Landed>,
    /// Of the relay's key, for the vault's mint.
    token_account: OnceLock<Address>,
}

/// What the relay offers now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    pub payer: Address,
    pub settings: RelaySettings,
    /// Of the day's budget.
    pub left_lamports: u64,
    /// When the next day begins, unix seconds.
    pub renews_unix: i64,
    /// Where fees in tokens are paid to; `None` until the chain was heard.
    pub token_account: Option<Address>,
}

impl Relay {
    pub fn new(parts: Parts) -> Self {
        let clients = AddressLimit::new(parts.settings.client());
        Self {
            parts,
            clients,
            in_flight: InFlight::default(),
            paid_today: DayCounts::default(),
            payments: Recent::default(),
            signing: InFlight::default(),
            landed: Recent::default(),
            token_account: OnceLock::new(),
        }
    }

    pub fn payer(&self) -> Address {
        self.parts.key.address()
    }

    pub fn offer(&self) -> Offer {
        let now_unix = self.parts.clock.now_unix();
        Offer {
            payer: self.payer(),
            settings: self.parts.settings.clone(),
            left_lamports: self.parts.book.left_lamports(now_unix),
            renews_unix: renews_unix(now_unix),
            token_account: self.token_account.get().copied(),
        }
    }

    /// Counts a request of `client`, or says after how many seconds it may ask again.
    pub fn admit(&self, client: ClientAddress) -> Result<(), u32> {
        self.clients.take(client)
    }

    /// What `work` gives, off the async threads: the book blocks until the disk has what is written.
    async fn with_book<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Book) -> Result<T, book::BookError> + Send + 'static,
    ) -> Result<T, book::BookError> {
        let relay = Arc::clone(self);
        let working = tokio::task::spawn_blocking(move || work(&relay.parts.book)).await;
        working.unwrap_or_else(|error| Err(book::BookError::Unwritable(error.into())))
    }
}
