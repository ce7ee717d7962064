//! `trellis rewards claim`.

use serde_json::json;
use solana_address::Address;
use solana_instruction::Instruction;
use solana_signer::Signer;
use trellis_client::{
    Chain,
    accounts::{ClaimPage, Vault, account_bytes},
    addresses, claims,
    instructions::rewards,
    oracle::{OracleApi, Proof},
};
use trellis_core::{Epoch, pda, spl::ACCOUNT_BYTES};

use super::proof;
use crate::{
    commands::{
        CheckFailed,
        amounts::{decimals_of, tokens},
        operator,
        paying::{NewAccounts, check_balance, send},
        target::{TargetArgs, WalletArgs},
    },
    output,
};

/// Claims all that an operator has earned and not claimed yet.
///
/// Asks the oracle for the proof, checks it here against the root on the chain, and sends the claim, which the node
/// simulates first. Only the operator's payout wallet can be paid, whoever sends it: so the keypair need not be the
/// operator's, if it pays the fee. A claim that was sent already pays nothing again.
#[derive(Clone, Debug, clap::Args)]
pub struct ClaimArgs {
    /// Whose rewards: an operator's index or wallet [default: the keypair's]
    #[arg(value_name = "OPERATOR")]
    pub operator: Option<String>,
    /// Claim with the root of this epoch, one of the last four [default: the last final one]
    #[arg(long, value_name = "EPOCH")]
    pub epoch: Option<u64>,
    /// Check and simulate, and send nothing
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub wallet: WalletArgs,
    #[command(flatten)]
    pub target: TargetArgs,
}

/// A claim that holds, and what it takes.
struct Prepared {
    answer: Proof,
    vault: Vault,
    claimed: u64,
    decimals: u8,
    instructions: Vec<Instruction>,
    new: NewAccounts,
}

impl Prepared {
    fn claimable(&self) -> u64 {
        self.answer.cumulative.saturating_sub(self.claimed)
    }

    fn in_tokens(&self, amount: u64) -> String {
        tokens(amount, self.decimals)
    }
}

/// # Errors
/// There is no proof, it does not hold, or the claim cannot be paid for or is refused.
pub async fn run(args: &ClaimArgs, json: bool) -> anyhow::Result<()> {
    let target = args.target.resolve()?;
    let payer = args.wallet.read()?;
    let (chain, oracle) = (target.chain()?, target.oracle()?);
    let status = target.status_of(&oracle).await?;
    let operator = operator::find(&chain, &status.network, args.operator.as_deref(), &payer.pubkey()).await?;
    let answer = fetch(&oracle, operator.index, args.epoch, &chain, &status.vault).await?;
    let prepared = prepare(&chain, &oracle, &status.network, answer, &payer.pubkey()).await?;
    if prepared.claimable() == 0 {
        return nothing_to_claim(&prepared, json);
    }
    let signature = match args.dry_run {
        true => {
            simulate(&chain, &prepared, &payer.pubkey()).await?;
            None
        }
        false => Some(send(&chain, &prepared.instructions, &[&payer], &prepared.new).await?),
    };
    report(&chain, &prepared, signature, json).await
}

async fn fetch(
    oracle: &OracleApi,
    index: u32,
    epoch: Option<u64>,
    chain: &Chain,
    vault: &Address,
) -> anyhow::Result<Proof> {
    match oracle.proof(&index.to_string(), epoch.map(Epoch)).await {
        Err(error) if error.is_not_found() => {
            let vault: Vault = chain.fetch(vault).await?;
            let end = vault.calendar().end_of(Epoch(vault.next_epoch));
            let when = end.map(trellis_epoch::encoding::moment).unwrap_or_default();
            let next = vault.next_epoch;
            Err(CheckFailed(format!(
                "{error}. Epoch {next} is the next to become final: it ends at {when}, and then its root waits {} s for objections",
                vault.challenge_seconds
            ))
            .into())
        }
        answer => Ok(answer?),
    }
}

