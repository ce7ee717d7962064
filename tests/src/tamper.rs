//! Instructions bent out of shape, as an attacker or a careless client would send them.

use solana_address::Address;
use solana_instruction::{AccountMeta, Instruction};

/// `to` stands wherever `from` stood.
pub fn swap(mut instruction: Instruction, from: Address, to: Address) -> Instruction {
    meta(&mut instruction, from);
    for account in &mut instruction.accounts {
        if account.pubkey == from {
            account.pubkey = to;
        }
    }
    instruction
}

/// `to` stands at `position`.
pub fn swap_at(mut instruction: Instruction, position: usize, to: Address) -> Instruction {
    instruction.accounts[position].pubkey = to;
    instruction
}

/// `address` does not sign.
pub fn unsign(mut instruction: Instruction, address: Address) -> Instruction {
    meta(&mut instruction, address).is_signer = false;
    instruction
}

/// `address` may not be written.
pub fn read_only(mut instruction: Instruction, address: Address) -> Instruction {
    meta(&mut instruction, address).is_writable = false;
    instruction
}

/// The last account is left out.
pub fn one_account_short(mut instruction: Instruction) -> Instruction {
    instruction.accounts.pop();
    instruction
}

/// The last byte of the data is left out.
pub fn one_byte_short(mut instruction: Instruction) -> Instruction {
    instruction.data.pop();
    instruction
}

#[track_caller]
fn meta(instruction: &mut Instruction, address: Address) -> &mut AccountMeta {
    match instruction.accounts.iter_mut().find(|account| account.pubkey == address) {
        Some(meta) => meta,
        None => panic!("the instruction does not name {address}"),
    }
}
