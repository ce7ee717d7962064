//! The token account that takes what the emission's shares leave.

use anyhow::Result;
use solana_account::Account;
use solana_address::Address;
use solana_instruction::Instruction;
use trellis_client::claims;
use trellis_core::spl::ACCOUNT_BYTES;

use crate::network::{
    NetworkPlan,
    file::TokenProgramFile,
    step::{Found, Step},
};

/// Size of an associated token account of Token-2022, which says besides that it cannot change hands.
const TOKEN_2022_ACCOUNT_BYTES: usize = 170;

pub struct TreasuryStep<'a> {
    pub plan: &'a NetworkPlan,
}

impl Step for TreasuryStep<'_> {
    fn name(&self) -> String {
        format!("treasury of {}", self.plan.treasury_wallet())
    }

    fn account(&self) -> Address {
        self.plan.treasury()
    }

    /// Mint and owner are part of an associated token account's address.
    fn compare(&self, account: Option<&Account>) -> Result<Found> {
        let is_open = account.is_some_and(|account| account.owner == self.plan.token_program());
        Ok(if is_open { Found::Done } else { Found::Missing })
    }

    fn instructions(&self) -> Vec<Instruction> {
        let (payer, wallet, mint) = (self.plan.creator, self.plan.treasury_wallet(), self.plan.mint);
        vec![claims::create_payout_account_of(&payer, &wallet, &mint, &self.plan.token_program())]
    }

    fn new_account_bytes(&self) -> Vec<usize> {
        match self.plan.file.token.program {
            TokenProgramFile::SplToken => vec![ACCOUNT_BYTES],
            TokenProgramFile::Token2022 => vec![TOKEN_2022_ACCOUNT_BYTES],
        }
    }
}
