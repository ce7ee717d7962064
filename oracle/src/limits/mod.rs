//! How much anyone may send: devices of work that they signed, and client addresses of work that is refused.
//!
//! Nobody's limit loses anything: what is over it is to be sent again. Only what a device's key has signed is charged to
//! the device, so that nobody can use up another's allowance; what was refused is charged to the address that sent it,
//! because it cost work and led to nothing.

mod addresses;
mod buckets;
mod devices;

pub use addresses::{AddressLimit, ClientAddress};
pub use devices::{DeviceLimit, LockedDevices};

use std::time::Duration;

const NANOS_PER_MINUTE: u64 = 60_000_000_000;

/// So many a minute in the long run, and so many at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// 0: no limit.
    pub per_minute: u32,
    pub burst: u32,
}

impl Rate {
    /// Wait that is told where nothing better is known.
    pub const SOON_SECONDS: u32 = 1;
    pub const UNLIMITED: Self = Self { per_minute: 0, burst: 0 };

    /// Time that one uses up; `None` without a limit.
    fn increment(self) -> Option<u64> {
        NANOS_PER_MINUTE.checked_div(u64::from(self.per_minute))
    }

    /// How far ahead of the clock a bucket may be.
    fn tolerance(self) -> u64 {
        self.increment().unwrap_or(0).saturating_mul(u64::from(self.burst.max(1)))
    }

    /// Is there room for one that uses up `increment` in a bucket that is `ahead` of the clock? If not: after how many
    /// seconds there is.
    fn room(self, ahead: u64, increment: u64) -> Result<(), u32> {
        let over = ahead.saturating_add(increment).saturating_sub(self.tolerance());
        if over == 0 { Ok(()) } else { Err(seconds(over)) }
    }
}

/// Whole seconds, rounded up, at least one.
fn seconds(nanos: u64) -> u32 {
    u32::try_from(Duration::from_nanos(nanos).as_millis().div_ceil(1_000)).unwrap_or(u32::MAX).max(1)
}
