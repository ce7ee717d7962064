//! `trellis localnet`: runs a local chain with Trellis's programs until it is told to stop.

use std::{path::PathBuf, time::Duration};

use anyhow::bail;
use chrono::DateTime;
use serde_json::json;
use solana_address::Address;
use tokio::time::{MissedTickBehavior, interval};

use super::{StopSignal, Unusable};
use crate::{
    localnet::{
        DEFAULT_SLOT_MS, LocalChain, LocalChainConfig, LocalChainError, TRELLIS_PROGRAMS, deploy_dir, trellis_programs,
    },
    output,
};

const LAMPORTS_PER_SOL: u64 = 1_000_000_000;
/// Decimal places of an amount in SOL.
const SOL_DECIMALS: usize = 9;
/// How often the command looks whether the chain still runs.
const ALIVE_POLL: Duration = Duration::from_millis(500);

/// Runs a local chain with Trellis's programs in place, on 127.0.0.1 only.
#[derive(Clone, Debug, clap::Args)]
pub struct LocalnetArgs {
    /// Port of JSON-RPC; 0 picks a free one
    #[arg(long, default_value_t = 8899)]
    pub rpc_port: u16,

    /// Port of the websocket; 0 picks a free one
    #[arg(long, default_value_t = 8900)]
    pub ws_port: u16,

    /// Milliseconds between blocks
    #[arg(long, default_value_t = DEFAULT_SLOT_MS)]
    pub slot_ms: u64,

    /// What the chain's clock shows at first: Unix seconds, or RFC 3339 such as
    /// 2014-01-06T00:00:00Z; now if left out
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    pub start_time: Option<i64>,

    /// Start without Trellis's programs, as a cluster is before `trellis deploy`
    #[arg(long, conflicts_with_all = ["programs", "upgrade_authority"])]
    pub no_programs: bool,

    /// Folder of the built programs; the one that `cargo xtask build-sbf` writes if left out
    #[arg(long, value_name = "DIR")]
    pub programs: Option<PathBuf>,

    /// Who may upgrade the programs; no one if left out
    #[arg(long, value_name = "ADDRESS", default_value_t)]
    pub upgrade_authority: Address,

    /// A balance to give at the start, such as 7xKX...=2.5; may be repeated
    #[arg(long = "airdrop", value_name = "ADDRESS=SOL", value_parser = parse_airdrop)]
    pub airdrops: Vec<(Address, u64)>,
}

/// Starts the chain, prints where it is (one line of JSON if `json`), and waits for Ctrl-C or
/// SIGTERM, on which it stops the chain.
///
/// # Errors
/// The chain does not start, or ends by itself.
pub async fn run(args: &LocalnetArgs, json: bool) -> anyhow::Result<()> {
    // Before the start: from the first line of output on, a signal means a clean stop.
    let stop = StopSignal::listen()?;

    let config = args.config();
    let chain = tokio::task::spawn_blocking(move || LocalChain::start(config)).await?.map_err(refused)?;
    match json {
        true => output::result(args.describe(&chain))?,
        false => output::result(args.describe_in_words(&chain))?,
    }
    let outcome = wait(&chain, stop).await;
    tokio::task::spawn_blocking(move || chain.stop()).await?;
    outcome
}

/// Returns on a signal, or with an error when the chain has ended by itself.
async fn wait(chain: &LocalChain, mut stop: StopSignal) -> anyhow::Result<()> {
    let mut alive = interval(ALIVE_POLL);
    alive.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.wait() => return Ok(()),
            _ = alive.tick() => if !chain.is_running() {
                bail!("the local chain ended by itself: start it again");
            },
        }
    }
}

/// Tells what the arguments or files are to blame for from what went wrong in the chain.
pub(crate) fn refused(error: LocalChainError) -> anyhow::Error {
    match error {
        LocalChainError::NoFreePort { .. }
        | LocalChainError::ThreadDied { .. }
        | LocalChainError::StartTimedOut { .. } => error.into(),
        LocalChainError::PortBusy { .. }
        | LocalChainError::ProgramUnreadable { .. }
        | LocalChainError::ProgramEmpty { .. }
        | LocalChainError::ProgramNotElf { .. }
        | LocalChainError::ProgramRefused { .. }
        | LocalChainError::AirdropRefused { .. }
        | LocalChainError::BadStartTime { .. }
        | LocalChainError::BadSlotTime { .. } => Unusable(error.to_string()).into(),
    }
}

impl LocalnetArgs {
    fn config(&self) -> LocalChainConfig {
        LocalChainConfig {
            rpc_port: self.rpc_port,
            ws_port: self.ws_port,
            slot_ms: self.slot_ms,
            start_time: self.start_time,
            programs: match self.no_programs {
                true => Vec::new(),
                false => trellis_programs(self.programs.clone(), self.upgrade_authority),
            },
            airdrops: self.airdrops.clone(),
        }
    }

