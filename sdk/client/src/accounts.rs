//! Typed reads of the programs' accounts.

use anchor_lang::{Discriminator, Owner};
use bytemuck::Pod;
use solana_account::ReadableAccount;
use solana_address::Address;
pub use trellis_registry::{
    constants::NO_LOCATION,
    state::{DEVICE_ACTIVE, DEVICE_SUSPENDED, Device, DeviceClass, Network, Operator, SuspensionCase},
};
pub use trellis_rewards::{
    constants::{KEPT_ROOTS, MAX_ORACLES},
    state::{ClaimPage, FinalRoot, RootProposal, Vault},
};
pub use trellis_staking::state::{OperatorStake, Position, SlashProposal, StakePool, UnbondingTicket};
pub use trellis_token::{
    constants::{MAX_EPOCHS_PER_CALL, RECENT_EPOCHS},
    state::Emission,
};

/// An account type of one of the programs: a fixed layout behind eight bytes of discriminator.
pub trait ProgramAccount: Pod + Owner + Discriminator {
    const NAME: &'static str;
}

macro_rules! program_accounts {
    ($($name:ident),*) => {
        $(impl ProgramAccount for $name {
            const NAME: &'static str = stringify!($name);
        })*
    };
}
program_accounts!(Network, DeviceClass, Operator, Device, SuspensionCase, Emission, Vault, RootProposal, ClaimPage);
program_accounts!(StakePool, OperatorStake, Position, UnbondingTicket, SlashProposal);

/// Why an account is not of the type asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    #[error("no {expected} at {address}: the account belongs to program {owner}, not to {program}")]
    WrongOwner { expected: &'static str, address: Address, owner: Address, program: Address },
    #[error("no {expected} at {address}: the account is of another type")]
    WrongType { expected: &'static str, address: Address },
    #[error("no {expected} at {address}: it has {actual} bytes, {wanted} wanted; is the program of another version?")]
    WrongSize { expected: &'static str, address: Address, actual: usize, wanted: usize },
}

/// Bytes of an account of type `T`.
pub const fn account_bytes<T>() -> usize {
    8 + core::mem::size_of::<T>()
}

/// Reads `account`, which lies at `address`, as a `T`: checks owner, type and size.
pub fn decode<T: ProgramAccount>(address: &Address, account: &impl ReadableAccount) -> Result<T, AccountError> {
    let (expected, address) = (T::NAME, *address);
    if *account.owner() != T::OWNER {
        return Err(AccountError::WrongOwner { expected, address, owner: *account.owner(), program: T::OWNER });
    }
    let data = account.data();
    if data.get(..8) != Some(T::DISCRIMINATOR) {
        return Err(AccountError::WrongType { expected, address });
    }
    let (actual, wanted) = (data.len(), account_bytes::<T>());
    let body = data.get(8..).filter(|_| actual == wanted);
    body.map(bytemuck::pod_read_unaligned).ok_or(AccountError::WrongSize { expected, address, actual, wanted })
}
