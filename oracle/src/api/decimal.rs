//! Amounts of tokens as decimal strings: above 2^53, a number in JSON loses digits in most readers.

use serde::{Serialize, Serializer};

/// An amount in the mint's smallest unit.
#[derive(Clone, Copy, Debug)]
pub struct Decimal(pub u64);

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}
