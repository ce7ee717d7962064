//! The RPC server, which cluster it is of, the features that programs need.

use agave_feature_set::{enable_sbpf_v3_deployment_and_execution, enable_secp256r1_precompile};
use anyhow::Result;
use solana_address::Address;
use trellis_client::{Chain, in_words};

use super::Check;

/// The public clusters, by the hash of their first block.
const CLUSTERS: [(&str, &str); 3] = [
    ("5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d", "mainnet-beta"),
    ("EtWTRABZaYq6iMfeYKouRu166VU2xqa1wcaWoxPkrZBG", "devnet"),
    ("4uhcVJyU9pJkvQyS88uRDiswHXSCkY3zQawwpjk2NsNY", "testnet"),
];

/// Features that must be active, and what for.
const FEATURES: [(&str, Address, &str); 2] = [
    (
        "SBPFv3",
        enable_sbpf_v3_deployment_and_execution::ID,
        "the programs are built for it, and are refused without it",
    ),
    ("secp256r1", enable_secp256r1_precompile::ID, "devices with P-256 keys (secure elements) register with it"),
];

/// Owner of the accounts that say whether a feature is active.
const FEATURE_GATES: Address = Address::from_str_const("Feature111111111111111111111111111111111111");

/// Does the server answer, and what is it?
pub async fn server(chain: &Chain) -> Check {
    match chain.version().await {
        Ok(version) => Check::ok("RPC server", format!("{}, version {version}", chain.url())),
        Err(error) => Check::bad("RPC server", in_words(&error), "correct --url, or start what is to answer there"),
    }
}

/// Which cluster is it?
pub async fn identity(chain: &Chain) -> Result<Check> {
    let genesis = chain.genesis_hash().await?;
    let known = CLUSTERS.iter().find(|(hash, _)| *hash == genesis).map(|(_, name)| *name);
    let name = known.unwrap_or("none of the public ones");
    Ok(Check::ok("cluster", format!("{name}, genesis hash {genesis}")))
}

/// Are the features active?
pub async fn features(chain: &Chain) -> Result<Vec<Check>> {
    let accounts = chain.accounts(&FEATURES.map(|(_, id, _)| id)).await?;
    let checks = FEATURES.iter().zip(accounts).map(|((name, id, why), account)| {
        let what = format!("feature {name}");
        let data = account.filter(|account| account.owner == FEATURE_GATES).map(|account| account.data);
        match data.as_deref().map(activated_at) {
            Some(Some(slot)) => Check::ok(what, format!("active since slot {slot}")),
            Some(None) => Check::bad(what, format!("pending: {id}"), format!("wait for its activation; {why}")),
            None => Check::bad(what, format!("not active: {id}"), format!("use another cluster; {why}")),
        }
    });
    Ok(checks.collect())
}

/// The slot in which a feature became active, from its account: a byte that says whether, then the slot.
fn activated_at(data: &[u8]) -> Option<u64> {
    match data.split_first()? {
        (1, slot) => Some(u64::from_le_bytes(*slot.first_chunk()?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::activated_at;

    #[test]
    fn activated_at_reads_active_and_pending_features() {
        assert_eq!(activated_at(&[1, 7, 0, 0, 0, 0, 0, 0, 0]), Some(7));
        assert_eq!(activated_at(&[0, 0, 0, 0, 0, 0, 0, 0, 0]), None);
        assert_eq!(activated_at(&[1, 7]), None);
        assert_eq!(activated_at(&[]), None);
    }
}
