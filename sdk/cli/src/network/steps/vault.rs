//! A reward vault.

use anyhow::Result;
use solana_account::Account;
use solana_address::Address;
use solana_instruction::Instruction;
use trellis_client::{
    accounts::{Vault, account_bytes, decode},
    addresses,
    instructions::rewards::{self, CreateVaultArgs},
};

use crate::network::{
    NetworkPlan,
    file::VaultFile,
    step::{Comparison, Found, Step},
};

/// Size of a token account.
const TOKEN_ACCOUNT_BYTES: usize = 165;

pub struct VaultStep<'a> {
    pub plan: &'a NetworkPlan,
    pub vault: &'a VaultFile,
}

impl Step for VaultStep<'_> {
    fn name(&self) -> String {
        format!("vault for mint {}", self.plan.mint_of(self.vault))
    }

    fn account(&self) -> Address {
        addresses::vault(&self.plan.address, &self.plan.mint_of(self.vault))
    }

    fn compare(&self, account: Option<&Account>) -> Result<Found> {
        let Some(account) = account else { return Ok(Found::Missing) };
        let vault = decode::<Vault>(&self.account(), account)?;
        let comparison = Comparison::default()
            .field("guardian", self.plan.guardian, vault.guardian)
            .field("epoch_cap", self.vault.epoch_cap, vault.epoch_cap)
            .field("challenge_seconds", self.vault.challenge_seconds, vault.challenge_seconds);
        Ok(comparison.found())
    }

    fn instructions(&self) -> Vec<Instruction> {
        let args = CreateVaultArgs { epoch_cap: self.vault.epoch_cap, challenge_seconds: self.vault.challenge_seconds };
        let creator = self.plan.creator;
        vec![rewards::create_vault(creator, creator, self.plan.address, self.plan.mint_of(self.vault), args)]
    }

    fn new_account_bytes(&self) -> Vec<usize> {
        vec![account_bytes::<Vault>(), TOKEN_ACCOUNT_BYTES]
    }
}
