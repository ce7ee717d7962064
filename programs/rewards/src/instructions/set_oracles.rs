use alloc::vec::Vec;

use alloc::boxed::Box;

use anchor_lang::prelude::*;
use trellis_registry_interface::state::Network;

use super::authority::require_vault_authority;
use crate::{constants::MAX_ORACLES, error::RewardsError, event::OraclesSet, state::Vault};

#[derive(AnchorSerialize, AnchorDeserialize, IdlType, Clone)]
pub struct OracleMember {
    pub oracle: Address,
    pub weight: u16,
}

/// The new set: those of the present one that are kept, with their weights and in their order, then the members here.
#[derive(AnchorSerialize, AnchorDeserialize, IdlType, Clone)]
pub struct SetOraclesArgs {
    /// Bit n: the present set's oracle n is kept.
    pub keep: u32,
    pub members: Vec<OracleMember>,
    /// Weight that approves a root: at least two thirds of all.
    pub threshold: u32,
}

#[derive(Accounts)]
pub struct SetOracles {
    pub authority: Signer,
    pub network: Box<Account<Network>>,
    #[account(mut)]
    pub vault: Box<Account<Vault>>,
}

impl SetOraclesArgs {
    /// The new set's members.
    fn members_after(self, vault: &Vault) -> Result<Vec<OracleMember>> {
        let present = usize::from(vault.oracle_count);
        let mut members = Vec::with_capacity(present + self.members.len());
        for position in (0..MAX_ORACLES).filter(|position| self.keep >> position & 1 == 1) {
            require!(position < present, RewardsError::UnknownKeptOracle);
            members.push(OracleMember { oracle: vault.oracles[position], weight: vault.weights[position] });
        }
        members.extend(self.members);
        Ok(members)
    }
}

/// Errors unless these members and this threshold make a set.
fn require_set(members: &[OracleMember], threshold: u32) -> Result<()> {
    require!((1..=MAX_ORACLES).contains(&members.len()), RewardsError::InvalidOracleCount);
    for (position, member) in members.iter().enumerate() {
        require!(member.oracle != Address::default(), RewardsError::ZeroOracle);
        require!(member.weight > 0, RewardsError::ZeroWeight);
        let listed_before = members[..position].iter().any(|other| other.oracle == member.oracle);
        require!(!listed_before, RewardsError::DuplicateOracle);
    }
    // 32 weights of 16 bits: far inside a u64.
    let total: u64 = members.iter().map(|member| u64::from(member.weight)).sum();
    let threshold = u64::from(threshold);
    require!(threshold * 3 >= total * 2 && threshold <= total, RewardsError::InvalidThreshold);
    Ok(())
}

impl SetOracles {
    #[inline(always)]
    pub fn set_oracles(&mut self, args: SetOraclesArgs) -> Result<()> {
        require_vault_authority(&self.network, &self.vault, &self.authority)?;
        let threshold = args.threshold;
        let members = args.members_after(&self.vault)?;
        require_set(&members, threshold)?;
        let address = *self.vault.address();
        let vault: &mut Vault = &mut self.vault;
        vault.oracles = [Address::default(); MAX_ORACLES];
        vault.weights = [0; MAX_ORACLES];
        for (position, member) in members.iter().enumerate() {
            vault.oracles[position] = member.oracle;
            vault.weights[position] = member.weight;
        }
        // At most 32.
        vault.oracle_count = members.len() as u8;
        vault.threshold = threshold;
        vault.set_version = vault.set_version.checked_add(1).ok_or(RewardsError::Overflow)?;
        vault.clear_votes();
        vault.invariant()?;
        emit!(OraclesSet { vault: address, set_version: vault.set_version, count: vault.oracle_count, threshold });
        Ok(())
    }
}
