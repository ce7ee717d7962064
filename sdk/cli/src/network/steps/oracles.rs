//! Who votes on a vault's roots.

use anyhow::Result;
use solana_account::Account;
use solana_address::Address;
use solana_instruction::Instruction;
use trellis_client::{
    accounts::{Vault, decode},
    instructions::rewards::{self, OracleMember, SetOraclesArgs},
};

use crate::network::{
    NetworkPlan,
    file::{OracleFile, VaultFile},
    step::{Comparison, Found, Step},
};

/// Members that one transaction has room for, with a fee payer that is not the authority.
const MEMBERS_AT_ONCE: usize = 16;

pub struct OraclesStep<'a> {
    pub plan: &'a NetworkPlan,
    pub vault: &'a VaultFile,
}

impl OraclesStep<'_> {
    /// Keeps the members whose bits are set in `keep`, and adds `members`.
    fn set(&self, keep: u32, members: &[OracleFile], threshold: u32) -> Instruction {
        let members = members.iter().map(|oracle| OracleMember { oracle: oracle.address, weight: oracle.weight });
        let args = SetOraclesArgs { keep, members: members.collect(), threshold };
        rewards::set_oracles(self.plan.creator, self.plan.address, self.account(), args)
    }

    /// Is this the first part of a large set, whose second part a failed run did not reach?
    fn is_first_part(&self, vault: &Vault) -> bool {
        let first = self.plan.file.oracles.members.split_at_checked(MEMBERS_AT_ONCE);
        first.is_some_and(|(first, rest)| {
            let set = vault.oracles.iter().zip(vault.weights).take(usize::from(vault.oracle_count));
            let wanted = first.iter().map(|oracle| (&oracle.address, oracle.weight));
            !rest.is_empty() && set.eq(wanted) && vault.threshold == all_of(first)
        })
    }
}

impl Step for OraclesStep<'_> {
    fn name(&self) -> String {
        format!("oracles of vault {} for mint {}", self.vault.pool, self.plan.mint_of(self.vault))
    }

    fn account(&self) -> Address {
        self.plan.address_of(self.vault)
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
        if self.is_first_part(&vault) {
            return Ok(Found::Missing);
        }
        // The set's order says nothing.
        file.sort();
        chain.sort();
        let comparison = Comparison::default().field("members", file.join(", "), chain.join(", ")).field(
            "threshold",
            wanted.threshold,
            vault.threshold,
        );
        Ok(comparison.found())
    }

    fn instructions(&self) -> Vec<Instruction> {
        let oracles = &self.plan.file.oracles;
        match oracles.members.split_at_checked(MEMBERS_AT_ONCE) {
            Some((first, rest)) if !rest.is_empty() => {
                let kept = (1u32 << first.len()) - 1;
                vec![self.set(0, first, all_of(first)), self.set(kept, rest, oracles.threshold)]
            }
            _ => vec![self.set(0, &oracles.members, oracles.threshold)],
        }
    }

    fn transactions(&self) -> Vec<Vec<Instruction>> {
        self.instructions().into_iter().map(|instruction| vec![instruction]).collect()
    }

    fn new_account_bytes(&self) -> Vec<usize> {
        Vec::new()
    }
}

fn member(oracle: &Address, weight: u16) -> String {
    format!("{oracle} (weight {weight})")
}

/// The whole weight: while a large set is half there, a root needs all of them.
fn all_of(members: &[OracleFile]) -> u32 {
    members.iter().map(|oracle| u32::from(oracle.weight)).sum()
}
