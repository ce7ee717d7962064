//! The device, which recorder and sender share.

use std::sync::{Arc, Mutex, PoisonError};

use trellis_device::{Device, key::SoftwareKey, storage::FileStorage};

/// The agent's device: a key in memory, a queue in files.
pub type AgentDevice = Device<SoftwareKey, FileStorage>;

/// Clones are one device.
#[derive(Clone)]
pub struct SharedDevice(Arc<Mutex<AgentDevice>>);

impl SharedDevice {
    pub fn new(device: AgentDevice) -> Self {
        Self(Arc::new(Mutex::new(device)))
    }

    /// Does something with the device, where waiting for the disk holds up nothing else.
    pub async fn with<T: Send + 'static>(&self, work: impl FnOnce(&mut AgentDevice) -> T + Send + 'static) -> T {
        let device = Arc::clone(&self.0);
        let working =
            tokio::task::spawn_blocking(move || work(&mut device.lock().unwrap_or_else(PoisonError::into_inner)));
        match working.await {
            Ok(result) => result,
            // It panicked, or the runtime ends: so does this.
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => std::future::pending().await,
            },
        }
    }
}
