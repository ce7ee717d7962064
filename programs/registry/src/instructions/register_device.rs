use alloc::boxed::Box;

use anchor_lang::prelude::*;
use trellis_core::{device_key::DeviceKey, registration::Registration};

use crate::{
    ID, clock,
    error::RegistryError,
    proof::Proofs,
    registering,
    state::{DeviceClass, Network, Operator},
};

#[derive(AnchorSerialize, AnchorDeserialize, IdlType, Clone)]
pub struct RegisterDeviceArgs {
    /// Of the class's kind, filled up with a zero byte if it has 32.
    pub key: [u8; 33],
    /// The last second at which the signed message counts, at most a day from now; ignored if the key signs the
    /// transaction.
    pub valid_until_unix: i64,
}

#[derive(Accounts)]
pub struct RegisterDevice {
    /// May be one of the other signers too. Gets the rent back when the device is retired.
    #[account(mut, unsafe(dup))]
    pub payer: Signer,
    /// The operator's wallet.
    pub wallet: Signer,
    /// The device's own key, if it can sign a transaction: then its signature proves that the device holds it. The
    /// transaction names program, network, operator and class, so it registers this device here and nowhere else.
    /// Else this program's address, and a signature precompile's instruction right before this one proves it.
    pub device_key: Option<Signer>,
    /// Signs if the class names a maker; else this program's address.
    pub maker: Option<Signer>,
    #[account(mut)]
    pub network: Box<Account<Network>>,
    pub class: Box<Account<DeviceClass>>,
    #[account(mut)]
    pub operator: Box<Account<Operator>>,
    #[account(mut)]
    pub device: UncheckedAccount,
    /// The transaction's instructions.
    pub instructions: Sysvar<SysvarInstructions>,
    pub system_program: Program<System>,
}

impl RegisterDevice {
    fn require_held(&self, key: DeviceKey, valid_until_unix: i64) -> Result<()> {
        let registration = Registration {
            program: ID.to_bytes(),
            network: self.network.address().to_bytes(),
            operator: self.operator.address().to_bytes(),
            class: self.class.address().to_bytes(),
            key,
            valid_until_unix,
        };
        let proofs = Proofs {
            instructions: &self.instructions,
            message: &registration.message(),
            valid_until_unix,
            now_unix: clock::now_unix()?,
        };
        proofs.require_held(&key, self.device_key.as_ref(), 1)
    }

    #[inline(always)]
    pub fn register_device(&mut self, args: RegisterDeviceArgs) -> Result<()> {
        registering::validate(&self.network, &self.class, &self.operator, &self.wallet, self.maker.as_ref())?;
        let key = DeviceKey::from_padded(self.class.device_key_kind()?, &args.key).ok_or(RegistryError::InvalidKey)?;
        self.require_held(key, args.valid_until_unix)?;
        registering::write(&self.payer, &mut self.network, &self.class, &mut self.operator, &self.device, &key)
    }
}
