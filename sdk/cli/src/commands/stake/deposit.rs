//! `trellis stake deposit`.

use serde_json::json;
use solana_signer::Signer;
use trellis_client::instructions::staking;

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

/// Stakes tokens: with yourself, as your bond, or with another operator.
#[derive(Clone, Debug, clap::Args)]
pub struct DepositArgs {
    /// How many tokens, such as 100 or 12.5
    #[arg(value_name = "TOKENS")]
    pub amount: String,
    /// With which operator: its index or wallet [default: the keypair's own]
    #[arg(long, value_name = "OPERATOR")]
    pub operator: Option<String>,
    #[command(flatten)]
    pub wallet: WalletArgs,
    #[command(flatten)]
    pub target: TargetArgs,
}

/// # Errors
/// There is no such operator, or the wallet has too few tokens or too little SOL.
pub async fn run(args: &DepositArgs, json: bool) -> anyhow::Result<()> {
    let target = args.target.resolve()?;
    let wallet = args.wallet.read()?;
    let pool = Pool::read(&target).await?;
    let amount = parse_tokens(&args.amount, pool.decimals).map_err(Unusable)?;
    if amount == 0 {
        return Err(Unusable("0 tokens are nothing to stake".to_owned()).into());
    }
    let (chain, owner) = (&pool.chain, wallet.pubkey());
    let operator = operator::find(chain, &pool.network, args.operator.as_deref(), &owner).await?;
    let source = pool.tokens_of(&owner);
    let has = chain.token_balance(&source).await?.unwrap_or(0);
    if has < amount {
        let (has, wants) = (pool.tokens(has), pool.tokens(amount));
        return Err(CheckFailed(format!(
            "wallet {owner} has {has} tokens, and {wants} are to be staked: `trellis rewards claim` brings what it has earned"
        ))
        .into());
    }
    let mut opening = Opening::default();
    let stake = pool.open_stake(owner, &operator.wallet, &mut opening).await?;
    pool.open_position(stake, owner, &mut opening).await?;
    let Opening { mut instructions, new } = opening;
    let program = pool.account.token_program;
    instructions.push(staking::delegate(owner, pool.address, program, stake, source, amount));
    let signature = send(chain, &instructions, &[&wallet], &new).await?;
    let (index, staked) = (operator.index, pool.tokens(amount));
    match json {
        true => output::result(json!({
            "ok": true, "operator_index": index, "staked": amount.to_string(), "signature": signature,
        }))?,
        false => {
            output::result(format!("transaction    {signature}\nOK: {staked} tokens staked with operator {index}"))?;
        }
    }
    Ok(())
}
