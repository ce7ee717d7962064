use alloc::boxed::Box;

use anchor_lang::prelude::*;
use trellis_core::pda;
use trellis_cpi::record;
use trellis_registry_interface::state::Network;

use crate::{
    constants::{ACCOUNT_VERSION, SLASH_EXECUTION_WINDOW_SECONDS, SLASH_OPEN},
    error::StakingError,
    event::SlashProposed,
    state::{OperatorStake, SlashProposal, StakePool},
};

#[derive(AnchorSerialize, AnchorDeserialize, IdlType, Clone)]
pub struct ProposeSlashArgs {
    /// Basis points of the operator's active and unbonding stake.
    pub bps: u16,
    /// Hash of the evidence, published by the authority.
    pub evidence_hash: [u8; 32],
}

#[derive(Accounts)]
pub struct ProposeSlash {
    /// May be the authority too.
    #[account(mut, unsafe(dup))]
    pub payer: Signer,
    pub authority: Signer,
    pub network: Box<Account<Network>>,
    pub pool: Box<Account<StakePool>>,
    #[account(mut)]
    pub operator_stake: Box<Account<OperatorStake>>,
    #[account(mut)]
    pub proposal: UncheckedAccount,
    pub system_program: Program<System>,
}

impl ProposeSlash {
    fn validate(&self, args: &ProposeSlashArgs) -> Result<()> {
        self.network.invariant()?;
        self.pool.invariant()?;
        require!(self.network.authority == *self.authority.address(), StakingError::NotAuthority);
        require!(self.pool.network == *self.network.address(), StakingError::WrongNetwork);
        require!(self.operator_stake.pool == *self.pool.address(), StakingError::WrongPool);
        require!(args.bps > 0 && args.bps <= self.pool.max_slash_bps_per_epoch, StakingError::InvalidSlashBps);
        require!(args.evidence_hash != [0; 32], StakingError::MissingEvidence);
        Ok(())
    }

    #[inline(always)]
    pub fn propose_slash(&mut self, args: ProposeSlashArgs) -> Result<()> {
        self.validate(&args)?;
        let pool = *self.pool.address();
        let operator_stake = *self.operator_stake.address();
        let (address, payer) = (*self.proposal.address(), *self.payer.address());
        let number = self.operator_stake.slash_count;
        self.operator_stake.slash_count = number.checked_add(1).ok_or(StakingError::Overflow)?;
        self.operator_stake.invariant()?;

        let delay = i64::from(self.pool.slash_delay_seconds);
        let effective_unix = Clock::get()?.unix_timestamp.checked_add(delay).ok_or(StakingError::Overflow)?;
        let window = i64::from(SLASH_EXECUTION_WINDOW_SECONDS);
        let seeds = [pda::SLASH_PROPOSAL, operator_stake.as_ref(), bytemuck::bytes_of(&number)];
        let (mut proposal, bump) = record::create::<SlashProposal>(&self.payer, &self.proposal, &seeds)?;
        let proposal: &mut SlashProposal = &mut proposal;
        proposal.pool = pool;
        proposal.operator_stake = operator_stake;
        proposal.payer = payer;
        proposal.evidence_hash = args.evidence_hash;
        proposal.effective_unix = effective_unix;
        proposal.expires_unix = effective_unix.checked_add(window).ok_or(StakingError::Overflow)?;
        proposal.number = number;
        proposal.bps = args.bps;
        proposal.status = SLASH_OPEN;
        proposal.version = ACCOUNT_VERSION;
        proposal.bump = bump;
        proposal.invariant()?;
        emit!(SlashProposed {
            operator_stake,
            proposal: address,
            evidence_hash: args.evidence_hash,
            bps: args.bps,
            effective_unix,
        });
        Ok(())
    }
}
