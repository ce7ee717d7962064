use anchor_lang::prelude::*;
use trellis_core::pda;
use trellis_cpi::record;

use crate::{clock, constants::*, error::RegistryError, event::NetworkCreated, state::Network};

#[derive(AnchorSerialize, AnchorDeserialize, IdlType, Clone)]
pub struct CreateNetworkArgs {
    /// 1 to 32 printable ASCII characters, so that no name looks like another; filled up with zero bytes.
    pub name: [u8; 32],
    pub guardian: Address,
    pub policy_hash: [u8; 32],
    /// Start of epoch 0, unix seconds.
    pub genesis_unix: i64,
    pub epoch_seconds: u32,
}

#[derive(Accounts)]
pub struct CreateNetwork {
    /// May be one of the other signers too.
    #[account(mut, unsafe(dup))]
    pub payer: Signer,
    /// Becomes the network's authority, and part of its address.
    pub creator: Signer,
    #[account(mut)]
    pub network: UncheckedAccount,
    pub system_program: Program<System>,
}

impl CreateNetworkArgs {
    fn validate(&self, now_unix: i64) -> Result<()> {
        let length = self.name.iter().position(|&byte| byte == 0).unwrap_or(self.name.len());
        let (text, rest) = self.name.split_at(length);
        require!(!text.is_empty(), RegistryError::InvalidName);
        require!(rest.iter().all(|&byte| byte == 0), RegistryError::InvalidName);
        require!(text.iter().all(|byte| matches!(byte, b' '..=b'~')), RegistryError::InvalidName);
        require!(
            (MIN_EPOCH_SECONDS..=MAX_EPOCH_SECONDS).contains(&self.epoch_seconds),
            RegistryError::InvalidEpochLength
        );
        let earliest = now_unix.saturating_sub(i64::from(self.epoch_seconds));
        let latest = now_unix.saturating_add(MAX_GENESIS_AHEAD_SECONDS);
        require!((earliest..=latest).contains(&self.genesis_unix), RegistryError::InvalidGenesis);
        require!(self.guardian != Address::default(), RegistryError::ZeroAddress);
        Ok(())
    }
}

impl CreateNetwork {
    #[inline(always)]
    pub fn create_network(&mut self, args: CreateNetworkArgs) -> Result<()> {
        args.validate(clock::now_unix()?)?;
        let creator = *self.creator.address();
        let address = *self.network.address();
        let seeds = [pda::NETWORK, creator.as_ref(), args.name.as_ref()];
        let (mut network, bump) = record::create::<Network>(&self.payer, &self.network, &seeds)?;
        let network: &mut Network = &mut network;
        network.authority = creator;
        network.guardian = args.guardian;
        network.creator = creator;
        network.name = args.name;
        network.policy_hash = args.policy_hash;
        network.genesis_unix = args.genesis_unix;
        network.epoch_seconds = args.epoch_seconds;
        network.version = ACCOUNT_VERSION;
        network.bump = bump;
        network.invariant()?;
        emit!(NetworkCreated {
            network: address,
            authority: creator,
            name: args.name,
            genesis_unix: args.genesis_unix,
            epoch_seconds: args.epoch_seconds,
            policy_hash: args.policy_hash,
        });
        Ok(())
    }
}
