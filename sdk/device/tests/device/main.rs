//! A device from its meter to its receipts: over power losses at every byte, with keys of both kinds, in files.
#![allow(clippy::unwrap_used)]

mod answers;
mod files;
mod flash;
mod keys;
mod oracle;
mod power_loss;
mod queue;
mod recording;
