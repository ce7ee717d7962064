//! Tables of instructions that must be refused, each with exactly one error.

use solana_address::Address;
use solana_instruction::{Instruction, error::InstructionError};
use solana_keypair::Keypair;
use solana_signer::Signer;

use crate::{
    outcome::{ProgramCode, assert_error},
    tamper::swap,
    world::World,
};

/// Anchor's code for an account that must be writable and is not.
pub const NOT_WRITABLE: InstructionError = InstructionError::Custom(2_000);
/// Anchor's code for a program's place taken by an account that is no program.
pub const NOT_EXECUTABLE: InstructionError = InstructionError::Custom(2_007);
/// Anchor's code for one account standing in two places, one of them writable.
pub const DUPLICATE_WRITABLE: InstructionError = InstructionError::Custom(2_040);
/// The system program's code for creating an account where there is one.
pub const ACCOUNT_IN_USE: InstructionError = InstructionError::Custom(0);

/// What Anchor answers when accounts are missing at the list's end.
#[allow(deprecated, reason = "the runtime still turns the programs' number into this variant")]
pub const TOO_FEW_ACCOUNTS: InstructionError = InstructionError::NotEnoughAccountKeys;

/// An instruction that is wrong in one way.
#[derive(Debug, Clone)]
pub struct Refusal {
    /// What is wrong.
    pub what: String,
    pub instruction: Instruction,
    pub error: InstructionError,
}

impl Refusal {
    pub fn new(what: impl Into<String>, instruction: Instruction, error: InstructionError) -> Self {
        Self { what: what.into(), instruction, error }
    }
}

/// A program's own error as the runtime reports it.
pub fn code(error: impl ProgramCode) -> InstructionError {
    InstructionError::Custom(error.code())
}

impl World {
    /// Every one of `refusals` fails with exactly its error, and `sound`, which they were bent from, still goes through
    /// afterwards. Each is signed by those of `signers` whose signature it still asks for.
    pub fn assert_refused(&mut self, sound: Instruction, signers: &[&Keypair], refusals: Vec<Refusal>) {
        assert!(!refusals.is_empty());
        for Refusal { what, instruction, error } in refusals {
            eprintln!("refused: {what}");
            let outcome = self.run_signed_by_those_named(instruction, signers);
            assert_error(outcome, error);
        }
        eprintln!("goes through: the sound instruction");
        crate::outcome::expect_success(self.run_signed_by_those_named(sound, signers));
    }

    fn run_signed_by_those_named(&mut self, instruction: Instruction, signers: &[&Keypair]) -> crate::Outcome {
        let signs = |key: Address| instruction.accounts.iter().any(|meta| meta.is_signer && meta.pubkey == key);
        let named: Vec<&Keypair> = signers.iter().copied().filter(|signer| signs(signer.pubkey())).collect();
        self.run(instruction, &named)
    }

    /// The ways in which the account of a program's type at `address` can be replaced by one that is not it: nothing,
    /// a wallet, the same bytes of another program, another type, a byte too few.
    pub fn impostors(&mut self, instruction: &Instruction, address: Address) -> Vec<Refusal> {
        // A writable account's size is looked at before its owner.
        let writable = instruction.accounts.iter().any(|meta| meta.pubkey == address && meta.is_writable);
        let nothing = self.some_address();
        let wallet = self.keypair().pubkey();
        let foreign = self.copy_elsewhere(address);
        self.edit_raw(foreign, |account| account.owner = solana_sdk_ids::system_program::ID);
        let other_type = self.copy_elsewhere(address);
        self.edit_raw(other_type, |account| account.data[..8].copy_from_slice(b"nonsense"));
        let short = self.copy_elsewhere(address);
        self.edit_raw(short, |account| account.data.truncate(account.data.len() - 1));
        let empty = |otherwise| if writable { InstructionError::AccountDataTooSmall } else { otherwise };
        let case = |what: &str, impostor, error| {
            Refusal::new(format!("{what} for {address}"), swap(instruction.clone(), address, impostor), error)
        };
        vec![
            case("nothing", nothing, empty(InstructionError::UninitializedAccount)),
            case("a wallet", wallet, empty(InstructionError::IllegalOwner)),
            case("another program's account", foreign, InstructionError::IllegalOwner),
            case("another type", other_type, InstructionError::InvalidAccountData),
            case("a byte too few", short, InstructionError::AccountDataTooSmall),
        ]
    }
}
