use alloc::vec::Vec;

use anchor_lang::prelude::*;
use pinocchio::cpi::{Seed, Signer as CpiSigner};
use trellis_core::{Amount, Epoch, pda, shares};

use crate::{
    constants::{MAX_DESTINATIONS, MAX_EPOCHS_PER_CALL},
    error::TokenError,
    event::EpochsEmitted,
    spl::TokenMint,
    state::Emission,
};

/// The destinations follow as further accounts, in the emission's order.
#[derive(Accounts)]
pub struct EmitEpochs {
    #[account(mut)]
    pub emission: Account<Emission>,
    /// Checked against the emission; left unloaded so that the token program can borrow it.
    #[account(mut)]
    pub mint: UncheckedAccount,
    /// Checked by the token program: nobody else can sign for minting.
    pub mint_authority: UncheckedAccount,
    /// Checked against the emission; left unloaded so that the token program can borrow it.
    #[account(mut)]
    pub treasury: UncheckedAccount,
    /// Checked against the emission.
    pub token_program: UncheckedAccount,
}

/// What a call mints, by who receives it.
struct Split {
    treasury: Amount,
    destinations: [Amount; MAX_DESTINATIONS],
}

impl EmitEpochs {
    fn validate(&self, first: Epoch, count: u8, now_unix: i64, destinations: &[AccountView]) -> Result<()> {
        let emission = &self.emission;
        require!(emission.mint == *self.mint.address(), TokenError::WrongMint);
        require!(emission.token_program == *self.token_program.address(), TokenError::WrongTokenProgram);
        require!(emission.treasury == *self.treasury.address(), TokenError::WrongDestination);
        require!(destinations.len() == usize::from(emission.destination_count), TokenError::WrongDestination);
        for ((wanted, _), given) in emission.destinations().zip(destinations) {
            require!(wanted == given.address(), TokenError::WrongDestination);
        }
        require!((1..=MAX_EPOCHS_PER_CALL).contains(&count), TokenError::InvalidEpochCount);
        let next = Epoch(emission.next_epoch);
        require!(first >= next, TokenError::EpochAlreadyEmitted);
        require!(first == next, TokenError::EpochOutOfOrder);
        let last = first.checked_add(Epoch(u64::from(count) - 1)).ok_or(TokenError::EpochNotElapsed)?;
        require!(emission.calendar().has_elapsed(last, now_unix), TokenError::EpochNotElapsed);
        Ok(())
    }

    #[inline(always)]
    pub fn emit_epochs(&mut self, first_epoch: u64, count: u8, destinations: &[AccountView]) -> Result<()> {
        self.validate(Epoch(first_epoch), count, Clock::get()?.unix_timestamp, destinations)?;
        let amounts = self.advance(count)?;
        self.emission.invariant()?;
        let split = self.split(&amounts)?;
        self.mint(&split, destinations)?;
        emit!(EpochsEmitted {
            network: self.emission.network,
            first_epoch,
            amounts,
            emitted: self.emission.emitted,
            recycled: self.emission.recycled,
        });
        Ok(())
    }

    /// Emits the next `count` epochs one after another, and remembers what each mints.
    #[inline(always)]
    fn advance(&mut self, count: u8) -> Result<Vec<u64>> {
        let (schedule, recycling) = (self.emission.schedule(), self.emission.recycling());
        let mut supply = self.emission.supply();
        let mut amounts = Vec::with_capacity(usize::from(count));
        for _ in 0..count {
            let epoch = supply.progress.next_epoch;
            let emission = supply.emit_next(&schedule, &recycling).ok_or(TokenError::CapExceeded)?;
            let total = emission.total().ok_or(TokenError::Overflow)?;
            self.emission.record(epoch, total);
            amounts.push(total.get());
        }
        self.emission.set_supply(supply);
        Ok(amounts)
    }

    /// Every epoch is split by itself, so that it does not matter in how many calls they are emitted. The treasury takes
    /// what the shares leave, so that the parts sum to the amounts.
    #[inline(always)]
    fn split(&self, amounts: &[u64]) -> Result<Split> {
        let amounts = amounts.iter().copied().map(Amount);
        let mut treasury = Amount::checked_sum(amounts.clone()).ok_or(TokenError::Overflow)?;
        let mut destinations = [Amount::ZERO; MAX_DESTINATIONS];
        for (part, (_, share_bps)) in destinations.iter_mut().zip(self.emission.destinations()) {
            let parts = amounts.clone().map(|amount| shares::share_of(amount, share_bps));
            *part = Amount::checked_sum(parts).ok_or(TokenError::Overflow)?;
            // The shares sum to at most the whole.
            treasury = treasury.checked_sub(*part).ok_or(TokenError::SharesAboveWhole)?;
        }
        Ok(Split { treasury, destinations })
    }

    #[inline(always)]
    fn mint(&self, split: &Split, destinations: &[AccountView]) -> Result<()> {
        let bump = [self.emission.mint_authority_bump];
        let seeds =
            [Seed::from(pda::MINT_AUTHORITY), Seed::from(self.emission.network.as_ref()), Seed::from(bump.as_ref())];
        let signer = CpiSigner::from(&seeds);
        let mint = TokenMint { token_program: self.token_program.address(), mint: self.mint.account() };
        let parts = destinations.iter().zip(split.destinations);
        for (account, amount) in parts.chain([(self.treasury.account(), split.treasury)]) {
            if amount > Amount::ZERO {
                mint.mint_to(account, self.mint_authority.account(), amount.get(), &signer)?;
            }
        }
        Ok(())
    }
}
