//! What a local chain starts from.

use std::{
    collections::BTreeMap,
    time::{SystemTime, UNIX_EPOCH},
};

use solana_address::Address;

use super::{LocalChainError, ProgramFile, programs::ProgramImage};

/// The length of a slot on Solana's mainnet, in milliseconds.
pub const DEFAULT_SLOT_MS: u64 = 400;

/// The latest time a chain may start at or travel to: 9999-12-31T23:59:59Z, in Unix seconds.
pub const LATEST_UNIX_SECONDS: i64 = 253_402_300_799;

/// The longest slot taken, in milliseconds: a chain must produce its first block while its
/// starter waits.
const LONGEST_SLOT_MS: u64 = 60_000;

/// What a local chain starts from.
#[derive(Clone, Debug)]
pub struct LocalChainConfig {
    /// TCP port of JSON-RPC over HTTP; 0 chooses a free one.
    pub rpc_port: u16,
    /// TCP port of the websocket subscriptions; 0 chooses a free one.
    pub ws_port: u16,
    /// Milliseconds between two blocks. A transaction's block hash is good for 150 blocks, so at
    /// 50 ms a client has 7.5 s to send what it signed.
    pub slot_ms: u64,
    /// What the chain's Clock shows at first, in Unix seconds; it may be in the past. `None` is
    /// now.
    pub start_time: Option<i64>,
    /// Programs that are in place, executable, when the chain is ready.
    pub programs: Vec<ProgramFile>,
    /// Balances given before the chain is ready: address and lamports. Several for one address
    /// add up.
    pub airdrops: Vec<(Address, u64)>,
}

impl Default for LocalChainConfig {
    /// Free ports, Solana's slot time, a clock that shows now, no programs and no balances.
    fn default() -> Self {
        Self {
            rpc_port: 0,
            ws_port: 0,
            slot_ms: DEFAULT_SLOT_MS,
            start_time: None,
            programs: Vec::new(),
            airdrops: Vec::new(),
        }
    }
}

/// A configuration whose values were checked and whose files were read.
pub(super) struct Plan {
    pub slot_ms: u64,
    pub start_unix_ms: u64,
    pub programs: Vec<ProgramImage>,
    pub airdrops: BTreeMap<Address, u64>,
}

impl Plan {
    /// Checks `config` and reads its program files. Ports are not looked at here.
    pub fn check(config: &LocalChainConfig) -> Result<Self, LocalChainError> {
        if config.slot_ms == 0 || config.slot_ms > LONGEST_SLOT_MS {
            return Err(LocalChainError::BadSlotTime { slot_ms: config.slot_ms, longest_ms: LONGEST_SLOT_MS });
        }
        let start_unix_ms = match config.start_time {
            Some(unix_seconds) => unix_ms(unix_seconds).ok_or(LocalChainError::BadStartTime { unix_seconds })?,
            None => now_unix_ms(),
        };
        let mut airdrops = BTreeMap::<Address, u64>::new();
        for &(address, lamports) in &config.airdrops {
            // Saturated, it is more than there is, which the chain refuses with the amount.
            let sum = airdrops.entry(address).or_default();
            *sum = sum.saturating_add(lamports);
        }
        Ok(Self {
            slot_ms: config.slot_ms,
            start_unix_ms,
            programs: config.programs.iter().map(ProgramFile::read).collect::<Result<_, _>>()?,
            airdrops,
        })
    }
}

/// Unix seconds as milliseconds, or `None` outside of 1970 to 9999.
pub(super) fn unix_ms(unix_seconds: i64) -> Option<u64> {
    (0..=LATEST_UNIX_SECONDS).contains(&unix_seconds).then(|| unix_seconds.unsigned_abs() * 1_000)
}

/// This machine's time, in Unix milliseconds. A machine set before 1970 counts as 1970.
fn now_unix_ms() -> u64 {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    since_1970.as_secs() * 1_000 + u64::from(since_1970.subsec_millis())
}
