//! The chain's clock, as programs read it: reading it over RPC, and moving it forward.

use std::time::{Duration, Instant};

use serde_json::json;

use super::{
    LATEST_UNIX_SECONDS,
    config::unix_ms,
    rpc::{RpcClient, RpcError},
};

/// Address of the Clock sysvar.
const CLOCK_ADDRESS: &str = "SysvarC1ock11111111111111111111111111111111";

/// How long the Clock may take to show the new time. The chain itself takes one block.
const ARRIVAL_TIMEOUT: Duration = Duration::from_secs(10);
const ARRIVAL_POLL: Duration = Duration::from_millis(10);

/// Why the clock was not read or moved.
#[derive(Debug, thiserror::Error)]
pub enum TimeTravelError {
    /// The time asked for is before the chain's.
    #[error(
        "the chain's clock shows {clock} and can't go back to {target} (Unix seconds): choose a \
         later time, or start a new chain at that time"
    )]
    Backwards { clock: i64, target: i64 },
    /// The time asked for is after the year 9999.
    #[error("the time {target} is out of range: give at most {LATEST_UNIX_SECONDS} (Unix seconds)")]
    TooLate { target: i64 },
    /// The clock was told to move and did not.
    #[error(
        "the chain's clock still shows {clock} instead of {target} (Unix seconds) after \
         {waited_seconds} s: the machine may be overloaded; try again"
    )]
    NotReached { clock: i64, target: i64, waited_seconds: u64 },
    /// The node did not answer, or refused.
    #[error(transparent)]
    Rpc(#[from] RpcError),
}

/// Reads the Clock sysvar's `unix_timestamp`, in seconds.
pub async fn clock_unix_seconds(rpc_url: &str) -> Result<i64, TimeTravelError> {
    Ok(read_clock(&RpcClient::new(rpc_url)?).await?)
}

/// Moves the chain's clock forward to `unix_seconds` and gives what it shows then: that time, or
/// a little more, since the clock goes on. Slots are skipped in proportion; blocks are not, so
/// block hashes taken before the travel stay good. A clock that shows that second already is left.
///
/// # Errors
/// [`TimeTravelError::Backwards`] if the clock shows a later second already; the clock is not
/// touched then.
pub async fn time_travel(rpc_url: &str, unix_seconds: i64) -> Result<i64, TimeTravelError> {
    travel(&RpcClient::new(rpc_url)?, unix_seconds, ARRIVAL_TIMEOUT).await
}

/// [`time_travel`], with the time that the Clock may take to arrive.
pub(super) async fn travel(client: &RpcClient, target: i64, timeout: Duration) -> Result<i64, TimeTravelError> {
    let clock = read_clock(client).await?;
    if target < clock {
        return Err(TimeTravelError::Backwards { clock, target });
    }
    if target == clock {
        return Ok(clock);
    }
    let target_ms = unix_ms(target).ok_or(TimeTravelError::TooLate { target })?;
    let travelled = client.call("surfnet_timeTravel", json!([{ "absoluteTimestamp": target_ms }])).await;
    // The node's own wait for its run loop is short, so a busy chain may report a failure and
    // travel all the same; and a clock close to the target may pass it by itself, which makes the
    // travel a refused one. The clock tells.
    let deadline = Instant::now() + timeout;
    loop {
        let clock = read_clock(client).await?;
        if clock >= target {
            return Ok(clock);
        }
        if Instant::now() >= deadline {
            travelled?;
            return Err(TimeTravelError::NotReached { clock, target, waited_seconds: timeout.as_secs() });
        }
        tokio::time::sleep(ARRIVAL_POLL).await;
    }
}

async fn read_clock(client: &RpcClient) -> Result<i64, RpcError> {
    const METHOD: &str = "getAccountInfo";
    let answer = client.call(METHOD, json!([CLOCK_ADDRESS, { "encoding": "jsonParsed" }])).await?;
    match answer["value"]["data"]["parsed"]["info"]["unixTimestamp"].as_i64() {
        Some(unix_seconds) => Ok(unix_seconds),
        None => Err(RpcError::Unexpected { method: METHOD, answer }),
    }
}
