use anchor_lang::prelude::*;
use pinocchio::cpi::Seed;
use trellis_core::{Amount, Epoch, leaf::RewardLeaf, merkle, pda};

use crate::{
    error::RewardsError,
    event::Claimed,
    spl,
    state::{ClaimPage, Vault},
};

#[derive(AnchorSerialize, AnchorDeserialize, IdlType, Clone)]
pub struct ClaimArgs {
    /// One of the last four epochs whose roots are final.
    pub epoch: u64,
    pub operator_index: u32,
    /// The leaf's figure: all that the operator has ever earned.
    pub cumulative: u64,
    /// From the leaf's sibling upwards.
    pub proof: alloc::vec::Vec<[u8; 32]>,
}

#[derive(Accounts)]
pub struct Claim {
    #[account(mut)]
    pub vault: Account<Vault>,
    #[account(mut)]
    pub claim_page: Account<ClaimPage>,
    /// Checked against the vault; left unloaded so that the token program can borrow it.
    #[account(mut)]
    pub vault_tokens: UncheckedAccount,
    /// Any token account of the leaf's payout wallet; its owner is taken as that wallet, so a wrong one fails the proof.
    #[account(mut)]
    pub payout_tokens: UncheckedAccount,
    pub token_program: Program<Token>,
}

impl Claim {
    /// Checks everything and returns the wallet to pay.
    #[inline(always)]
    fn validate(&self, args: &ClaimArgs) -> Result<Address> {
        let vault = &self.vault;
        require!(self.claim_page.vault == *vault.address(), RewardsError::WrongVault);
        require!(vault.token_account == *self.vault_tokens.address(), RewardsError::WrongVaultTokens);
        // A payment of the vault to itself would count as claimed without leaving it.
        require!(vault.token_account != *self.payout_tokens.address(), RewardsError::InvalidPayoutAccount);
        let (page, _) = pda::claim_slot(args.operator_index);
        require!(self.claim_page.page == page, RewardsError::WrongPage);
        let payout = spl::read_token_account(self.payout_tokens.account())?;
        require!(payout.mint == vault.mint, RewardsError::WrongPayoutMint);
        let root = vault.kept_root(Epoch(args.epoch)).ok_or(RewardsError::RootNotKept)?;
        let leaf = RewardLeaf {
            vault: vault.address().to_bytes(),
            operator_index: args.operator_index,
            payout_wallet: payout.owner.to_bytes(),
            cumulative: Amount(args.cumulative),
        };
        let index = u64::from(args.operator_index);
        let proven = merkle::verify(&root.root, root.leaf_count, index, &leaf.hash(), &args.proof);
        require!(proven, RewardsError::InvalidProof);
        Ok(payout.owner)
    }

    #[inline(always)]
    pub fn claim(&mut self, args: ClaimArgs) -> Result<()> {
        let payout_wallet = self.validate(&args)?;
        let (_, position) = pda::claim_slot(args.operator_index);
        let counter = &mut self.claim_page.claimed[position];
        let amount = args.cumulative.saturating_sub(*counter);
        require!(amount > 0, RewardsError::NothingToClaim);
        *counter = args.cumulative;
        self.claim_page.invariant()?;
        self.vault.claimed_total = self.vault.claimed_total.checked_add(amount).ok_or(RewardsError::Overflow)?;
        self.vault.invariant()?;
        self.pay(amount);
        emit!(Claimed {
            vault: *self.vault.address(),
            payout_wallet,
            epoch: args.epoch,
            amount,
            cumulative: args.cumulative,
            operator_index: u64::from(args.operator_index),
        });
        Ok(())
    }

    #[inline(always)]
    fn pay(&self, amount: u64) {
        let vault = &self.vault;
        let bump = [vault.bump];
        let seeds = [
            Seed::from(pda::VAULT),
            Seed::from(vault.network.as_ref()),
            Seed::from(vault.mint.as_ref()),
            Seed::from(bump.as_ref()),
        ];
        spl::transfer(self.vault_tokens.account(), self.payout_tokens.account(), vault.account(), amount, &seeds);
    }
}
