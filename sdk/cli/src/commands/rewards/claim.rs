//! `trellis rewards claim`.

use serde_json::json;
use solana_address::Address;
use solana_signer::Signer;
use trellis_client::{
    Chain,
    accounts::Vault,
    claims::{self, PrepareError, PreparedClaim},
    oracle::OracleError,
};
use trellis_core::{Amount, Epoch};

use super::{proof, relayed};
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
/// operator's, if it pays the fee. A claim that was sent already pays nothing again. Without SOL: --relay.
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
    /// Have the oracle send the claim and pay for it, if it relays: you need no SOL
    #[arg(long, conflicts_with_all = ["epoch", "dry_run"])]
    pub relay: bool,
    #[command(flatten)]
    pub wallet: WalletArgs,
    #[command(flatten)]
    pub target: TargetArgs,
}

/// # Errors
/// There is no proof, it does not hold, or the claim cannot be paid for or is refused.
pub async fn run(args: &ClaimArgs, json: bool) -> anyhow::Result<()> {
    let target = args.target.resolve()?;
    if args.relay {
        return relayed::claim(&target, args.operator.as_deref(), &args.wallet, json).await;
    }
    let payer = args.wallet.read()?;
    let (chain, oracle) = (target.chain()?, target.oracle()?);
    let status = target.status_of(&oracle).await?;
    let operator = operator::find(&chain, &status.network, args.operator.as_deref(), &payer.pubkey()).await?;
    let epoch = args.epoch.map(Epoch);
    let prepared = PreparedClaim::fetch(&chain, &oracle, &status.network, operator.index, epoch, &payer.pubkey()).await;
    let prepared = match prepared {
        Ok(prepared) => prepared,
        Err(error) => return Err(in_words(error, &chain, &status.vault).await),
    };
    let decimals = decimals_of(&chain, &prepared.vault.mint).await?;
    let claim = Claim { prepared, decimals };
    if claim.prepared.claimable().get() == 0 {
        return claim.nothing(json);
    }
    let new = NewAccounts::of(&claim.prepared.new_accounts);
    let signature = match args.dry_run {
        true => {
            check_balance(&chain, &payer.pubkey(), 1, &new).await?;
            chain.simulate(&claim.prepared.instructions, &payer.pubkey()).await?;
            None
        }
        false => Some(send(&chain, &claim.prepared.instructions, &[&payer], &new).await?),
    };
    claim.report(&chain, signature, json).await
}

/// What the error means here, and what to do.
async fn in_words(error: PrepareError, chain: &Chain, vault: &Address) -> anyhow::Error {
    match error {
        PrepareError::Oracle(error) if error.is_not_found() => match chain.fetch::<Vault>(vault).await {
            Ok(vault) => nothing_final(&error, &vault).into(),
            Err(error) => error.into(),
        },
        PrepareError::Claim { url, error } => proof::in_words(&error, &format!("the oracle at {url}")).into(),
        PrepareError::Paused { until_unix } => {
            let until = trellis_epoch::encoding::moment(until_unix);
            let words =
                format!("the network's guardian has paused claims until {until}: nothing is lost, claim after that");
            CheckFailed(words).into()
        }
        PrepareError::OtherNetwork { .. } => CheckFailed(error.to_string()).into(),
        PrepareError::Chain(error) => error.into(),
        PrepareError::Oracle(error) => error.into(),
    }
}

fn nothing_final(error: &OracleError, vault: &Vault) -> CheckFailed {
    let end = vault.calendar().end_of(Epoch(vault.next_epoch));
    let when = end.map(trellis_epoch::encoding::moment).unwrap_or_default();
    let next = vault.next_epoch;
    CheckFailed(format!(
        "{error}. Epoch {next} is the next to become final: it ends at {when}, and then its root waits {} s for objections",
        vault.challenge_seconds
    ))
}

/// A claim, and how its tokens are shown.
struct Claim {
    prepared: PreparedClaim,
    decimals: u8,
}

impl Claim {
    fn in_tokens(&self, amount: Amount) -> String {
        tokens(amount.get(), self.decimals)
    }

    fn nothing(&self, json: bool) -> anyhow::Result<()> {
        let PreparedClaim { proof, vault, claimed, .. } = &self.prepared;
        let (epoch, index) = (proof.epoch, proof.operator_index);
        match json {
            true => output::result(json!({
                "ok": true,
                "operator_index": index,
                "epoch": epoch,
                "claimed": "0",
                "claimed_before": claimed.get().to_string(),
                "signature": null,
            }))?,
            false => {
                let (claimed, next) = (self.in_tokens(*claimed), vault.next_epoch);
                output::result(format!(
                    "nothing to claim: all that operator {index} earned up to epoch {epoch}, {claimed} tokens, was claimed already; \
                 epoch {next} is the next to become final"
                ))?;
            }
        }
        Ok(())
    }

    async fn report(&self, chain: &Chain, signature: Option<String>, json: bool) -> anyhow::Result<()> {
        let PreparedClaim { proof, vault, claimed, .. } = &self.prepared;
        let claimable = self.prepared.claimable();
        let account = claims::payout_account(vault, &proof.payout_wallet);
        let held = chain.token_balance(&account).await?.unwrap_or(0);
        if json {
            return Ok(output::result(json!({
                "ok": true,
                "dry_run": signature.is_none(),
                "operator_index": proof.operator_index,
                "epoch": proof.epoch,
                "claimed": claimable.get().to_string(),
                "claimed_before": claimed.get().to_string(),
                "payout_wallet": proof.payout_wallet.to_string(),
                "payout_account": account.to_string(),
                "balance": held.to_string(),
                "decimals": self.decimals,
                "signature": signature,
            }))?);
        }
        let paid = self.in_tokens(claimable);
        let mut lines = vec![
            format!("proof          holds against the root of epoch {} on the chain", proof.epoch),
            format!("paid to        {}", proof.payout_wallet),
        ];
        match signature {
            Some(signature) => {
                lines.push(format!("transaction    {signature}"));
                lines.push(format!("OK: {paid} tokens claimed; the wallet has {} now", self.in_tokens(Amount(held))));
            }
            None => lines.push(format!("OK: {paid} tokens could be claimed; nothing was sent")),
        }
        Ok(output::result(lines.join("\n"))?)
    }
}
