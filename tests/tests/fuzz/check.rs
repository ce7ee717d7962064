//! Whether the chain is as the model says: the promises about money, after every instruction.

use trellis_client::{
    accounts::{self, ClaimPage, Emission, Vault},
    addresses,
};
use trellis_tests::fixtures::EPOCH_CAP;

use super::model::{Network, Sim};

/// What differs, in words.
pub fn check(sim: &Sim) -> Result<(), String> {
    for (at, network) in sim.networks.iter().enumerate() {
        check_network(sim, network).map_err(|what| format!("network {at}: {what}"))?;
    }
    for (tokens, amount) in &sim.balances {
        same("what a payout account holds", sim.world.token_balance(*tokens), *amount)?;
    }
    Ok(())
}

fn check_network(sim: &Sim, network: &Network) -> Result<(), String> {
    let world = &sim.world;
    let vault: Vault = world.account(network.vault);
    let emission: Emission = world.account(addresses::emission(&network.address));
    // Promise 1: claimed ≤ promised ≤ funded, and each as the model counted it.
    same("claimed", vault.claimed_total, network.claimed)?;
    same("promised", vault.cumulative_total, network.promised)?;
    same("the vault's tokens", world.token_balance(network.vault_tokens), network.emitted - network.claimed)?;
    at_most("claimed of what was promised", network.claimed, network.promised)?;
    at_most("promised of what was funded", network.promised, network.emitted)?;
    at_most("promised of the epochs' caps", network.promised, EPOCH_CAP * network.next_epoch())?;
    // Promise 1: nobody is paid twice. Promise 5: nothing is paid from another vault.
    let page: ClaimPage = world.account(addresses::claim_page(&network.vault, 0));
    for (index, counter) in page.claimed.iter().enumerate() {
        let paid = network.operators.get(index).map_or(0, |operator| operator.paid);
        same("an operator's counter", *counter, paid)?;
    }
    same("the sum of the counters", page.claimed.iter().sum(), network.claimed)?;
    // Promise 4: what is final is what the model saw approved.
    same("the next epoch", vault.next_epoch, network.next_epoch())?;
    for root in network.finals.iter().rev().take(vault.roots.len()) {
        let kept = vault.kept_root(root.content.epoch).ok_or("a kept root is gone")?;
        same("a final root", kept.root, root.content.root)?;
    }
    // Nobody mints but the schedule.
    same("the supply", world.mint_state(network.mint).supply, network.emitted)?;
    same("emitted", emission.emitted, network.emitted)?;
    at_most("emitted of the cap", network.emitted, network.cap)?;
    // Promise 6: where operators are paid is what they said.
    for operator in &network.operators {
        let account: accounts::Operator = world.account(operator.address);
        same("a payout wallet", account.payout_wallet, operator.payout_wallet)?;
    }
    Ok(())
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, chain: T, model: T) -> Result<(), String> {
    if chain == model { Ok(()) } else { Err(format!("{what}: {chain:?} on the chain, {model:?} wanted")) }
}

fn at_most(what: &str, part: u64, whole: u64) -> Result<(), String> {
    if part <= whole { Ok(()) } else { Err(format!("{what}: {part} of {whole}")) }
}
