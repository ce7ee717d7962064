//! Where the queue lies: flash, or anything like it.

#[cfg(feature = "std")]
mod file;

#[cfg(feature = "std")]
pub use file::{FileStorage, FileStorageError};

/// What is written at a time begins at a multiple of this and is as long as one: enough for the flash words of usual
/// microcontrollers, each of which can be written once after an erasure.
pub const WRITE_BYTES: usize = 32;
/// What reads where nothing was written since the erasure.
pub const ERASED: u8 = 0xff;

/// One of the storage's two halves. While one is rewritten, the other holds everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bank {
    A,
    B,
}

impl Bank {
    pub const BOTH: [Self; 2] = [Self::A, Self::B];

    pub const fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }
}

/// Two banks that are only ever appended to and erased as a whole.
///
/// A power loss may leave of what was not synced any part of the bytes, and of an erasure any part erased. It never
/// touches what was synced before.
pub trait Storage {
    type Error: core::fmt::Debug + core::fmt::Display;

    /// Size of each bank: a multiple of [`WRITE_BYTES`].
    fn bank_bytes(&self) -> u32;

    /// Nothing was written at or after this offset since the erasure. Flash that cannot tell says the bank's size.
    fn written_bytes(&mut self, bank: Bank) -> Result<u32, Self::Error>;

    /// Fills `into` with what lies from `offset` on, and with [`ERASED`] where nothing was written.
    fn read(&mut self, bank: Bank, offset: u32, into: &mut [u8]) -> Result<(), Self::Error>;

    /// Writes `bytes` at `offset`, where nothing was written since the erasure, nor behind it.
    fn append(&mut self, bank: Bank, offset: u32, bytes: &[u8]) -> Result<(), Self::Error>;

    /// Returns when everything in the bank survives a power loss.
    fn sync(&mut self, bank: Bank) -> Result<(), Self::Error>;

    /// Returns when all of the bank is erased, and stays so after a power loss.
    fn erase(&mut self, bank: Bank) -> Result<(), Self::Error>;
}
