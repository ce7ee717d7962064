//! `trellis stake withdraw`.

use serde_json::json;
use solana_signer::Signer;
use trellis_client::instructions::staking;
use trellis_epoch::encoding::moment;

use super::pool::{Leaving, Opening, Pool};
use crate::{
    commands::{
        CheckFailed,
        paying::send,
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
        let Opening { instructions, new } = leave(&pool, leaving).await?;
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

async fn leave(pool: &Pool, leaving: &Leaving) -> anyhow::Result<Opening> {
    let (ticket, mut opening) = (&leaving.ticket, Opening::default());
    if ticket.is_redelegation() {
        pool.open_position(ticket.destination, ticket.wallet, &mut opening).await?;
        opening.instructions.push(staking::complete_redelegation(pool.address, ticket));
        return Ok(opening);
    }
    let to = pool.open_tokens(&ticket.wallet, &mut opening).await?;
    opening.instructions.push(staking::withdraw(pool.address, pool.account.token_program, ticket, to));
    Ok(opening)
}
