use alloc::boxed::Box;

use anchor_lang::prelude::*;
use trellis_core::pda;
use trellis_cpi::record;

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
    #[account(mut)]
    pub operator: UncheckedAccount,
    pub system_program: Program<System>,
}

impl RegisterOperator {
    #[inline(always)]
    pub fn register_operator(&mut self, payout_wallet: Address) -> Result<()> {
        require!(payout_wallet != Address::default(), RegistryError::ZeroAddress);
        self.network.require_open()?;
        let network_address = *self.network.address();
        let operator_address = *self.operator.address();
        let wallet = *self.wallet.address();
        let index = self.network.operator_count;
        self.network.operator_count = index.checked_add(1).ok_or(RegistryError::CounterExhausted)?;
        self.network.invariant()?;

        let seeds = [pda::OPERATOR, network_address.as_ref(), wallet.as_ref()];
        let (mut operator, bump) = record::create::<Operator>(&self.payer, &self.operator, &seeds)?;
        let operator: &mut Operator = &mut operator;
        operator.network = network_address;
        operator.wallet = wallet;
        operator.payout_wallet = payout_wallet;
        operator.index = index;
        operator.version = ACCOUNT_VERSION;
        operator.bump = bump;
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
