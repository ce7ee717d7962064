use alloc::boxed::Box;

use anchor_lang::prelude::*;
use trellis_core::{device_key::DeviceKey, registration::KeyChange};

use crate::{
    clock,
    constants::RECOVERY_DELAY_SECONDS,
    error::RegistryError,
    event::KeyRecoveryRequested,
    proof::Proofs,
    state::{Device, DeviceClass, Operator},
};

#[derive(AnchorSerialize, AnchorDeserialize, IdlType, Clone)]
pub struct RequestKeyRecoveryArgs {
    /// Of the kind of the device's key, filled up with a zero byte if it has 32.
    pub new_key: [u8; 33],
    /// The last second at which the signed message counts, at most a day from now; ignored if the key signs the
    /// transaction.
    pub valid_until_unix: i64,
}

#[derive(Accounts)]
pub struct RequestKeyRecovery {
    /// The operator's wallet.
    pub wallet: Signer,
    /// The maker that the class names: it knows which machine this is.
    pub maker: Signer,
    /// Signs if its key can; else this program's address, and a proof stands before this instruction.
    pub new_key: Option<Signer>,
    pub operator: Box<Account<Operator>>,
    pub class: Box<Account<DeviceClass>>,
    #[account(mut)]
    pub device: Box<Account<Device>>,
    /// The transaction's instructions.
    pub instructions: Sysvar<SysvarInstructions>,
}

impl RequestKeyRecovery {
    fn validate(&self) -> Result<()> {
        let (device, class) = (&self.device, &self.class);
        self.operator.invariant()?;
        class.invariant()?;
        require!(self.operator.wallet == *self.wallet.address(), RegistryError::NotOperatorWallet);
        require!(device.operator == *self.operator.address(), RegistryError::WrongOperator);
        require!(class.network == device.network, RegistryError::WrongNetwork);
        require!(class.index == device.class_index, RegistryError::WrongClass);
        require!(class.has_maker(), RegistryError::NoMaker);
        require!(class.maker == *self.maker.address(), RegistryError::WrongMaker);
        Ok(())
    }

    fn require_held(&self, new_key: DeviceKey, valid_until_unix: i64, now_unix: i64) -> Result<()> {
        let change = KeyChange {
            device: self.device.address().to_bytes(),
            operator: self.operator.address().to_bytes(),
            new_key,
            valid_until_unix,
        };
        let message = change.recovery_message();
        let proofs = Proofs { instructions: &self.instructions, message: &message, valid_until_unix, now_unix };
        proofs.require_held(&new_key, self.new_key.as_ref(), 1)
    }

    #[inline(always)]
    pub fn request_key_recovery(&mut self, args: RequestKeyRecoveryArgs) -> Result<()> {
        self.validate()?;
        let now_unix = clock::now_unix()?;
        let new_key = self.device.parse_key(&args.new_key)?;
        self.require_held(new_key, args.valid_until_unix, now_unix)?;
        let device_address = *self.device.address();
        let device: &mut Device = &mut self.device;
        device.recovery_key = new_key.padded();
        device.recovery_effective_unix = now_unix.saturating_add(RECOVERY_DELAY_SECONDS);
        device.invariant()?;
        emit!(KeyRecoveryRequested {
            network: device.network,
            device: device_address,
            new_key: device.recovery_key,
            effective_unix: device.recovery_effective_unix,
        });
        Ok(())
    }
}