/// Checks the proof against the chain, and builds the claim.
async fn prepare(
    chain: &Chain,
    oracle: &OracleApi,
    network: &Address,
    answer: Proof,
    payer: &Address,
) -> anyhow::Result<Prepared> {
    let vault: Vault = chain.fetch(&answer.vault).await?;
    if vault.network != *network {
        let words = format!(
            "the oracle at {} names vault {}, which is of another network: {}",
            oracle.url(),
            answer.vault,
            vault.network
        );
        return Err(CheckFailed(words).into());
    }
    proof::check(&answer, &vault, &format!("the oracle at {}", oracle.url()))?;
    let now_unix = chain.unix_time().await?;
    if vault.is_paused(now_unix) {
        let until = trellis_epoch::encoding::moment(vault.paused_until_unix);
        let words =
            format!("the network's guardian has paused claims until {until}: nothing is lost, claim after that");
        return Err(CheckFailed(words).into());
    }
    let (page, slot) = pda::claim_slot(answer.operator_index);
    let counters: Option<ClaimPage> = chain.find(&addresses::claim_page(&answer.vault, page)).await?;
    let claimed = counters.as_ref().and_then(|page| page.claimed.get(slot).copied()).unwrap_or(0);
    let claim = answer.claim();
    let (mut instructions, mut new) = (Vec::new(), NewAccounts::default());
    if counters.is_none() {
        instructions.push(rewards::open_page(*payer, answer.vault, page));
        new.add(account_bytes::<ClaimPage>());
    }
    if chain.account(&claims::payout_account(&vault, &claim.payout_wallet)).await?.is_none() {
        let open = claims::create_payout_account_of(payer, &claim.payout_wallet, &vault.mint, &vault.token_program);
        instructions.push(open);
        new.add(ACCOUNT_BYTES);
    }
    instructions.push(claim.instruction(&vault));
    let decimals = decimals_of(chain, &vault.mint).await?;
    Ok(Prepared { answer, vault, claimed, decimals, instructions, new })
}

async fn simulate(chain: &Chain, prepared: &Prepared, payer: &Address) -> anyhow::Result<()> {
    check_balance(chain, payer, 1, &prepared.new).await?;
    Ok(chain.simulate(&prepared.instructions, payer).await.map(|_| ())?)
}

fn nothing_to_claim(prepared: &Prepared, json: bool) -> anyhow::Result<()> {
    let (epoch, index) = (prepared.answer.epoch, prepared.answer.operator_index);
    match json {
        true => output::result(json!({
            "ok": true,
            "operator_index": index,
            "epoch": epoch,
            "claimed": "0",
            "claimed_before": prepared.claimed.to_string(),
            "signature": null,
        }))?,
        false => {
            let (claimed, next) = (prepared.in_tokens(prepared.claimed), prepared.vault.next_epoch);
            output::result(format!(
                "nothing to claim: all that operator {index} earned up to epoch {epoch}, {claimed} tokens, was claimed already; \
                 epoch {next} is the next to become final"
            ))?;
        }
    }
    Ok(())
}

async fn report(chain: &Chain, prepared: &Prepared, signature: Option<String>, json: bool) -> anyhow::Result<()> {
    let answer = &prepared.answer;
    let account = claims::payout_account(&prepared.vault, &answer.payout_wallet);
    let held = chain.token_balance(&account).await?.unwrap_or(0);
    if json {
        return Ok(output::result(json!({
            "ok": true,
            "dry_run": signature.is_none(),
            "operator_index": answer.operator_index,
            "epoch": answer.epoch,
            "claimed": prepared.claimable().to_string(),
            "claimed_before": prepared.claimed.to_string(),
            "payout_wallet": answer.payout_wallet.to_string(),
            "payout_account": account.to_string(),
            "balance": held.to_string(),
            "decimals": prepared.decimals,
            "signature": signature,
        }))?);
    }
    let paid = prepared.in_tokens(prepared.claimable());
    let mut lines = vec![
        format!("proof          holds against the root of epoch {} on the chain", answer.epoch),
        format!("paid to        {}", answer.payout_wallet),
    ];
    match signature {
        Some(signature) => {
            lines.push(format!("transaction    {signature}"));
            lines.push(format!("OK: {paid} tokens claimed; the wallet has {} now", prepared.in_tokens(held)));
        }
        None => lines.push(format!("OK: {paid} tokens could be claimed; nothing was sent")),
    }
    Ok(output::result(lines.join("\n"))?)
}
