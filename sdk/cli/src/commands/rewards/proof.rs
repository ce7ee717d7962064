//! An operator's proof, as an oracle gives it.

use serde::Deserialize;
use solana_address::Address;
use trellis_client::{accounts::Vault, claims::Claim};
use trellis_core::{Amount, Epoch, Hash};

use crate::commands::{
    CheckFailed,
    oracle_api::{OracleApi, OracleError, address},
};

/// `GET /v1/operators/{operator}/proof`.
#[derive(Clone, Debug, Deserialize)]
pub struct ProofAnswer {
    pub epoch: u64,
    #[serde(deserialize_with = "address")]
    pub vault: Address,
    pub operator_index: u32,
    #[serde(deserialize_with = "address")]
    pub payout_wallet: Address,
    /// Earned in this epoch; decimal.
    #[serde(with = "decimal")]
    pub earned: u64,
    /// Earned in all epochs up to this one; decimal.
    #[serde(with = "decimal")]
    pub cumulative: u64,
    proof: Vec<Node>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(transparent)]
struct Node(#[serde(with = "hex")] Hash);

/// Amounts in the API are decimal strings.
mod decimal {
    use serde::{Deserialize, Deserializer, de::Error};

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|_| D::Error::custom(format!("`{text}` is no amount")))
    }
}

impl ProofAnswer {
    /// Asks for the proof of `operator`, an index or a wallet: of `epoch`, or of the last final one.
    ///
    /// # Errors
    /// The oracle does not answer, or has no such proof.
    pub async fn fetch(oracle: &OracleApi, operator: &str, epoch: Option<u64>) -> Result<Self, OracleError> {
        let which = epoch.map(|epoch| format!("?epoch={epoch}")).unwrap_or_default();
        oracle.get(&format!("/v1/operators/{operator}/proof{which}")).await
    }

    pub fn claim(&self) -> Claim {
        Claim {
            epoch: Epoch(self.epoch),
            vault: self.vault,
            operator_index: self.operator_index,
            payout_wallet: self.payout_wallet,
            cumulative: Amount(self.cumulative),
            proof: self.proof.iter().map(|node| node.0).collect(),
        }
    }

    /// Errors unless the proof leads to a root that `vault`, read from the chain, holds now.
    ///
    /// # Errors
    /// The epoch is not final yet, later roots have replaced its own, or the proof is not of it.
    pub fn check(&self, vault: &Vault, from: &str) -> Result<(), CheckFailed> {
        let epoch = self.epoch;
        if epoch >= vault.next_epoch {
            let next = vault.next_epoch;
            return Err(CheckFailed(format!(
                "epoch {epoch} is not final yet: the next to become final is {next}; claim what is final with no --epoch, or wait"
            )));
        }
        if vault.kept_root(Epoch(epoch)).is_none() {
            let last = vault.next_epoch.saturating_sub(1);
            return Err(CheckFailed(format!(
                "the proof is stale: it is for epoch {epoch}, and the vault keeps the last four roots, up to epoch {last}; \
                 leave --epoch out for a new proof, or ask another oracle with --oracle if this one lags"
            )));
        }
        self.claim().check(vault).map_err(|error| CheckFailed(format!("{from}: {error}")))
    }
}
