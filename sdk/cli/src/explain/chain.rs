//! What the chain says of an epoch's root, and by which transaction it became final.

use serde::Serialize;
use solana_address::Address;
use solana_instruction::Instruction;
use trellis_client::{
    Chain,
    accounts::{ClaimPage, RootProposal, Vault},
    addresses,
    instructions::rewards,
};
use trellis_core::{Epoch, pda};
use trellis_epoch::bundle::Bundle;

use crate::commands::{CheckFailed, amounts::decimals_of};

/// Transactions that are looked at for one proposal: its proposal, a vote of each oracle, its end.
const LOOKED_AT: usize = 64;

/// How far a root is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RootState {
    /// Nobody has proposed it yet.
    NotProposed,
    /// Proposed, and not approved by enough oracles yet.
    Proposed,
    /// Approved: its challenge window runs, or is over and somebody is to finalize it.
    Approved,
    /// The vault holds this very root: it can be claimed against.
    Final,
    /// Final, and no longer among the vault's last four: claims go by a later one, which holds all of it.
    FinalAndReplaced,
}

/// What the chain says.
#[derive(Clone, Debug, Serialize)]
pub struct Finality {
    pub state: RootState,
    /// When the challenge window ends, unix seconds; with `approved` alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub challenge_end_unix: Option<i64>,
    /// Signature of the transaction that proposed the root, and of the one that made it final; absent if the server does
    /// not remember them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proposed_in: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finalized_in: Option<String>,
    /// What the operator has claimed so far, over all epochs.
    pub claimed: u64,
    pub decimals: u8,
}

/// Compares the chain's root with the bundle's.
///
/// # Errors
/// They differ, or the chain does not answer.
pub async fn ask(chain: &Chain, bundle: &Bundle, operator_index: u32) -> anyhow::Result<Finality> {
    let (address, epoch) = (Address::new_from_array(bundle.manifest.vault), Epoch(bundle.manifest.epoch));
    let vault: Option<Vault> = chain.find(&address).await?;
    let missing =
        || CheckFailed(format!("the bundle's vault {address} is not on {}: is it the right --url?", chain.url()));
    let vault = vault.ok_or_else(missing)?;
    let mut finality = Finality {
        state: RootState::NotProposed,
        challenge_end_unix: None,
        proposed_in: None,
        finalized_in: None,
        claimed: claimed(chain, &address, operator_index).await?,
        decimals: decimals_of(chain, &vault.mint).await?,
    };
    if epoch.get() < vault.next_epoch {
        finality.state = match vault.kept_root(epoch) {
            None => RootState::FinalAndReplaced,
            Some(root) if root.root == bundle.manifest.root && root.bundle_hash == bundle.hash => RootState::Final,
            Some(root) => {
                let (theirs, ours) = (hex::encode(root.root), hex::encode(bundle.manifest.root));
                let words =
                    format!("epoch {epoch}: the vault's root is {theirs}, of another bundle; this bundle's is {ours}");
                return Err(CheckFailed(words).into());
            }
        };
    }
    for proposer in vault.oracles.iter().take(usize::from(vault.oracle_count)) {
        look_at_proposal(chain, &mut finality, (&address, proposer), bundle).await?;
    }
    Ok(finality)
}

async fn look_at_proposal(
    chain: &Chain,
    finality: &mut Finality,
    (vault, proposer): (&Address, &Address),
    bundle: &Bundle,
) -> anyhow::Result<()> {
    let content = bundle.manifest.root_content(bundle.hash);
    let address = addresses::proposal(vault, content.epoch, proposer);
    if matches!(finality.state, RootState::NotProposed | RootState::Proposed)
        && let Some(proposal) = chain.find::<RootProposal>(&address).await?
        && proposal.root == content.root
    {
        let approved = proposal.is_approved();
        finality.state = if approved { RootState::Approved } else { RootState::Proposed };
        finality.challenge_end_unix = approved.then_some(proposal.challenge_end_unix);
    }
    let (propose, finalize) = (rewards::propose_root(*proposer, &content), rewards::finalize_root(*vault, address));
    let mut proposed_in = None;
    for signature in chain.signatures_of(&address, LOOKED_AT).await? {
        let instructions = chain.instructions_of(&signature).await?;
        let has = |wanted: &Instruction| {
            instructions.iter().any(|past| past.program == wanted.program_id && past.data == wanted.data)
        };
        if has(&finalize) {
            finality.finalized_in = Some(signature.to_string());
        }
        if has(&propose) {
            proposed_in = Some(signature.to_string());
        }
    }
    // Others may have proposed the same content: the one that became final counts.
    if finality.proposed_in.is_none() || finality.finalized_in.is_some() {
        finality.proposed_in = proposed_in.or(finality.proposed_in.take());
    }
    Ok(())
}

async fn claimed(chain: &Chain, vault: &Address, operator_index: u32) -> anyhow::Result<u64> {
    let (page, slot) = pda::claim_slot(operator_index);
    let page: Option<ClaimPage> = chain.find(&addresses::claim_page(vault, page)).await?;
    Ok(page.and_then(|page| page.claimed.get(slot).copied()).unwrap_or(0))
}
