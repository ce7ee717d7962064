//! `trellis stake show`.

use serde_json::{Value, json};
use solana_address::Address;
use solana_signer::Signer;
use trellis_epoch::encoding::moment;

use super::pool::{Held, Leaving, Pool};
use crate::{
    commands::target::{TargetArgs, WalletArgs},
    output,
};

/// Shows the pool, and what a wallet has staked, can claim, and has on its way out.
#[derive(Clone, Debug, clap::Args)]
pub struct ShowArgs {
    /// Whose stake [default: the keypair's]
    #[arg(value_name = "WALLET")]
    pub owner: Option<Address>,
    #[command(flatten)]
    pub wallet: WalletArgs,
    #[command(flatten)]
    pub target: TargetArgs,
}

/// # Errors
/// The network has no stake pool, or the chain does not answer.
pub async fn run(args: &ShowArgs, json: bool) -> anyhow::Result<()> {
    let pool = Pool::read(&args.target.resolve()?).await?;
    let owner = match args.owner {
        Some(owner) => owner,
        None => args.wallet.read()?.pubkey(),
    };
    let (held, leaving) = (pool.held_by(&owner).await?, pool.leaving_to(&owner).await?);
    let now_unix = pool.chain.unix_time().await?;
    match json {
        true => output::result(in_json(&pool, &owner, &held, &leaving, now_unix))?,
        false => output::result(in_words(&pool, &owner, &held, &leaving, now_unix))?,
    }
    Ok(())
}

fn in_json(pool: &Pool, owner: &Address, held: &[Held], leaving: &[Leaving], now_unix: i64) -> Value {
    let position = |held: &Held| {
        json!({
            "operator_wallet": held.stake.wallet.to_string(),
            "is_bond": held.stake.wallet == *owner,
            "staked": held.worth.get().to_string(),
            "tier": pool.account.tier_of(held.worth),
            "rewards": held.rewards.get().to_string(),
            "claimed": held.position.claimed_total.to_string(),
        })
    };
    let ticket = |leaving: &Leaving| {
        json!({
            "ticket": leaving.address.to_string(),
            "amount": leaving.worth.get().to_string(),
            "release_unix": leaving.ticket.release_unix,
            "released": now_unix >= leaving.ticket.release_unix,
            "moves_to": leaving.ticket.is_redelegation().then(|| leaving.ticket.destination.to_string()),
        })
    };
    json!({
        "ok": true,
        "network": pool.network.to_string(),
        "pool": pool.address.to_string(),
        "mint": pool.account.mint.to_string(),
        "decimals": pool.decimals,
        "active_total": pool.account.active_total.to_string(),
        "unstake_cooldown_seconds": pool.account.unstake_cooldown_seconds,
        "tiers": pool.account.thresholds().iter().map(u64::to_string).collect::<Vec<_>>(),
        "wallet": owner.to_string(),
        "positions": held.iter().map(position).collect::<Vec<_>>(),
        "tickets": leaving.iter().map(ticket).collect::<Vec<_>>(),
    })
}

fn in_words(pool: &Pool, owner: &Address, held: &[Held], leaving: &[Leaving], now_unix: i64) -> String {
    let account = &pool.account;
    let mut lines = vec![format!(
        "pool           {} tokens staked in all; {} s to get out",
        pool.tokens(account.active_total),
        account.unstake_cooldown_seconds
    )];
    let tiers = account.thresholds().iter().zip(1..);
    lines.extend(tiers.map(|(amount, tier)| format!("tier {tier}         from {} tokens on", pool.tokens(*amount))));
    lines.push(format!("wallet         {owner}"));
    for held in held {
        let whose = match held.stake.wallet == *owner {
            true => "as its own bond".to_owned(),
            false => format!("with operator {}", held.stake.wallet),
        };
        let tier = match account.tier_of(held.worth) {
            0 => "no tier".to_owned(),
            tier => format!("tier {tier}"),
        };
        let (worth, rewards) = (pool.tokens(held.worth.get()), pool.tokens(held.rewards.get()));
        lines.push(format!("staked         {worth} {whose}, {tier}; {rewards} of rewards to claim"));
    }
    for leaving in leaving {
        let when = match now_unix >= leaving.ticket.release_unix {
            true => "now: `trellis stake withdraw`".to_owned(),
            false => format!("from {}", moment(leaving.ticket.release_unix)),
        };
        let what = if leaving.ticket.is_redelegation() { "moves to another operator" } else { "can be withdrawn" };
        lines.push(format!("on its way out {} {what} {when}", pool.tokens(leaving.worth.get())));
    }
    if held.is_empty() && leaving.is_empty() {
        lines.push("staked         nothing: `trellis stake deposit AMOUNT`".to_owned());
    }
    lines.join("\n")
}
