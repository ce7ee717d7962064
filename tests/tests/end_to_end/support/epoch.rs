//! An epoch from its end to its final root, and what must hold then.

use std::collections::BTreeSet;

use serde_json::Value;
use solana_signer::Signer;
use trellis_client::{
    accounts::{Emission, RootProposal, Vault},
    addresses,
    claims::Claim,
};
use trellis_core::{Amount, Epoch};

use super::{
    LOOK_EVERY, PATIENCE,
    device::Receipts,
    network::{CHALLENGE_SECONDS, FIRST_AMOUNT, Network},
    oracle::Oracle,
    process::trellis,
};

/// Waits until epoch 0's root is proposed and approved, so that its challenge window runs.
pub async fn until_approved(network: &Network) {
    let proposal = addresses::proposal(&network.vault, Epoch(0), &network.oracle.pubkey());
    let deadline = std::time::Instant::now() + PATIENCE;
    while !network.chain.find::<RootProposal>(&proposal).await.unwrap().is_some_and(|found| found.is_approved()) {
        assert!(std::time::Instant::now() < deadline, "no root is approved");
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Moves the chain's clock past the challenge window.
pub async fn pass_challenge_window(network: &Network) {
    let now = network.chain.unix_time().await.unwrap();
    network.travel(now + i64::from(CHALLENGE_SECONDS)).await;
}

/// Waits until the first `epochs` epochs are final, and moves the clock past each challenge window.
pub async fn until_final(network: &Network, epochs: u64) {
    let (deadline, mut passed) = (std::time::Instant::now() + PATIENCE, None);
    loop {
        let vault: Vault = network.chain.fetch(&network.vault).await.unwrap();
        if vault.next_epoch >= epochs {
            return;
        }
        // Once for each: days must not pass.
        if vault.approved != 0 && passed != Some(vault.next_epoch) {
            pass_challenge_window(network).await;
            passed = Some(vault.next_epoch);
        }
        assert!(std::time::Instant::now() < deadline, "epoch {} does not become final", vault.next_epoch);
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Epoch 0's bundle must hold exactly what there are receipts for, each once; and hold in an audit, on the chain too.
pub fn assert_bundle_is(oracle: &Oracle, network: &Network, receipts: &Receipts) {
    let verdicts = oracle.bundle(0).verdicts().unwrap().all().unwrap();
    let in_bundle: BTreeSet<_> = verdicts.iter().map(|verdict| verdict.id).collect();
    assert_eq!(in_bundle.len(), verdicts.len(), "an attestation stands twice in the bundle");
    assert_eq!(in_bundle, receipts.keys().copied().collect(), "bundle and receipts differ");
    assert!(verdicts.iter().all(|verdict| verdict.accepted_wh == Some(10)), "honest work was refused");
    let positions: BTreeSet<_> = receipts.values().collect();
    assert_eq!(positions.len(), receipts.len(), "two receipts have one position");

    let (folder, vault) = (oracle.bundle_folder(0), network.vault.to_string());
    let finished =
        trellis(&["audit", folder.to_str().unwrap(), "--json", "--url", &network.rpc_url, "--vault", &vault]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert_eq!(finished.json()["on_chain"], "same");
    assert_eq!(finished.json()["attestations"], receipts.len());
}

/// Epoch 0 was emitted once and its root made final once; nothing after it was.
pub async fn assert_posted_once(network: &Network) {
    let vault: Vault = network.chain.fetch(&network.vault).await.unwrap();
    assert_eq!((vault.next_epoch, vault.cumulative_total), (1, FIRST_AMOUNT));
    let emission: Emission = network.chain.fetch(&addresses::emission(&network.address)).await.unwrap();
    assert_eq!((emission.next_epoch, emission.emitted), (1, FIRST_AMOUNT));
    let vault_tokens = addresses::vault_tokens(&network.vault);
    assert_eq!(network.chain.token_balance(&vault_tokens).await.unwrap(), Some(FIRST_AMOUNT - vault.claimed_total));
}

/// The proof from the API leads to the chain's root, and the claim, sent by somebody else, pays it all.
pub async fn assert_claim_pays(oracle: &Oracle, network: &Network) {
    let (status, answer) = oracle.get("/v1/operators/0/proof").await;
    assert_eq!(status, 200, "{answer}");
    let claim = read_claim(&answer);
    assert_eq!((claim.payout_wallet, claim.cumulative), (network.operator.pubkey(), Amount(FIRST_AMOUNT)));
    let vault: Vault = network.chain.fetch(&network.vault).await.unwrap();
    claim.check(&vault).unwrap();
    network.chain.send(&[claim.instruction(&vault)], &[&network.founder]).await.unwrap();
    let account = addresses::associated_token_account(&network.operator.pubkey(), &network.mint);
    assert_eq!(network.chain.token_balance(&account).await.unwrap(), Some(FIRST_AMOUNT));
    assert_eq!(network.chain.balance_lamports(&network.operator.pubkey()).await.unwrap(), 0);
}

/// Somebody else sends the claim of the operator with this index.
pub async fn assert_claim_of_pays(oracle: &Oracle, network: &Network, operator: u32) {
    let (status, answer) = oracle.get(&format!("/v1/operators/{operator}/proof")).await;
    assert_eq!(status, 200, "{answer}");
    let claim = read_claim(&answer);
    let vault: Vault = network.chain.fetch(&network.vault).await.unwrap();
    claim.check(&vault).unwrap();
    network.chain.send(&[claim.instruction(&vault)], &[&network.founder]).await.unwrap();
    let account = addresses::associated_token_account(&claim.payout_wallet, &network.mint);
    assert_eq!(network.chain.token_balance(&account).await.unwrap(), Some(claim.cumulative.get()));
}

/// The claim of the operator with this index, by the oracle's proof.
pub async fn claim_of(oracle: &Oracle, network: &Network, operator: u32) -> solana_instruction::Instruction {
    let (_, answer) = oracle.get(&format!("/v1/operators/{operator}/proof")).await;
    let vault: Vault = network.chain.fetch(&network.vault).await.unwrap();
    read_claim(&answer).instruction(&vault)
}

fn read_claim(answer: &Value) -> Claim {
    let text = |field: &str| answer[field].as_str().unwrap();
    let node = |node: &Value| hex::decode(node.as_str().unwrap()).unwrap().try_into().unwrap();
    Claim {
        epoch: Epoch(answer["epoch"].as_u64().unwrap()),
        vault: text("vault").parse().unwrap(),
        operator_index: answer["operator_index"].as_u64().unwrap().try_into().unwrap(),
        payout_wallet: text("payout_wallet").parse().unwrap(),
        cumulative: Amount(text("cumulative").parse().unwrap()),
        proof: answer["proof"].as_array().unwrap().iter().map(node).collect(),
    }
}
