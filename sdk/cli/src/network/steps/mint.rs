//! The network's own mint.

use anyhow::{Result, bail};
use solana_account::Account;
use solana_address::Address;
use solana_instruction::Instruction;
use trellis_client::{SPL_TOKEN_ID, TOKEN_2022_ID, instructions::token};

use crate::network::{
    NetworkPlan,
    step::{Comparison, Found, Step},
};

/// Size of a mint's account, and the place of its decimals.
const MINT_BYTES: usize = 82;
const DECIMALS: usize = 44;

pub struct MintStep<'a> {
    pub plan: &'a NetworkPlan,
}

impl Step for MintStep<'_> {
    fn name(&self) -> String {
        "mint".to_owned()
    }

    fn account(&self) -> Address {
        self.plan.mint
    }

    fn compare(&self, account: Option<&Account>) -> Result<Found> {
        let Some(account) = account else { return Ok(Found::Missing) };
        match account.data.get(DECIMALS) {
            Some(decimals) if [SPL_TOKEN_ID, TOKEN_2022_ID].contains(&account.owner) => {
                let comparison = Comparison::default()
                    .field("program", self.plan.token_program(), account.owner)
                    .field("decimals", self.plan.file.token.decimals, *decimals);
                Ok(comparison.found())
            }
            _ => bail!("there is no mint at {}, but an account of {}", self.plan.mint, account.owner),
        }
    }

    fn instructions(&self) -> Vec<Instruction> {
        let (creator, decimals) = (self.plan.creator, self.plan.file.token.decimals);
        vec![token::create_mint_of(creator, creator, self.plan.address, decimals, self.plan.token_program())]
    }

    fn new_account_bytes(&self) -> Vec<usize> {
        vec![MINT_BYTES]
    }
}
