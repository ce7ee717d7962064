//! `trellis stake unstake`.

use serde_json::json;
use solana_signer::Signer;
use trellis_client::{
    accounts::{OperatorStake, Position, UnbondingTicket, account_bytes},
    addresses,
    instructions::staking,
};
use trellis_epoch::encoding::moment;

use super::pool::{Opening, Pool};
use crate::{
    commands::{
        CheckFailed, Unusable,
        amounts::parse_tokens,
        operator,
        paying::send,
        target::{TargetArgs, WalletArgs},
    },
    output,
};

/// Begins to take stake out, or to move it to another operator. It is free after the pool's cooldown, until which it
/// earns nothing and can still be slashed.
#[derive(Clone, Debug, clap::Args)]
pub struct UnstakeArgs {
    /// How many tokens, such as 12.5; or `all`
    #[arg(value_name = "TOKENS")]
    pub amount: String,
    /// From which operator: its index or wallet [default: the keypair's own]
    #[arg(long, value_name = "OPERATOR")]
    pub operator: Option<String>,
    /// Stake it with this operator instead of paying it out: its index or wallet
    #[arg(long, value_name = "OPERATOR")]
    pub move_to: Option<String>,
    #[command(flatten)]
    pub wallet: WalletArgs,
    #[command(flatten)]
    pub target: TargetArgs,
}

/// # Errors
/// There is no such stake, or less of it.
pub async fn run(args: &UnstakeArgs, json: bool) -> anyhow::Result<()> {
    let target = args.target.resolve()?;
    let wallet = args.wallet.read()?;
    let pool = Pool::read(&target).await?;
    let (chain, owner) = (&pool.chain, wallet.pubkey());
    let operator = operator::find(chain, &pool.network, args.operator.as_deref(), &owner).await?;
    let stake = pool.stake_of(&operator.wallet);
    let position_address = addresses::stake_position(&stake, &owner);
    let position: Option<Position> = chain.find(&position_address).await?;
    let nothing = || {
        CheckFailed(format!("wallet {owner} has nothing staked with operator {}: `trellis stake show`", operator.index))
    };
    let position = position.ok_or_else(nothing)?;
    let worth = position.worth(&chain.fetch::<OperatorStake>(&stake).await?).get();
    let amount = match args.amount.as_str() {
        "all" => worth,
        text => parse_tokens(text, pool.decimals).map_err(Unusable)?,
    };
    if amount > worth || amount == 0 {
        let (worth, wants) = (pool.tokens(worth), pool.tokens(amount));
        return Err(CheckFailed(format!(
            "{worth} tokens are staked with operator {}, and {wants} are to leave",
            operator.index
        ))
        .into());
    }
    let mut opening = Opening::default();
    let number = position.ticket_count;
    match &args.move_to {
        None => opening.instructions.push(staking::unstake(owner, owner, pool.address, stake, number, amount)),
        Some(destination) => {
            let destination = operator::find(chain, &pool.network, Some(destination), &owner).await?;
            let to = pool.open_stake(owner, &destination.wallet, &mut opening).await?;
            opening.instructions.push(staking::redelegate(owner, owner, pool.address, stake, to, number, amount));
        }
    }
    let Opening { instructions, mut new } = opening;
    new.add(account_bytes::<UnbondingTicket>());
    let signature = send(chain, &instructions, &[&wallet], &new).await?;
    let ticket: UnbondingTicket = chain.fetch(&addresses::unbonding_ticket(&position_address, number)).await?;
    match json {
        true => output::result(json!({
            "ok": true, "unstaked": amount.to_string(), "release_unix": ticket.release_unix, "signature": signature,
        }))?,
        false => output::result(format!(
            "transaction    {signature}\nOK: {} tokens are free from {}: then `trellis stake withdraw`",
            pool.tokens(amount),
            moment(ticket.release_unix)
        ))?,
    }
    Ok(())
}
