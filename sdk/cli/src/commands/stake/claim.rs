//! `trellis stake claim`.

use serde_json::json;
use solana_signer::Signer;
use trellis_client::instructions::staking;
use trellis_core::Amount;

use super::pool::{Opening, Pool};
use crate::{
    commands::{
        CheckFailed,
        paying::send,
        target::{TargetArgs, WalletArgs},
    },
    output,
};

/// Claims the rewards of all your stake.
#[derive(Clone, Debug, clap::Args)]
pub struct ClaimArgs {
    #[command(flatten)]
    pub wallet: WalletArgs,
    #[command(flatten)]
    pub target: TargetArgs,
}

/// # Errors
/// Nothing is staked, or the payer lacks SOL.
pub async fn run(args: &ClaimArgs, json: bool) -> anyhow::Result<()> {
    let target = args.target.resolve()?;
    let wallet = args.wallet.read()?;
    let pool = Pool::read(&target).await?;
    let (chain, owner, program) = (&pool.chain, wallet.pubkey(), pool.account.token_program);
    let held = pool.held_by(&owner).await?;
    if held.is_empty() {
        return Err(CheckFailed(format!("wallet {owner} has nothing staked: `trellis stake deposit` begins it")).into());
    }
    let (mut claimed, mut signatures) = (0u64, Vec::new());
    for held in held.iter().filter(|held| held.rewards > Amount::ZERO) {
        let mut opening = Opening::default();
        let to = pool.open_tokens(&owner, &mut opening).await?;
        let Opening { mut instructions, new } = opening;
        instructions.push(staking::claim_stake_rewards(pool.address, program, held.operator_stake, owner, to));
        signatures.push(send(chain, &instructions, &[&wallet], &new).await?);
        claimed = claimed.saturating_add(held.rewards.get());
    }
    if json {
        return Ok(output::result(json!({ "ok": true, "claimed": claimed.to_string(), "signatures": signatures }))?);
    }
    if signatures.is_empty() {
        return Ok(output::result("nothing to claim: rewards come with the next epoch's emission")?);
    }
    signatures.iter().for_each(|signature| output::progress(format!("transaction    {signature}")));
    Ok(output::result(format!("OK: {} tokens claimed", pool.tokens(claimed)))?)
}
