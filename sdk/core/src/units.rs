//! Quantities that look alike and must not be mixed: each its own type, with checked arithmetic only.

use borsh::{BorshDeserialize, BorshSerialize};

macro_rules! unit {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize,
        )]
        pub struct $name(pub u64);

        impl $name {
            pub const ZERO: Self = Self(0);

            /// The bare number, for storage and display.
            #[inline]
            pub const fn get(self) -> u64 {
                self.0
            }

            /// `None` on overflow.
            #[inline]
            pub const fn checked_add(self, other: Self) -> Option<Self> {
                match self.0.checked_add(other.0) {
                    Some(sum) => Some(Self(sum)),
                    None => None,
                }
            }

            /// `None` where the result would be negative.
            #[inline]
            pub const fn checked_sub(self, other: Self) -> Option<Self> {
                match self.0.checked_sub(other.0) {
                    Some(difference) => Some(Self(difference)),
                    None => None,
                }
            }

            /// The sum of all items; `None` on overflow.
            pub fn checked_sum(items: impl IntoIterator<Item = Self>) -> Option<Self> {
                items.into_iter().try_fold(Self::ZERO, Self::checked_add)
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

unit! {
    /// Tokens, in the mint's smallest unit.
    ///
    /// ```compile_fail
    /// use trellis_core::{Amount, Points};
    /// let _ = Amount(1).checked_add(Points(1)); // units do not mix
    /// ```
    Amount
}
unit! {
    /// A device's or operator's score in one epoch. Tokens are shared out in proportion to points.
    Points
}
unit! {
    /// Electrical energy in watt-hours.
    WattHours
}
unit! {
    /// Number of an epoch: 0 begins at the network's genesis.
    Epoch
}

impl Epoch {
    /// The epoch after this one; `None` past the last that a u64 can number.
    #[inline]
    pub const fn next(self) -> Option<Self> {
        self.checked_add(Self(1))
    }
}
