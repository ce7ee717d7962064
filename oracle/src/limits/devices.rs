//! What each device may hand in.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use trellis_core::DeviceKey;

use super::{Rate, buckets::Buckets};

/// The allowance of each device. Clones share it.
///
/// Only registered devices that have signed something have a bucket, so there are never more than devices.
#[derive(Clone)]
pub struct DeviceLimit(Arc<Mutex<Buckets<DeviceKey>>>);

/// For several attestations at one moment.
pub struct LockedDevices<'a> {
    buckets: MutexGuard<'a, Buckets<DeviceKey>>,
    now: Instant,
}

impl DeviceLimit {
    pub fn new(rate: Rate) -> Self {
        Self(Arc::new(Mutex::new(Buckets::new(rate, usize::MAX))))
    }

    pub fn lock(&self) -> LockedDevices<'_> {
        // Each change is one number's, so whoever panicked left nothing half done.
        LockedDevices { buckets: self.0.lock().unwrap_or_else(PoisonError::into_inner), now: Instant::now() }
    }
}

impl LockedDevices<'_> {
    /// Charges one attestation, or says after how many seconds it may be sent again.
    pub fn take(&mut self, device: &DeviceKey) -> Result<(), u32> {
        self.buckets.take(device, self.now)
    }

    /// One that was charged was none of the device's own sending.
    pub fn give_back(&mut self, device: &DeviceKey) {
        self.buckets.give_back(device);
    }
}
