use anchor_lang::prelude::*;

/// The cluster's clock, unix seconds.
#[inline(never)]
pub fn now_unix() -> Result<i64> {
    Ok(Clock::get()?.unix_timestamp)
}
