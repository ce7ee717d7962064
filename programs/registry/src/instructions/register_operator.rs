use alloc::boxed::Box;

use anchor_lang::prelude::*;
use trellis_core::pda;

use crate::{
    constants::ACCOUNT_VERSION,
    error::RegistryError,
    event::OperatorRegistered,
    state::{Network, Operator},
};

#[derive(Accounts)]
pub struct RegisterOperator {
    /// May be one of the other signers too.
    #[account(mut, unsafe(dup))]
    pub payer: Signer,
    pub wallet: Signer,
    #[account(mut)]
    pub network: Box<Account<Network>>,
    #[account(
        init,
        payer = payer,
        space = 8 + core::mem::size_of::<Operator>(),
        seeds = [pda::OPERATOR, network.address().as_ref(), wallet.address().as_ref()],
        bump
    )]
    pub operator: Box<Account<Operator>>,
    pub system_program: Program<System>,
}

impl RegisterOperator {
    #[inline(always)]
    pub fn register_operator(&mut self, payout_wallet: Address, bumps: &RegisterOperatorBumps) -> Result<()> {
        require!(payout_wallet != Address::default(), RegistryError::ZeroAddress);
        self.network.require_open()?;
        let network_address = *self.network.address();
        let operator_address = *self.operator.address();
        let wallet = *self.wallet.address();
        let index = self.network.operator_count;
        self.network.operator_count = index.checked_add(1).ok_or(RegistryError::CounterExhausted)?;
        self.network.invariant()?;

        let operator: &mut Operator = &mut self.operator;
        operator.network = network_address;
        operator.wallet = wallet;
        operator.payout_wallet = payout_wallet;
        operator.index = index;
        operator.version = ACCOUNT_VERSION;
        operator.bump = bumps.operator;
        operator.invariant()?;
        emit!(OperatorRegistered {
            network: network_address,
            operator: operator_address,
            wallet,
            payout_wallet,
            index,
        });
        Ok(())
    }
}
