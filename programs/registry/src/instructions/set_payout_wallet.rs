use alloc::boxed::Box;

use anchor_lang::prelude::*;

use crate::{
    clock,
    error::RegistryError,
    event::PayoutWalletSet,
    state::{Network, Operator},
};

#[derive(Accounts)]
pub struct SetPayoutWallet {
    /// The operator's wallet: nobody else decides where an operator is paid.
    pub wallet: Signer,
    pub network: Box<Account<Network>>,
    #[account(mut)]
    pub operator: Box<Account<Operator>>,
}

impl SetPayoutWallet {
    #[inline(always)]
    pub fn set_payout_wallet(&mut self, payout_wallet: Address) -> Result<()> {
        self.network.invariant()?;
        require!(self.operator.network == *self.network.address(), RegistryError::WrongNetwork);
        require!(self.operator.wallet == *self.wallet.address(), RegistryError::NotOperatorWallet);
        require!(payout_wallet != Address::default(), RegistryError::ZeroAddress);
        let current = self.network.calendar().epoch_at(clock::now_unix()?);
        let operator_address = *self.operator.address();
        self.operator.schedule_payout_wallet(payout_wallet, current)?;
        self.operator.invariant()?;
        emit!(PayoutWalletSet {
            network: self.operator.network,
            operator: operator_address,
            payout_wallet,
            effective_epoch: self.operator.payout_effective_epoch,
        });
        Ok(())
    }
}