    fn program_dir(&self) -> PathBuf {
        self.programs.clone().unwrap_or_else(deploy_dir)
    }

    /// The programs that are there at the start.
    fn placed(&self) -> &'static [(&'static str, Address, &'static str)] {
        match self.no_programs {
            true => &[],
            false => &TRELLIS_PROGRAMS,
        }
    }

    fn describe(&self, chain: &LocalChain) -> serde_json::Value {
        let programs: serde_json::Map<_, _> =
            self.placed().iter().map(|&(name, id, _)| (name.to_owned(), json!(id.to_string()))).collect();
        json!({
            "rpc_url": chain.rpc_url(),
            "ws_url": chain.ws_url(),
            "slot_ms": self.slot_ms,
            "programs": programs,
            "pid": std::process::id(),
        })
    }

    fn describe_in_words(&self, chain: &LocalChain) -> String {
        let programs = self.placed().iter().map(|(name, id, _)| format!("  {name:<9}  {id}\n")).collect::<String>();
        let programs = match self.no_programs {
            true => "Without Trellis's programs: `trellis deploy` puts them there.\n".to_owned(),
            false => format!("Programs from {}:\n{programs}", self.program_dir().display()),
        };
        format!(
            "Local chain, a block every {} ms:\n  RPC        {}\n  websocket  {}\n{programs}\
             Stop it with Ctrl-C. Nothing of it is kept.",
            self.slot_ms,
            chain.rpc_url(),
            chain.ws_url(),
        )
    }
}

fn parse_time(text: &str) -> Result<i64, String> {
    if let Ok(unix_seconds) = text.parse() {
        return Ok(unix_seconds);
    }
    match DateTime::parse_from_rfc3339(text) {
        Ok(time) => Ok(time.timestamp()),
        Err(error) => Err(format!("neither Unix seconds nor RFC 3339 ({error}); write it like 2014-01-06T00:00:00Z")),
    }
}

pub(super) fn parse_airdrop(text: &str) -> Result<(Address, u64), String> {
    let (address, sol) = text.split_once('=').ok_or("write it as ADDRESS=SOL, such as 7xKX...=2.5")?;
    let address = address.parse().map_err(|error| format!("{address} is not an address ({error})"))?;
    let lamports =
        parse_sol(sol).ok_or_else(|| format!("{sol} is not an amount of SOL with up to 9 decimal places"))?;
    Ok((address, lamports))
}

/// An amount in SOL as lamports, exactly.
fn parse_sol(text: &str) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || fraction.len() > SOL_DECIMALS {
        return None;
    }
    let fraction: u64 = format!("{fraction:0<SOL_DECIMALS$}").parse().ok()?;
    let whole: u64 = whole.parse().ok()?;
    whole.checked_mul(LAMPORTS_PER_SOL)?.checked_add(fraction)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use trellis_client::REGISTRY_ID;

    use super::*;

    #[test]
    fn parse_time_with_unix_seconds_or_rfc3339_gives_unix_seconds() {
        assert_eq!(parse_time("1388966400"), Ok(1_388_966_400));
        assert_eq!(parse_time("2014-01-06T00:00:00Z"), Ok(1_388_966_400));
        assert_eq!(parse_time("2014-01-06T01:00:00+01:00"), Ok(1_388_966_400));
    }

    #[test]
    fn parse_time_with_a_date_alone_says_how_to_write_it() {
        let message = parse_time("2014-01-06").unwrap_err();
        assert!(message.contains("2014-01-06T00:00:00Z"), "{message}");
    }

    #[test]
    fn parse_sol_with_decimals_is_exact() {
        assert_eq!(parse_sol("2.5"), Some(2_500_000_000));
        assert_eq!(parse_sol("0.000000001"), Some(1));
        assert_eq!(parse_sol("18446744073.709551615"), Some(u64::MAX));
    }

    #[test]
    fn parse_sol_with_anything_else_is_none() {
        for text in ["", ".", "1.", ".5", "-1", "+1", "1e3", "1.0000000001", "18446744074"] {
            assert_eq!(parse_sol(text), None, "{text}");
        }
    }

    #[test]
    fn parse_airdrop_with_address_and_amount_gives_lamports() {
        let text = format!("{REGISTRY_ID}=1");
        assert_eq!(parse_airdrop(&text), Ok((REGISTRY_ID, LAMPORTS_PER_SOL)));
        for wrong in ["abc", "abc=1", &format!("{REGISTRY_ID}=x")] {
            assert!(parse_airdrop(wrong).is_err(), "{wrong}");
        }
    }
}
