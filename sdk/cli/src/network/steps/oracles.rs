//! Who votes on a vault's roots.

use anyhow::Result;
use solana_account::Account;
use solana_address::Address;
use solana_instruction::Instruction;
use trellis_client::{
    accounts::{Vault, decode},
    addresses,
    instructions::rewards::{self, OracleMember, SetOraclesArgs},
};

use crate::network::{
    NetworkPlan,
    file::VaultFile,
    step::{Comparison, Found, Step},
};

pub struct OraclesStep<'a> {
    pub plan: &'a NetworkPlan,
    pub vault: &'a VaultFile,
}

impl Step for OraclesStep<'_> {
    fn name(&self) -> String {
        format!("oracles of the vault for mint {}", self.plan.mint_of(self.vault))
    }

    fn account(&self) -> Address {
        addresses::vault(&self.plan.address, &self.plan.mint_of(self.vault))
    }

    fn compare(&self, account: Option<&Account>) -> Result<Found> {
        let Some(account) = account else { return Ok(Found::Missing) };
        let vault = decode::<Vault>(&self.account(), account)?;
        let count = usize::from(vault.oracle_count);
        if count == 0 {
            return Ok(Found::Missing);
        }
        let mut chain: Vec<String> = vault
            .oracles
            .iter()
            .zip(vault.weights)
            .take(count)
            .map(|(oracle, weight)| member(oracle, weight))
            .collect();
        let wanted = &self.plan.file.oracles;
        let mut file: Vec<String> =
            wanted.members.iter().map(|oracle| member(&oracle.address, oracle.weight)).collect();
        // The set's order says nothing.
        (file.sort(), chain.sort());
        let comparison = Comparison::default().field("members", file.join(", "), chain.join(", ")).field(
            "threshold",
            wanted.threshold,
            vault.threshold,
        );
        Ok(comparison.found())
    }

    fn instructions(&self) -> Vec<Instruction> {
        let oracles = &self.plan.file.oracles;
        let members =
            oracles.members.iter().map(|oracle| OracleMember { oracle: oracle.address, weight: oracle.weight });
        let args = SetOraclesArgs { members: members.collect(), threshold: oracles.threshold };
        vec![rewards::set_oracles(self.plan.creator, self.plan.address, self.account(), args)]
    }

    fn new_account_bytes(&self) -> Vec<usize> {
        Vec::new()
    }
}

fn member(oracle: &Address, weight: u16) -> String {
    format!("{oracle} (weight {weight})")
}
