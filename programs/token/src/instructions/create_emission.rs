use alloc::vec::Vec;

use anchor_lang::{AnchorAccount, prelude::*};
use anchor_spl::token_interface::{Mint, TokenAccount};
use trellis_core::{BPS, net_emission::Supply, pda};
use trellis_registry_interface::{constants::ACCOUNT_VERSION as NETWORK_VERSION, state::Network};

use crate::{
    constants::{ACCOUNT_VERSION, MAX_DESTINATIONS},
    error::TokenError,
    event::EmissionCreated,
    state::Emission,
};

/// See [`trellis_core::emission::Schedule`] and [`trellis_core::net_emission::Recycling`].
#[derive(AnchorSerialize, AnchorDeserialize, IdlType, Clone)]
pub struct CreateEmissionArgs {
    pub first_amount: u64,
    pub tail_amount: u64,
    pub cap: u64,
    /// Most of the burned that one epoch recycles.
    pub recycle_epoch_cap: u64,
    pub decay_every_epochs: u32,
    pub decay_bps: u16,
    /// The part of the burned that may be recycled.
    pub recycle_bps: u16,
    /// Of an epoch's amount, for each destination; the treasury takes the rest.
    pub shares_bps: Vec<u16>,
}

/// The destinations follow as further accounts, in the order of their shares.
#[derive(Accounts)]
pub struct CreateEmission {
    /// May be one of the other signers too.
    #[account(mut, unsafe(dup))]
    pub payer: Signer,
    pub authority: Signer,
    pub network: Account<Network>,
    #[account(seeds = [pda::MINT, network.address().as_ref()], bump)]
    pub mint: InterfaceAccount<Mint>,
    #[account(seeds = [pda::MINT_AUTHORITY, network.address().as_ref()], bump)]
    pub mint_authority: UncheckedAccount,
    /// Takes what the shares leave. It must stay open: while it or a destination is closed, nothing can be emitted.
    pub treasury: UncheckedAccount,
    #[account(
        init,
        payer = payer,
        space = 8 + core::mem::size_of::<Emission>(),
        seeds = [pda::EMISSION, network.address().as_ref()],
        bump
    )]
    pub emission: Account<Emission>,
    pub system_program: Program<System>,
}

impl CreateEmissionArgs {
    fn validate_shares(&self, destination_count: usize) -> Result<()> {
        let counts = (self.shares_bps.len(), destination_count <= MAX_DESTINATIONS);
        require!(counts == (destination_count, true), TokenError::InvalidDestinationCount);
        require!(self.shares_bps.iter().all(|&share_bps| share_bps > 0), TokenError::ZeroShare);
        // Six shares of 16 bits: far inside a u64.
        let sum_bps: u64 = self.shares_bps.iter().map(|&share_bps| u64::from(share_bps)).sum();
        require!(sum_bps <= BPS, TokenError::SharesAboveWhole);
        Ok(())
    }
}

impl CreateEmission {
    fn validate(&self, args: &CreateEmissionArgs, destinations: &[AccountView]) -> Result<()> {
        require!(self.network.version == NETWORK_VERSION, TokenError::UnknownVersion);
        require!(self.network.authority == *self.authority.address(), TokenError::NotAuthority);
        args.validate_shares(destinations.len())?;
        self.validate_destination(self.treasury.account())?;
        for (position, destination) in destinations.iter().enumerate() {
            self.validate_destination(destination)?;
            let mut before = destinations[..position].iter().chain([self.treasury.account()]);
            let twice = before.any(|other| other.address() == destination.address());
            require!(!twice, TokenError::DuplicateDestination);
        }
        Ok(())
    }

    /// An open token account of the mint and of its token program.
    fn validate_destination(&self, account: &AccountView) -> Result<()> {
        let invalid = |_| TokenError::InvalidDestination;
        require!(account.owned_by(&self.token_program()), TokenError::InvalidDestination);
        let token_account = InterfaceAccount::<TokenAccount>::load(*account).map_err(invalid)?;
        require!(*token_account.mint() == *self.mint.address(), TokenError::InvalidDestination);
        Ok(())
    }

    #[inline(always)]
    pub fn create_emission(
        &mut self,
        args: CreateEmissionArgs,
        destinations: &[AccountView],
        bumps: &CreateEmissionBumps,
    ) -> Result<()> {
        self.validate(&args, destinations)?;
        let (network, mint, treasury) =
            (*self.network.address(), *self.mint.address(), *self.treasury.account().address());
        let token_program = self.token_program();
        let emission: &mut Emission = &mut self.emission;
        emission.network = network;
        emission.mint = mint;
        emission.token_program = token_program;
        emission.treasury = treasury;
        for (position, (destination, share_bps)) in destinations.iter().zip(&args.shares_bps).enumerate() {
            emission.destinations[position] = *destination.address();
            emission.shares_bps[position] = *share_bps;
        }
        emission.destination_count = destinations.len() as u8;
        emission.genesis_unix = self.network.genesis_unix;
        emission.epoch_seconds = self.network.epoch_seconds;
        emission.version = ACCOUNT_VERSION;
        emission.bump = bumps.emission;
        emission.mint_authority_bump = bumps.mint_authority;
        set_schedule(emission, &args)?;
        emission.invariant()?;
        emit!(EmissionCreated {
            network,
            mint,
            treasury,
            destinations: destinations.iter().map(|destination| *destination.address()).collect(),
            shares_bps: args.shares_bps,
            first_amount: args.first_amount,
            cap: args.cap,
            recycle_bps: args.recycle_bps,
        });
        Ok(())
    }

    /// The program that the mint belongs to; loading it has checked that it is one of the two.
    fn token_program(&self) -> Address {
        match self.mint.account().owned_by(&Token::id()) {
            true => Token::id(),
            false => Token2022::id(),
        }
    }
}

fn set_schedule(emission: &mut Emission, args: &CreateEmissionArgs) -> Result<()> {
    emission.first_amount = args.first_amount;
    emission.tail_amount = args.tail_amount;
    emission.cap = args.cap;
    emission.recycle_epoch_cap = args.recycle_epoch_cap;
    emission.decay_every_epochs = args.decay_every_epochs;
    emission.decay_bps = args.decay_bps;
    emission.recycle_bps = args.recycle_bps;
    let schedule = emission.schedule();
    schedule.validate().map_err(TokenError::from)?;
    emission.recycling().validate().map_err(TokenError::from)?;
    emission.set_supply(Supply::start(&schedule));
    Ok(())
}
