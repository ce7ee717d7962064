//! What the programs say happened, one event for every change of state.
//!
//! [`events_in`] reads the logs of a transaction; with the feature `subscribe`, [`subscribe()`] tells a network's events as
//! they happen.

mod logs;
#[cfg(feature = "subscribe")]
mod subscription;

use anchor_lang::{BORSH_CONFIG, Discriminator, wincode::config::deserialize_exact};
use solana_address::Address;
pub use trellis_registry::event as registry;
pub use trellis_rewards::event as rewards;
/// Events of payments, which the rewards program emits too.
pub use trellis_rewards_claims::event as claims;
pub use trellis_staking::event as staking;
pub use trellis_token::event as token;

pub use logs::{Events, events_in};
#[cfg(feature = "subscribe")]
pub use subscription::{News, subscribe};

use crate::{REGISTRY_ID, REWARDS_ID, STAKING_ID, TOKEN_ID};

/// An event that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    #[error("program {program} said something that is no event of this version: {hex}", hex = hex(data))]
    Unknown { program: Address, data: Vec<u8> },
    #[error("{name} of program {program} has another form than in this version: {detail}")]
    Malformed { name: &'static str, program: Address, detail: String },
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().take(32).map(|byte| format!("{byte:02x}")).collect()
}

macro_rules! events {
    ($($(#[$doc:meta])* $kind:ident, $program:expr => { $($module:ident: $($name:ident),*;)* })*) => {
        /// An event of one of Trellis's programs.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Event {
            $($kind($kind),)*
        }

        $($(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum $kind {
            $($($name($module::$name),)*)*
        }

        $($(impl From<$module::$name> for Event {
            fn from(event: $module::$name) -> Self {
                Self::$kind($kind::$name(event))
            }
        })*)*)*

        impl Event {
            /// What `program` logged as `data`: eight bytes that name the event, then its fields. `None` if it is none of
            /// Trellis's programs.
            pub fn decode(program: &Address, data: &[u8]) -> Option<Result<Self, EventError>> {
                $(if *program == $program {
                    $($(if let Some(fields) = data.strip_prefix($module::$name::DISCRIMINATOR) {
                        let event = deserialize_exact::<$module::$name, _>(fields, BORSH_CONFIG);
                        return Some(event.map(Self::from).map_err(|error| EventError::Malformed {
                            name: stringify!($name),
                            program: *program,
                            detail: error.to_string(),
                        }));
                    })*)*
                    return Some(Err(EventError::Unknown { program: *program, data: data.to_vec() }));
                })*
                None
            }

            /// Its name, as the IDL has it.
            pub fn name(&self) -> &'static str {
                match self {
                    $(Self::$kind(event) => match event {
                        $($($kind::$name(_) => stringify!($name),)*)*
                    },)*
                }
            }
        }

        /// Every event, by program, as the IDLs have them.
        pub const NAMES: &[(Address, &[&str])] = &[$(($program, &[$($(stringify!($name)),*),*])),*];
    };
}

events! {
    /// An event of the registry.
    RegistryEvent, REGISTRY_ID => {
        registry: NetworkCreated, AuthorityProposed, AuthorityAccepted, NetworkUpdated, ClassCreated, ClassUpdated,
            OperatorRegistered, PayoutWalletSet, DeviceRegistered, DeviceMoved, DeviceTransferred, DeviceKeyChanged,
            KeyRecoveryRequested, KeyRecoveryCancelled, DeviceSuspended, SuspensionAppealed, DeviceReinstated,
            SuspensionCaseOpened, SuspensionVoted, SuspensionCaseClosed, DeviceRetired;
    }
    /// An event of the token program.
    TokenEvent, TOKEN_ID => {
        token: MintCreated, EmissionCreated, EpochsEmitted, TokensBurned;
    }
    /// An event of the rewards program.
    RewardsEvent, REWARDS_ID => {
        rewards: VaultCreated, VaultUpdated, VaultPaused, VaultUnpaused, VaultRetired, VaultSwept, OraclesSet, RootProposed,
            RootVoted, VoteWithdrawn, RootVetoed, RootFinalized, ProposalClosed, PageOpened;
        claims: Claimed, RangeClaimed;
    }
    /// An event of the staking program.
    StakingEvent, STAKING_ID => {
        staking: PoolCreated, PoolUpdated, OperatorStakeOpened, PositionOpened, Delegated, Unstaked, RedelegationCancelled,
            Withdrawn, Redelegated, RewardsDistributed, RewardsClaimed, SlashProposed, SlashVetoed, SlashExecuted, SlashClosed,
            PositionClosed;
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_event_of_the_idls_is_known_and_no_other() {
        let idls = [
            (REGISTRY_ID, include_str!("../../../idl/registry.json")),
            (TOKEN_ID, include_str!("../../../idl/token.json")),
            (REWARDS_ID, include_str!("../../../idl/rewards.json")),
            (STAKING_ID, include_str!("../../../idl/staking.json")),
        ];
        for ((program, names), (wanted_program, idl)) in NAMES.iter().zip(idls) {
            assert_eq!(*program, wanted_program);
            let idl: serde_json::Value = serde_json::from_str(idl).unwrap();
            let events = idl["events"].as_array().unwrap();
            let wanted: BTreeSet<&str> = events.iter().map(|event| event["name"].as_str().unwrap()).collect();
            assert_eq!(names.iter().copied().collect::<BTreeSet<_>>(), wanted, "{program}");
        }
    }
}
