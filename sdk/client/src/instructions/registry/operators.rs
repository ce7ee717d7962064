//! Operators.

use solana_address::Address;
use solana_instruction::Instruction;
use trellis_registry::{accounts, instruction};

use super::SYSTEM_PROGRAM;
use crate::{REGISTRY_ID, addresses, instructions::build};

/// Signers: payer, wallet.
pub fn register_operator(payer: Address, wallet: Address, network: Address, payout_wallet: Address) -> Instruction {
    let operator = addresses::operator(&network, &wallet);
    build(
        REGISTRY_ID,
        accounts::RegisterOperator { payer, wallet, network, operator, system_program: SYSTEM_PROGRAM },
        instruction::RegisterOperator { payout_wallet },
    )
}

/// Counts from the next epoch on. Signer: wallet.
pub fn set_payout_wallet(wallet: Address, network: Address, payout_wallet: Address) -> Instruction {
    let operator = addresses::operator(&network, &wallet);
    build(
        REGISTRY_ID,
        accounts::SetPayoutWallet { wallet, network, operator },
        instruction::SetPayoutWallet { payout_wallet },
    )
}
