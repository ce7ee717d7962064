//! How a transaction ended.

use std::fmt;

use litesvm::types::{FailedTransactionMetadata, TransactionMetadata};
use solana_instruction::error::InstructionError;
use solana_transaction_error::TransactionError;
use trellis_client::program_error::ProgramError;
use trellis_registry::error::RegistryError;
use trellis_rewards::error::RewardsError;
use trellis_staking::error::StakingError;
use trellis_token::error::TokenError;

/// Logs and compute units of a transaction that went through, or why it did not.
pub type Outcome = Result<TransactionMetadata, Failure>;

/// A transaction that failed, and so changed nothing but the fee payer's balance.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    pub error: TransactionError,
    pub metadata: Box<TransactionMetadata>,
}

impl From<FailedTransactionMetadata> for Failure {
    fn from(failed: FailedTransactionMetadata) -> Self {
        Self { error: failed.err, metadata: Box::new(failed.meta) }
    }
}

impl Failure {
    /// The failed instruction's error, if an instruction failed.
    pub fn instruction_error(&self) -> Option<&InstructionError> {
        match &self.error {
            TransactionError::InstructionError(_, error) => Some(error),
            _ => None,
        }
    }

    /// The program's own code, if it gave one.
    pub fn code(&self) -> Option<u32> {
        match self.instruction_error()? {
            InstructionError::Custom(code) => Some(*code),
            _ => None,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match ProgramError::from_transaction_error(&self.error) {
            Some(error) => writeln!(f, "{error}")?,
            None => writeln!(f, "{:?}", self.error)?,
        }
        self.metadata.logs.iter().try_for_each(|line| writeln!(f, "    {line}"))
    }
}

impl std::error::Error for Failure {}

/// Anything with a code that the chain reports: the programs' errors, and bare codes of other programs.
pub trait ProgramCode: fmt::Debug {
    fn code(&self) -> u32;
}

impl ProgramCode for RegistryError {
    fn code(&self) -> u32 {
        RegistryError::code(*self)
    }
}

impl ProgramCode for TokenError {
    fn code(&self) -> u32 {
        TokenError::code(*self)
    }
}

impl ProgramCode for RewardsError {
    fn code(&self) -> u32 {
        RewardsError::code(*self)
    }
}

impl ProgramCode for StakingError {
    fn code(&self) -> u32 {
        StakingError::code(*self)
    }
}

impl ProgramCode for u32 {
    fn code(&self) -> u32 {
        *self
    }
}

/// The transaction went through.
#[track_caller]
pub fn expect_success(outcome: Outcome) -> TransactionMetadata {
    match outcome {
        Ok(metadata) => metadata,
        Err(failure) => panic!("the transaction failed: {failure}"),
    }
}

#[track_caller]
fn expect_failure(outcome: Outcome, wanted: &dyn fmt::Debug) -> Failure {
    match outcome {
        Ok(_) => panic!("the transaction went through; {wanted:?} wanted"),
        Err(failure) => failure,
    }
}

/// A program refused the transaction with exactly this error.
#[track_caller]
pub fn assert_program_error(outcome: Outcome, wanted: impl ProgramCode) {
    let failure = expect_failure(outcome, &wanted);
    assert_eq!(failure.code(), Some(wanted.code()), "{wanted:?} wanted, but: {failure}");
}

/// An instruction failed with exactly this error of the framework, the runtime or another program.
#[track_caller]
pub fn assert_error(outcome: Outcome, wanted: InstructionError) {
    let failure = expect_failure(outcome, &wanted);
    assert_eq!(failure.instruction_error(), Some(&wanted), "{wanted:?} wanted, but: {failure}");
}

/// The transaction failed with exactly this error before any instruction ran, or in the instruction that it names.
#[track_caller]
pub fn assert_transaction_error(outcome: Outcome, wanted: TransactionError) {
    let failure = expect_failure(outcome, &wanted);
    assert_eq!(failure.error, wanted, "{wanted:?} wanted, but: {failure}");
}

/// The transaction went through, and `name`, the instruction in it, cost at most `limit` compute units.
#[track_caller]
pub fn assert_within_compute_units(name: &str, outcome: Outcome, limit: u64) {
    let units = expect_success(outcome).compute_units_consumed;
    println!("{name}: {units} compute units");
    assert!(units <= limit, "{name} cost {units} compute units; at most {limit} wanted");
}
