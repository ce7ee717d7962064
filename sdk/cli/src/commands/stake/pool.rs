//! A network's stake pool as commands need it.

use anyhow::Context;
use solana_address::Address;
use solana_instruction::Instruction;
use trellis_client::{
    Chain,
    accounts::{OperatorStake, Position, StakePool, UnbondingTicket, account_bytes},
    addresses, claims,
    instructions::staking,
};
use trellis_core::{Amount, spl::ACCOUNT_BYTES, staking::PoolRewards};

use crate::commands::{
    CheckFailed,
    amounts::{decimals_of, tokens},
    paying::NewAccounts,
    target::Target,
};

/// Where an account of the pool names the pool, and where a position and a ticket name their wallet: behind the
/// discriminator and two addresses.
const POOL_OFFSET: usize = 8;
const WALLET_OFFSET: usize = 8 + 2 * 32;

/// The pool, read from the chain.
pub struct Pool {
    pub chain: Chain,
    pub network: Address,
    pub address: Address,
    pub account: StakePool,
    pub decimals: u8,
}

/// A wallet's stake with one operator.
pub struct Held {
    pub operator_stake: Address,
    pub stake: OperatorStake,
    pub position: Position,
    /// What the active stake is worth.
    pub worth: Amount,
    /// Rewards that can be claimed now.
    pub rewards: Amount,
}

/// Stake on its way out.
pub struct Leaving {
    pub address: Address,
    pub ticket: UnbondingTicket,
    pub worth: Amount,
}

/// Instructions, and the accounts that they create.
#[derive(Default)]
pub struct Opening {
    pub instructions: Vec<Instruction>,
    pub new: NewAccounts,
}

impl Pool {
    /// # Errors
    /// The network is not there, or has no stake pool.
    pub async fn read(target: &Target) -> anyhow::Result<Self> {
        let chain = target.chain()?;
        let (network, _) = target.network_on(&chain).await?;
        let address = addresses::stake_pool(&network);
        let account: Option<StakePool> = chain.find(&address).await?;
        let missing = || {
            CheckFailed(format!(
                "network {network} has no stake pool: `[staking]` in its network.toml makes one, with `trellis network create`"
            ))
        };
        let account = account.ok_or_else(missing)?;
        let decimals = decimals_of(&chain, &account.mint).await?;
        Ok(Self { chain, network, address, account, decimals })
    }

    pub fn tokens(&self, amount: u64) -> String {
        tokens(amount, self.decimals)
    }

    /// Where `wallet` keeps its tokens.
    pub fn tokens_of(&self, wallet: &Address) -> Address {
        addresses::associated_token_account_of(wallet, &self.account.mint, &self.account.token_program)
    }

    /// The stake account of the operator with this wallet.
    pub fn stake_of(&self, wallet: &Address) -> Address {
        addresses::operator_stake(&self.address, &addresses::operator(&self.network, wallet))
    }

    /// Where `wallet` keeps its tokens. It opens and pays for the account, unless that is there.
    ///
    /// # Errors
    /// The chain does not answer.
    pub async fn open_tokens(&self, wallet: &Address, opening: &mut Opening) -> anyhow::Result<Address> {
        let to = self.tokens_of(wallet);
        if self.chain.account(&to).await?.is_none() {
            let StakePool { mint, token_program, .. } = &self.account;
            opening.instructions.push(claims::create_payout_account_of(wallet, wallet, mint, token_program));
            opening.new.add(ACCOUNT_BYTES);
        }
        Ok(to)
    }

    /// The stake account of the operator with this wallet. `payer` opens it, unless it is there.
    ///
    /// # Errors
    /// The chain does not answer.
    pub async fn open_stake(&self, payer: Address, wallet: &Address, opening: &mut Opening) -> anyhow::Result<Address> {
        let stake = self.stake_of(wallet);
        if self.chain.account(&stake).await?.is_none() {
            let operator = addresses::operator(&self.network, wallet);
            opening.instructions.push(staking::open_operator_stake(payer, self.address, operator));
            opening.new.add(account_bytes::<OperatorStake>());
        }
        Ok(stake)
    }

    /// `wallet` opens its position in `stake`, unless it has one.
    ///
    /// # Errors
    /// The chain does not answer.
    pub async fn open_position(&self, stake: Address, wallet: Address, opening: &mut Opening) -> anyhow::Result<()> {
        if self.chain.account(&addresses::stake_position(&stake, &wallet)).await?.is_none() {
            opening.instructions.push(staking::open_position(wallet, stake, wallet));
            opening.new.add(account_bytes::<Position>());
        }
        Ok(())
    }

    /// All that `wallet` has staked.
    ///
    /// # Errors
    /// The chain does not answer.
    pub async fn held_by(&self, wallet: &Address) -> anyhow::Result<Vec<Held>> {
        let fields = [(POOL_OFFSET, self.address.to_bytes().to_vec()), (WALLET_OFFSET, wallet.to_bytes().to_vec())];
        let rewards = self.rewards_now().await?;
        let mut held = Vec::new();
        for (_, position) in self.chain.with_fields::<Position>(&fields).await? {
            let stake: OperatorStake = self.chain.fetch(&position.operator_stake).await?;
            let earned = earned(&rewards, &stake, &position).context("a position's rewards do not add up")?;
            let worth = position.worth(&stake);
            held.push(Held { operator_stake: position.operator_stake, stake, position, worth, rewards: earned });
        }
        Ok(held)
    }

    /// What is on its way out to `wallet`, in order of release.
    ///
    /// # Errors
    /// The chain does not answer.
    pub async fn leaving_to(&self, wallet: &Address) -> anyhow::Result<Vec<Leaving>> {
        let fields = [(WALLET_OFFSET, wallet.to_bytes().to_vec())];
        let mut leaving = Vec::new();
        for (address, ticket) in self.chain.with_fields::<UnbondingTicket>(&fields).await? {
            let stake: OperatorStake = self.chain.fetch(&ticket.operator_stake).await?;
            // A wallet may have stake in other networks, too.
            if stake.pool == self.address {
                let worth = stake.unbonding().worth(ticket.shares.get());
                leaving.push(Leaving { address, ticket, worth });
            }
        }
        leaving.sort_by_key(|leaving| (leaving.ticket.release_unix, leaving.address.to_bytes()));
        Ok(leaving)
    }

    /// The pool's rewards with what has come in since anybody looked.
    async fn rewards_now(&self) -> anyhow::Result<PoolRewards> {
        let balance = self.chain.token_balance(&self.account.reward_tokens).await?.unwrap_or(0);
        let mut rewards = self.account.rewards();
        rewards.fold(Amount(balance), Amount(self.account.active_total)).context("the pool's rewards do not add up")?;
        Ok(rewards)
    }
}

/// As the program would settle the position now.
fn earned(pool: &PoolRewards, stake: &OperatorStake, position: &Position) -> Option<Amount> {
    let per_share = stake.rewards().per_share(pool, stake.active_factor.get())?;
    let mut rewards = position.rewards();
    rewards.settle(position.shares.get(), per_share)?;
    Some(rewards.whole())
}
