//! `trellis rewards show`.

use serde_json::{Value, json};
use solana_address::Address;
use solana_signer::Signer;
use trellis_client::{
    Chain,
    accounts::{ClaimPage, Device, Operator, Vault},
    addresses,
    oracle::{OracleApi, Proof},
};
use trellis_core::{Epoch, pda};
use trellis_epoch::encoding::{base58, moment};

use super::proof;
use crate::{
    commands::{
        amounts::{decimals_of, tokens},
        operator,
        target::{TargetArgs, WalletArgs},
    },
    output,
};

/// Shows what an operator has earned, claimed and can claim, and its devices.
#[derive(Clone, Debug, clap::Args)]
pub struct ShowArgs {
    /// Whose rewards: an operator's index or wallet [default: the keypair's]
    #[arg(value_name = "OPERATOR")]
    pub operator: Option<String>,
    #[command(flatten)]
    pub wallet: WalletArgs,
    #[command(flatten)]
    pub target: TargetArgs,
}

/// What there is to show.
struct Shown {
    network: Address,
    vault_address: Address,
    vault: Vault,
    operator: Operator,
    /// `None`: no epoch that the operator was in is final yet.
    proof: Option<Proof>,
    claimed: u64,
    decimals: u8,
    now_unix: i64,
    devices: Vec<Device>,
}

/// # Errors
/// There is no such operator, or the oracle's proof does not hold against the chain.
pub async fn run(args: &ShowArgs, json: bool) -> anyhow::Result<()> {
    let target = args.target.resolve()?;
    let (chain, oracle) = (target.chain()?, target.oracle()?);
    let status = target.status_of(&oracle).await?;
    let wallet = match &args.operator {
        // A keypair need not be there to look at somebody else.
        Some(_) => Address::default(),
        None => args.wallet.read()?.pubkey(),
    };
    let operator = operator::find(&chain, &status.network, args.operator.as_deref(), &wallet).await?;
    let shown = look(&chain, &oracle, status.network, status.vault, operator).await?;
    match json {
        true => output::result(shown.in_json())?,
        false => output::result(shown.in_words())?,
    }
    Ok(())
}

async fn look(
    chain: &Chain,
    oracle: &OracleApi,
    network: Address,
    vault_address: Address,
    operator: Operator,
) -> anyhow::Result<Shown> {
    let vault: Vault = chain.fetch(&vault_address).await?;
    let proof = match oracle.proof(&operator.index.to_string(), None).await {
        Err(error) if error.is_not_found() => None,
        proof => Some(proof?),
    };
    if let Some(proof) = &proof {
        proof::check(proof, &vault, &format!("the oracle at {}", oracle.url()))?;
    }
    let (page, slot) = pda::claim_slot(operator.index);
    let page: Option<ClaimPage> = chain.find(&addresses::claim_page(&vault_address, page)).await?;
    let account = addresses::operator(&network, &operator.wallet);
    Ok(Shown {
        network,
        vault_address,
        operator,
        proof,
        claimed: page.and_then(|page| page.claimed.get(slot).copied()).unwrap_or(0),
        decimals: decimals_of(chain, &vault.mint).await?,
        now_unix: chain.unix_time().await?,
        devices: chain.devices_of(&network, &account).await?.into_iter().map(|(_, device)| device).collect(),
        vault,
    })
}

impl Shown {
    fn cumulative(&self) -> u64 {
        self.proof.as_ref().map_or(0, |proof| proof.cumulative)
    }

    fn claimable(&self) -> u64 {
        self.cumulative().saturating_sub(self.claimed)
    }

    fn current_epoch(&self) -> Option<Epoch> {
        self.vault.calendar().epoch_at(self.now_unix)
    }

    /// Where the running epoch's rewards are paid.
    fn payout_wallet(&self) -> Address {
        self.operator.payout_wallet_at(self.current_epoch().unwrap_or(Epoch(0)))
    }

    fn in_json(&self) -> Value {
        let device = |device: &Device| {
            json!({
                "device": device.device_key().map(|key| base58::encode(key.bytes())),
                "class": device.class_index,
                "suspended": device.is_suspended(),
                "reason_code": device.reason_code,
            })
        };
        json!({
            "ok": true,
            "network": self.network.to_string(),
            "vault": self.vault_address.to_string(),
            "mint": self.vault.mint.to_string(),
            "decimals": self.decimals,
            "operator_index": self.operator.index,
            "wallet": self.operator.wallet.to_string(),
            "payout_wallet": self.payout_wallet().to_string(),
            "final_epoch": self.proof.as_ref().map(|proof| proof.epoch),
            "earned_in_final_epoch": self.proof.as_ref().map(|proof| proof.earned.to_string()),
            "earned": self.cumulative().to_string(),
            "claimed": self.claimed.to_string(),
            "claimable": self.claimable().to_string(),
            "current_epoch": self.current_epoch().map(Epoch::get),
            "next_to_finalize": self.vault.next_epoch,
            "devices": self.devices.iter().map(device).collect::<Vec<_>>(),
        })
    }

    fn in_words(&self) -> String {
        let amount = |amount| tokens(amount, self.decimals);
        let earned = match &self.proof {
            Some(proof) => {
                format!(
                    "{} up to epoch {}, {} of it in that epoch",
                    amount(proof.cumulative),
                    proof.epoch,
                    amount(proof.earned)
                )
            }
            None => "nothing is final yet".to_owned(),
        };
        let claim = if self.claimable() > 0 { ": `trellis rewards claim`" } else { "" };
        let mut lines = vec![
            format!("operator       {}, wallet {}", self.operator.index, self.operator.wallet),
            format!("paid to        {}", self.payout_wallet()),
            format!("earned         {earned}"),
            format!("claimed        {}", amount(self.claimed)),
            format!("claimable      {}{claim}", amount(self.claimable())),
            format!("next           {}", self.next()),
        ];
        lines.extend(self.devices.iter().map(describe_device));
        if self.devices.is_empty() {
            lines.push("device         none: `trellis device register` adds one".to_owned());
        }
        lines.join("\n")
    }

    fn next(&self) -> String {
        let next = self.vault.next_epoch;
        let end = self.vault.calendar().end_of(Epoch(next));
        let ends = match end {
            Some(end) if end > self.now_unix => format!("ends at {}", moment(end)),
            Some(end) => format!("ended at {}", moment(end)),
            None => "never ends".to_owned(),
        };
        let wait = self.vault.challenge_seconds;
        format!("epoch {next} {ends}; its root becomes final {wait} s after the oracles have approved it")
    }
}

fn describe_device(device: &Device) -> String {
    let key = device.device_key().map(|key| base58::encode(key.bytes())).unwrap_or_default();
    let state = match device.is_suspended() {
        true => format!("SUSPENDED for reason {}, earns nothing: see `trellis device list`", device.reason_code),
        false => "active".to_owned(),
    };
    format!("device         {key}, class {}, {state}", device.class_index)
}
