//! What a step is.

use std::fmt::Display;

use anyhow::Result;
use solana_account::Account;
use solana_address::Address;
use solana_instruction::Instruction;

/// One account of a network: how it is looked at, compared with the file, and made.
///
/// To add one: a file in [`steps`](super::steps), and a line in [`NetworkPlan::steps`](super::NetworkPlan::steps).
pub trait Step {
    /// Such as `class 0`.
    fn name(&self) -> String;

    /// The account that shows whether the step is done.
    fn account(&self) -> Address;

    /// Compares what lies at [`Step::account`] with the file.
    ///
    /// # Errors
    /// Something of another kind is there.
    fn compare(&self, account: Option<&Account>) -> Result<Found>;

    /// What does the step. The network's authority signs, and pays.
    fn instructions(&self) -> Vec<Instruction>;

    /// The same as transactions, in order: one, but where that has no room.
    fn transactions(&self) -> Vec<Vec<Instruction>> {
        vec![self.instructions()]
    }

    /// Sizes of the accounts that are created, whose rent is to be paid.
    fn new_account_bytes(&self) -> Vec<usize>;
}

/// What there is of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    Missing,
    /// Just as the file wants it.
    Done,
    /// There, but not as the file wants it.
    Differs(Vec<Difference>),
}

/// A field that is not on the chain what it is in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    pub field: &'static str,
    pub file: String,
    pub chain: String,
}

impl Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} is {} in the file and {} on the chain", self.field, self.file, self.chain)
    }
}

/// Compares field by field.
#[derive(Debug, Default)]
pub struct Comparison {
    differences: Vec<Difference>,
}

impl Comparison {
    /// `field` is the file's name for it.
    pub fn field<T: PartialEq + Display>(mut self, field: &'static str, file: T, chain: T) -> Self {
        if file != chain {
            self.differences.push(Difference { field, file: file.to_string(), chain: chain.to_string() });
        }
        self
    }

    pub fn found(self) -> Found {
        match self.differences.is_empty() {
            true => Found::Done,
            false => Found::Differs(self.differences),
        }
    }
}
