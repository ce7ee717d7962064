use anchor_lang::prelude::*;
use trellis_registry_interface::state::Network;

use crate::{
    constants::{MAX_ORACLES, ORACLE_SLOTS},
    error::RewardsError,
    event::OraclesSet,
    state::Vault,
};

#[derive(AnchorSerialize, AnchorDeserialize, IdlType, Clone)]
pub struct OracleMember {
    pub oracle: Address,
    pub weight: u16,
}

#[derive(AnchorSerialize, AnchorDeserialize, IdlType, Clone)]
pub struct SetOraclesArgs {
    /// 1 to 24, each once.
    pub members: alloc::vec::Vec<OracleMember>,
    /// Weight that approves a root: at least two thirds of all.
    pub threshold: u32,
}

#[derive(Accounts)]
pub struct SetOracles {
    pub authority: Signer,
    pub network: Account<Network>,
    #[account(mut)]
    pub vault: Account<Vault>,
}

impl SetOraclesArgs {
    fn validate(&self) -> Result<()> {
        require!((1..=MAX_ORACLES).contains(&self.members.len()), RewardsError::InvalidOracleCount);
        for (position, member) in self.members.iter().enumerate() {
            require!(member.oracle != Address::default(), RewardsError::ZeroOracle);
            require!(member.weight > 0, RewardsError::ZeroWeight);
            let listed_before = self.members[..position].iter().any(|other| other.oracle == member.oracle);
            require!(!listed_before, RewardsError::DuplicateOracle);
        }
        // 24 weights of 16 bits: far inside a u64.
        let total: u64 = self.members.iter().map(|member| u64::from(member.weight)).sum();
        let threshold = u64::from(self.threshold);
        require!(threshold * 3 >= total * 2 && threshold <= total, RewardsError::InvalidThreshold);
        Ok(())
    }
}

impl SetOracles {
    #[inline(always)]
    pub fn set_oracles(&mut self, args: SetOraclesArgs) -> Result<()> {
        require!(self.network.authority == *self.authority.address(), RewardsError::NotAuthority);
        require!(self.vault.network == *self.network.address(), RewardsError::WrongNetwork);
        args.validate()?;
        let address = *self.vault.address();
        let vault = &mut self.vault;
        vault.oracles = [Address::default(); ORACLE_SLOTS];
        vault.weights = [0; ORACLE_SLOTS];
        for (position, member) in args.members.iter().enumerate() {
            vault.oracles[position] = member.oracle;
            vault.weights[position] = member.weight;
        }
        vault.oracle_count = args.members.len() as u8;
        vault.threshold = args.threshold;
        vault.set_version = vault.set_version.checked_add(1).ok_or(RewardsError::Overflow)?;
        vault.invariant()?;
        emit!(OraclesSet {
            vault: address,
            set_version: vault.set_version,
            count: vault.oracle_count,
            threshold: args.threshold,
        });
        Ok(())
    }
}
