//! The programs' error codes in words.

use core::fmt;

use solana_transaction_error::TransactionError;
use strum::VariantArray;
pub use trellis_registry::error::RegistryError;
pub use trellis_rewards::error::RewardsError;
pub use trellis_staking::error::StakingError;
pub use trellis_token::error::TokenError;

/// An error of one of Trellis's programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProgramError {
    Registry(RegistryError),
    Token(TokenError),
    Rewards(RewardsError),
    Staking(StakingError),
}

impl ProgramError {
    /// `None` if the code is not one of ours. The programs' codes do not overlap.
    pub fn from_code(code: u32) -> Option<Self> {
        let registry = RegistryError::VARIANTS.iter().find(|error| error.code() == code).map(|e| Self::Registry(*e));
        let token = || TokenError::VARIANTS.iter().find(|error| error.code() == code).map(|e| Self::Token(*e));
        let rewards = || RewardsError::VARIANTS.iter().find(|error| error.code() == code).map(|e| Self::Rewards(*e));
        let staking = || StakingError::VARIANTS.iter().find(|error| error.code() == code).map(|e| Self::Staking(*e));
        registry.or_else(token).or_else(rewards).or_else(staking)
    }

    /// The error that made a transaction fail, if it is one of ours.
    pub fn from_transaction_error(error: &TransactionError) -> Option<Self> {
        match error {
            TransactionError::InstructionError(_, solana_instruction::error::InstructionError::Custom(code)) => {
                Self::from_code(*code)
            }
            _ => None,
        }
    }

    pub fn code(&self) -> u32 {
        match self {
            Self::Registry(error) => error.code(),
            Self::Token(error) => error.code(),
            Self::Rewards(error) => error.code(),
            Self::Staking(error) => error.code(),
        }
    }
}

impl fmt::Display for ProgramError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Registry(error) => write!(f, "registry error {}: {error:?}", error.code()),
            Self::Token(error) => write!(f, "token error {}: {error:?}", error.code()),
            Self::Rewards(error) => write!(f, "rewards error {}: {error:?}", error.code()),
            Self::Staking(error) => write!(f, "staking error {}: {error:?}", error.code()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_code_is_found_again_and_none_is_used_twice() {
        let codes: Vec<u32> = RegistryError::VARIANTS
            .iter()
            .map(|e| e.code())
            .chain(TokenError::VARIANTS.iter().map(|e| e.code()))
            .chain(RewardsError::VARIANTS.iter().map(|e| e.code()))
            .chain(StakingError::VARIANTS.iter().map(|e| e.code()))
            .collect();
        assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), codes.len());
        for code in codes {
            assert_eq!(ProgramError::from_code(code).map(|error| error.code()), Some(code));
        }
        assert_eq!(ProgramError::from_code(6_199), None);
    }
}
