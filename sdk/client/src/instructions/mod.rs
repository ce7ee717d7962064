//! A builder for every instruction. Addresses that can be derived are derived.

pub mod calls;
pub mod precompile;
pub mod registry;
pub mod rewards;
pub mod staking;
pub mod token;

use anchor_lang::{InstructionData, ToAccountMetas};
use solana_address::Address;
use solana_instruction::Instruction;

fn build(program_id: Address, accounts: impl ToAccountMetas, data: impl InstructionData) -> Instruction {
    Instruction { program_id, accounts: accounts.to_account_metas(None), data: data.data() }
}
