use alloc::boxed::Box;

use anchor_lang::prelude::*;
use trellis_core::{device_key::DeviceKey, registration::KeyChange};

use crate::{
    clock,
    error::RegistryError,
    proof::Proofs,
    rekeying,
    state::{Device, Network, Operator},
};

#[derive(AnchorSerialize, AnchorDeserialize, IdlType, Clone)]
pub struct RotateKeyArgs {
    /// Of the kind of the device's key, filled up with a zero byte if it has 32.
    pub new_key: [u8; 33],
    /// The last second at which signed messages count, at most a day from now; ignored if both keys sign the transaction.
    pub valid_until_unix: i64,
}

#[derive(Accounts)]
pub struct RotateKey {
    /// May be one of the other signers too. Pays for the new account.
    #[account(mut, unsafe(dup))]
    pub payer: Signer,
    /// The operator's wallet.
    pub wallet: Signer,
    /// Signs if its key can; else this program's address, and a proof stands before this instruction.
    pub old_key: Option<Signer>,
    /// Likewise. With two proofs, the old key's comes first.
    pub new_key: Option<Signer>,
    #[account(mut)]
    pub network: Box<Account<Network>>,
    pub operator: Box<Account<Operator>>,
    #[account(mut, close = rent_payer)]
    pub device: Box<Account<Device>>,
    #[account(mut)]
    pub new_device: UncheckedAccount,
    /// Whoever paid for the old account gets its rent back.
    #[account(mut, unsafe(dup))]
    pub rent_payer: UncheckedAccount,
    /// The transaction's instructions.
    pub instructions: Sysvar<SysvarInstructions>,
    pub system_program: Program<System>,
}

impl RotateKey {
    fn validate(&self) -> Result<()> {
        let device = &self.device;
        device.invariant()?;
        self.operator.invariant()?;
        require!(device.network == *self.network.address(), RegistryError::WrongNetwork);
        require!(self.operator.wallet == *self.wallet.address(), RegistryError::NotOperatorWallet);
        require!(device.operator == *self.operator.address(), RegistryError::WrongOperator);
        require!(device.rent_payer == *self.rent_payer.address(), RegistryError::WrongRentPayer);
        Ok(())
    }

    fn require_held(&self, new_key: DeviceKey, valid_until_unix: i64) -> Result<()> {
        let change = KeyChange {
            device: self.device.address().to_bytes(),
            operator: self.operator.address().to_bytes(),
            new_key,
            valid_until_unix,
        };
        let proofs = Proofs {
            instructions: &self.instructions,
            message: &change.rotation_message(),
            valid_until_unix,
            now_unix: clock::now_unix()?,
        };
        let old_key = self.device.parse_key(&self.device.key)?;
        let old_place = if self.new_key.is_some() { 1 } else { 2 };
        proofs.require_held(&old_key, self.old_key.as_ref(), old_place)?;
        proofs.require_held(&new_key, self.new_key.as_ref(), 1)
    }

    #[inline(always)]
    pub fn rotate_key(&mut self, args: RotateKeyArgs) -> Result<()> {
        self.validate()?;
        let new_key = self.device.parse_key(&args.new_key)?;
        self.require_held(new_key, args.valid_until_unix)?;
        rekeying::move_device(&self.payer, &mut self.network, &self.device, &self.new_device, &new_key)
    }
}
