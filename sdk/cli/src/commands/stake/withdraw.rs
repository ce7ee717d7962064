//! `trellis stake withdraw`.

use serde_json::json;
use solana_instruction::Instruction;
use solana_signer::Signer;
use trellis_client::{
    accounts::{Position, account_bytes},
    addresses, claims,
    instructions::staking,
};
use trellis_core::spl::ACCOUNT_BYTES;
use trellis_epoch::encoding::moment;

use super::pool::{Leaving, Pool};
use crate::{
    commands::{
        CheckFailed,
        paying::{NewAccounts, send},
        target::{TargetArgs, WalletArgs},
    },
    output,
};

/// Takes out all stake whose cooldown is over, and stakes anew what was to move to another operator.
#[derive(Clone, Debug, clap::Args)]
pub struct WithdrawArgs {
    #[command(flatten)]
    pub wallet: WalletArgs,
    #[command(flatten)]
    pub target: TargetArgs,
}

/// # Errors
/// No cooldown is over, or the payer lacks SOL.
pub async fn run(args: &WithdrawArgs, json: bool) -> anyhow::Result<()> {
    let target = args.target.resolve()?;
    let wallet = args.wallet.read()?;
    let pool = Pool::read(&target).await?;
    let owner = wallet.pubkey();
    let (free, waiting): (Vec<Leaving>, Vec<Leaving>) = {
        let now_unix = pool.chain.unix_time().await?;
        pool.leaving_to(&owner).await?.into_iter().partition(|leaving| now_unix >= leaving.ticket.release_unix)
    };
    if free.is_empty() {
        let words = match waiting.first() {
            Some(next) => format!(
                "nothing is free yet: {} tokens are from {}",
                pool.tokens(next.worth.get()),
                moment(next.ticket.release_unix)
            ),
            None => format!("wallet {owner} has nothing on its way out: `trellis stake unstake` begins it"),
        };
        return Err(CheckFailed(words).into());
    }
    let (mut paid, mut moved, mut signatures) = (0u64, 0u64, Vec::new());
    // One by one: what was done before an error stays, and another run goes on from there.
    for leaving in &free {
        let (instructions, new) = leave(&pool, leaving).await?;
        signatures.push(send(&pool.chain, &instructions, &[&wallet], &new).await?);
        let sum = if leaving.ticket.is_redelegation() { &mut moved } else { &mut paid };
        *sum = sum.saturating_add(leaving.worth.get());
    }
    match json {
        true => output::result(json!({
            "ok": true, "withdrawn": paid.to_string(), "moved": moved.to_string(), "signatures": signatures,
        }))?,
        false => {
            signatures.iter().for_each(|signature| output::progress(format!("transaction    {signature}")));
            let (paid, moved) = (pool.tokens(paid), pool.tokens(moved));
            output::result(format!("OK: {paid} tokens withdrawn, {moved} staked with another operator"))?;
        }
    }
    Ok(())
}

async fn leave(pool: &Pool, leaving: &Leaving) -> anyhow::Result<(Vec<Instruction>, NewAccounts)> {
    let (ticket, account) = (&leaving.ticket, &pool.account);
    let (mut instructions, mut new) = (Vec::new(), NewAccounts::default());
    if ticket.is_redelegation() {
        if pool.chain.account(&addresses::stake_position(&ticket.destination, &ticket.wallet)).await?.is_none() {
            instructions.push(staking::open_position(ticket.wallet, ticket.destination, ticket.wallet));
            new.add(account_bytes::<Position>());
        }
        instructions.push(staking::complete_redelegation(pool.address, ticket));
        return Ok((instructions, new));
    }
    let to = pool.tokens_of(&ticket.wallet);
    if pool.chain.account(&to).await?.is_none() {
        let (wallet, program) = (&ticket.wallet, &account.token_program);
        instructions.push(claims::create_payout_account_of(wallet, wallet, &account.mint, program));
        new.add(ACCOUNT_BYTES);
    }
    instructions.push(staking::withdraw(pool.address, account.token_program, ticket, to));
    Ok((instructions, new))
}
