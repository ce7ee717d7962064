// Anchor's derive names the arguments in functions that do not use them.
#![allow(unused_variables)]

use alloc::boxed::Box;

use anchor_lang::prelude::*;
use trellis_core::{device_key::DeviceKey, pda, registration::Registration};

use crate::{
    ID,
    error::RegistryError,
    proof::{Proofs, key_seed},
    registering,
    state::{Device, DeviceClass, Network, Operator},
};

#[derive(AnchorSerialize, AnchorDeserialize, IdlType, Clone)]
pub struct RegisterDeviceByProofArgs {
    /// Of the class's kind, filled up with a zero byte if it has 32.
    pub key: [u8; 33],
    /// The last second at which the signed message counts; at most a day from now.
    pub valid_until_unix: i64,
}

#[derive(Accounts)]
#[instruction(args: RegisterDeviceByProofArgs)]
pub struct RegisterDeviceByProof {
    /// May be one of the other signers too. Gets the rent back when the device is retired.
    #[account(mut, unsafe(dup))]
    pub payer: Signer,
    /// The operator's wallet.
    pub wallet: Signer,
    /// Signs if the class names a maker; else this program's address.
    pub maker: Option<Signer>,
    #[account(mut)]
    pub network: Box<Account<Network>>,
    pub class: Box<Account<DeviceClass>>,
    #[account(mut)]
    pub operator: Box<Account<Operator>>,
    #[account(
        init,
        payer = payer,
        space = 8 + core::mem::size_of::<Device>(),
        seeds = [pda::DEVICE, network.address().as_ref(), key_seed(class.key_kind, &args.key)],
        bump
    )]
    pub device: Box<Account<Device>>,
    /// The transaction's instructions: the one before this proves that the device holds its key.
    pub instructions: Sysvar<SysvarInstructions>,
    pub system_program: Program<System>,
}

impl RegisterDeviceByProof {
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
            now_unix: Clock::get()?.unix_timestamp,
        };
        proofs.require_held(&key, None, 1)
    }

    #[inline(always)]
    pub fn register_device_by_proof(
        &mut self,
        args: RegisterDeviceByProofArgs,
        bumps: &RegisterDeviceByProofBumps,
    ) -> Result<()> {
        registering::validate(&self.network, &self.class, &self.operator, &self.wallet, self.maker.as_ref())?;
        let key = DeviceKey::from_padded(self.class.device_key_kind()?, &args.key).ok_or(RegistryError::InvalidKey)?;
        self.require_held(key, args.valid_until_unix)?;
        let payer = *self.payer.address();
        registering::write(
            &mut self.network,
            &self.class,
            &mut self.operator,
            &mut self.device,
            &key,
            payer,
            bumps.device,
        )
    }
}
