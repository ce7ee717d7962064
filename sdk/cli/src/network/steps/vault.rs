//! A reward vault.

use anyhow::Result;
use solana_account::Account;
use solana_address::Address;
use solana_instruction::Instruction;
use trellis_client::{
    accounts::{Vault, account_bytes, decode},
    instructions::rewards::{self, CreateVaultArgs},
};
use trellis_core::spl::ACCOUNT_BYTES;

use crate::network::{
    NetworkPlan,
    file::VaultFile,
    step::{Comparison, Found, Step},
};

pub struct VaultStep<'a> {
    pub plan: &'a NetworkPlan,
    pub vault: &'a VaultFile,
}

impl VaultStep<'_> {
    fn breaker_capacity(&self) -> u64 {
        self.vault.breaker_capacity.unwrap_or(self.vault.epoch_cap.saturating_mul(2))
    }

    fn breaker_window_seconds(&self) -> u32 {
        self.vault.breaker_window_seconds.unwrap_or(self.plan.calendar.epoch_seconds)
    }
}

impl Step for VaultStep<'_> {
    fn name(&self) -> String {
        format!("vault {} for mint {}", self.vault.pool, self.plan.mint_of(self.vault))
    }

    fn account(&self) -> Address {
        self.plan.address_of(self.vault)
    }

    fn compare(&self, account: Option<&Account>) -> Result<Found> {
        let Some(account) = account else { return Ok(Found::Missing) };
        let vault = decode::<Vault>(&self.account(), account)?;
        let comparison = Comparison::default()
            .field("guardian", self.plan.guardian, vault.guardian)
            .field("epoch_cap", self.vault.epoch_cap, vault.epoch_cap)
            .field("challenge_seconds", self.vault.challenge_seconds, vault.challenge_seconds)
            .field("breaker_capacity", self.breaker_capacity(), vault.breaker_capacity)
            .field("breaker_window_seconds", self.breaker_window_seconds(), vault.breaker_window_seconds);
        Ok(comparison.found())
    }

    fn instructions(&self) -> Vec<Instruction> {
        let args = CreateVaultArgs {
            pool: self.vault.pool,
            epoch_cap: self.vault.epoch_cap,
            challenge_seconds: self.vault.challenge_seconds,
            breaker_capacity: self.breaker_capacity(),
            breaker_window_seconds: self.breaker_window_seconds(),
        };
        let (creator, mint) = (self.plan.creator, self.plan.mint_of(self.vault));
        let token_program = self.plan.token_program_of(self.vault);
        vec![rewards::create_vault_of(creator, creator, self.plan.address, mint, token_program, args)]
    }

    fn new_account_bytes(&self) -> Vec<usize> {
        vec![account_bytes::<Vault>(), ACCOUNT_BYTES]
    }
}
