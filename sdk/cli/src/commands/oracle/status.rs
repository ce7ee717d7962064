//! `trellis oracle status`.

use serde_json::{Value, json};
use solana_address::Address;
use trellis_client::{
    Chain,
    accounts::{RootProposal, Vault},
    addresses,
    oracle::Status,
};
use trellis_core::Epoch;
use trellis_epoch::encoding::moment;

use crate::{
    commands::{CheckFailed, Said, target::TargetArgs},
    output::{self, sol},
};

/// Shows who votes on the network's roots, with which weight and balance, and for what in the epoch that is next to
/// become final; and how the oracle at --oracle is, if one is named. Exit code 1 if that oracle has a problem.
#[derive(Clone, Debug, clap::Args)]
pub struct StatusArgs {
    /// Address of the reward vault [default: the one of the network's own mint]
    #[arg(long, value_name = "ADDRESS")]
    pub vault: Option<Address>,
    #[command(flatten)]
    pub target: TargetArgs,
}

/// One oracle of the set.
struct Member {
    oracle: Address,
    weight: u16,
    lamports: u64,
    /// Whose proposal it votes for.
    votes_for: Option<Address>,
}

struct Shown {
    network: Address,
    address: Address,
    vault: Vault,
    members: Vec<Member>,
    /// The approved proposal for the next epoch.
    approved: Option<RootProposal>,
    now_unix: i64,
    own: Option<Status>,
}

/// # Errors
/// The vault is not there, or the oracle that was named has a problem.
pub async fn run(args: &StatusArgs, json: bool) -> anyhow::Result<()> {
    let target = args.target.resolve()?;
    let chain = target.chain()?;
    let own = match target.named_oracle()? {
        Some(oracle) => Some(target.status_of(&oracle).await?),
        None => None,
    };
    let (network, _) = target.network_on(&chain).await?;
    let own_vault = || addresses::vault(&network, &addresses::mint(&network));
    let address = args.vault.or_else(|| own.as_ref().map(|status| status.vault)).unwrap_or_else(own_vault);
    let shown = look(&chain, network, address, own).await?;
    match json {
        true => output::result(shown.in_json())?,
        false => output::result(shown.in_words())?,
    }
    match (shown.problem(), json) {
        (None, _) => Ok(()),
        (Some(_), true) => Err(Said.into()),
        (Some(problem), false) => Err(CheckFailed(problem).into()),
    }
}

async fn look(chain: &Chain, network: Address, address: Address, own: Option<Status>) -> anyhow::Result<Shown> {
    let vault: Vault = chain.fetch(&address).await?;
    let count = usize::from(vault.oracle_count);
    let oracle_at = |place: u8| vault.oracles.get(usize::from(place).checked_sub(1)?).copied();
    let mut members = Vec::with_capacity(count);
    for place in 0..count {
        let oracle = vault.oracles[place];
        members.push(Member {
            oracle,
            weight: vault.weights[place],
            lamports: chain.balance_lamports(&oracle).await?,
            votes_for: oracle_at(vault.ballots[place]),
        });
    }
    let approved = match oracle_at(vault.approved) {
        Some(proposer) => chain.find(&addresses::proposal(&address, Epoch(vault.next_epoch), &proposer)).await?,
        None => None,
    };
    Ok(Shown { network, address, members, approved, now_unix: chain.unix_time().await?, own, vault })
}

impl Shown {
    fn problem(&self) -> Option<String> {
        let own = self.own.as_ref()?;
        let alarms = own.alarms.iter().map(|alarm| format!("{}: {}", alarm.code, alarm.detail));
        let all: Vec<String> = own.problem.iter().cloned().chain(alarms).collect();
        (!all.is_empty()).then(|| all.join("; "))
    }

    fn in_json(&self) -> Value {
        let member = |member: &Member| {
            json!({
                "oracle": member.oracle.to_string(),
                "weight": member.weight,
                "lamports": member.lamports,
                "votes_for": member.votes_for.map(|proposer| proposer.to_string()),
            })
        };
        let own = self.own.as_ref().map(|own| {
            json!({
                "oracle": own.oracle.to_string(),
                "version": own.version,
                "next_to_close": own.next_to_close,
                "next_to_finalize": own.next_to_finalize,
                "acknowledged": own.acknowledged,
                "problem": own.problem,
                "alarms": own.alarms.iter().map(|alarm| &alarm.code).collect::<Vec<_>>(),
            })
        });
        json!({
            "ok": self.problem().is_none(),
            "network": self.network.to_string(),
            "vault": self.address.to_string(),
            "threshold": self.vault.threshold,
            "oracles": self.members.iter().map(member).collect::<Vec<_>>(),
            "next_to_finalize": self.vault.next_epoch,
            "approved_root": self.approved.as_ref().map(|approved| hex::encode(approved.root)),
            "challenge_end_unix": self.approved.as_ref().map(|approved| approved.challenge_end_unix),
            "paused_until_unix": self.vault.is_paused(self.now_unix).then_some(self.vault.paused_until_unix),
            "own": own,
        })
    }

    fn in_words(&self) -> String {
        let weight: u32 = self.members.iter().map(|member| u32::from(member.weight)).sum();
        let mut lines = vec![
            format!("vault          {}", self.address),
            format!("threshold      {} of the weight {weight}", self.vault.threshold),
        ];
        for member in &self.members {
            let vote = match member.votes_for {
                Some(proposer) if proposer == member.oracle => "votes for its own proposal".to_owned(),
                Some(proposer) => format!("votes for the proposal of {proposer}"),
                None => "has not voted".to_owned(),
            };
            lines.push(format!(
                "oracle         {}, weight {}, {} SOL, {vote}",
                member.oracle,
                member.weight,
                sol(member.lamports)
            ));
        }
        lines.push(format!("next           {}", self.next()));
        if self.vault.is_paused(self.now_unix) {
            lines.push(format!("PAUSED         by the guardian until {}", moment(self.vault.paused_until_unix)));
        }
        if let Some(own) = &self.own {
            lines.push(format!(
                "this oracle    {}, version {}: {} attestations, epoch {} is next to be closed",
                own.oracle, own.version, own.acknowledged, own.next_to_close
            ));
        }
        lines.join("\n")
    }

    fn next(&self) -> String {
        let next = self.vault.next_epoch;
        let end = self.vault.calendar().end_of(Epoch(next)).unwrap_or(i64::MAX);
        match &self.approved {
            Some(approved) if self.now_unix < approved.challenge_end_unix => {
                format!("epoch {next}: approved, final from {}", moment(approved.challenge_end_unix))
            }
            Some(_) => format!("epoch {next}: approved, and can be made final by anybody"),
            None if self.now_unix < end => format!("epoch {next}: ends at {}", moment(end)),
            None => format!("epoch {next}: ended at {}, no root is approved yet", moment(end)),
        }
    }
}
