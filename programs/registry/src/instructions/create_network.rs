// Anchor's derive names the arguments in functions that do not use them.
#![allow(unused_variables)]

use alloc::boxed::Box;

use anchor_lang::prelude::*;
use trellis_core::pda;

use crate::{constants::*, error::RegistryError, event::NetworkCreated, state::Network};

#[derive(AnchorSerialize, AnchorDeserialize, IdlType, Clone)]
pub struct CreateNetworkArgs {
    /// 1 to 32 bytes of UTF-8, filled up with zero bytes.
    pub name: [u8; 32],
    pub guardian: Address,
    pub policy_hash: [u8; 32],
    /// Start of epoch 0, unix seconds.
    pub genesis_unix: i64,
    pub epoch_seconds: u32,
}

#[derive(Accounts)]
#[instruction(args: CreateNetworkArgs)]
pub struct CreateNetwork {
    /// May be one of the other signers too.
    #[account(mut, unsafe(dup))]
    pub payer: Signer,
    /// Becomes the network's authority, and part of its address.
    pub creator: Signer,
    #[account(
        init,
        payer = payer,
        space = 8 + core::mem::size_of::<Network>(),
        seeds = [pda::NETWORK, creator.address().as_ref(), args.name.as_ref()],
        bump
    )]
    pub network: Box<Account<Network>>,
    pub system_program: Program<System>,
}

impl CreateNetworkArgs {
    fn validate(&self, now_unix: i64) -> Result<()> {
        let length = self.name.iter().position(|&byte| byte == 0).unwrap_or(self.name.len());
        let (text, rest) = self.name.split_at(length);
        require!(!text.is_empty(), RegistryError::InvalidName);
        require!(rest.iter().all(|&byte| byte == 0), RegistryError::InvalidName);
        require!(core::str::from_utf8(text).is_ok(), RegistryError::InvalidName);
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
    pub fn create_network(&mut self, args: CreateNetworkArgs, bumps: &CreateNetworkBumps) -> Result<()> {
        args.validate(Clock::get()?.unix_timestamp)?;
        let creator = *self.creator.address();
        let address = *self.network.address();
        let network: &mut Network = &mut self.network;
        network.authority = creator;
        network.guardian = args.guardian;
        network.creator = creator;
        network.name = args.name;
        network.policy_hash = args.policy_hash;
        network.genesis_unix = args.genesis_unix;
        network.epoch_seconds = args.epoch_seconds;
        network.version = ACCOUNT_VERSION;
        network.bump = bumps.network;
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
