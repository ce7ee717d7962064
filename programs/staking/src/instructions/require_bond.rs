use alloc::boxed::Box;

use anchor_lang::prelude::*;
use pinocchio::cpi::set_return_data;
use trellis_registry_interface::state::Operator;

use crate::{bond_met, error::StakingError, self_stake_of, state::OperatorStake};

#[derive(Accounts)]
pub struct RequireBond {
    pub operator: Box<Account<Operator>>,
    /// The operator's stake; this program's address if there is none.
    pub operator_stake: Option<Box<Account<OperatorStake>>>,
}

impl RequireBond {
    #[inline(always)]
    pub fn require_bond(&mut self) -> Result<()> {
        self.operator.invariant()?;
        let stake: Option<&OperatorStake> = match &self.operator_stake {
            Some(stake) => {
                stake.invariant()?;
                require!(stake.operator == *self.operator.address(), StakingError::WrongOperatorStake);
                Some(stake)
            }
            None => None,
        };
        require!(bond_met(&self.operator, stake), StakingError::BondNotMet);
        let mut figures = [0; 16];
        figures[..8].copy_from_slice(&self_stake_of(&self.operator, stake).get().to_le_bytes());
        figures[8..].copy_from_slice(&self.operator.required_bond.to_le_bytes());
        set_return_data(&figures);
        Ok(())
    }
}
