//! Whether the chain is as the model says: the promises about money, after every instruction.

use trellis_client::{
    accounts::{self, ClaimPage, Emission},
    addresses,
};

use super::{
    check_registry::check_registry,
    check_stakes::check_stakes,
    model::{Network, Sim},
};

/// What differs, in words.
pub fn check(sim: &Sim) -> Result<(), String> {
    for (at, network) in sim.networks.iter().enumerate() {
        check_vault(sim, network).map_err(|what| format!("network {at}: {what}"))?;
        check_roots(sim, network).map_err(|what| format!("network {at}: {what}"))?;
        check_supply(sim, network).map_err(|what| format!("network {at}: {what}"))?;
        check_stakes(sim, network).map_err(|what| format!("network {at}: {what}"))?;
        check_registry(sim, network).map_err(|what| format!("network {at}: {what}"))?;
    }
    for (tokens, amount) in &sim.balances {
        same("what a payout account holds", sim.world.token_balance(*tokens), *amount)?;
    }
    Ok(())
}

/// Promise 1: claimed ≤ promised ≤ funded, nobody is paid twice. Promise 5: nothing is paid from another vault.
fn check_vault(sim: &Sim, network: &Network) -> Result<(), String> {
    let (world, model) = (&sim.world, &network.vault);
    let vault: accounts::Vault = world.account(model.address);
    same("claimed", vault.claimed_total, model.claimed)?;
    same("promised", vault.cumulative_total, model.promised)?;
    same("the vault's tokens", world.token_balance(model.tokens), model.funded - model.claimed)?;
    at_most("claimed of what was promised", model.claimed, model.promised)?;
    at_most("promised of what was funded", model.promised, model.funded)?;
    at_most("promised of the epochs' caps", model.promised, model.caps_sum)?;
    let page: ClaimPage = world.account(addresses::claim_page(&model.address, 0));
    for (index, counter) in page.claimed.iter().enumerate() {
        let paid = network.operators.get(index).map_or(0, |operator| operator.paid);
        same("an operator's counter", *counter, paid)?;
    }
    same("the sum of the counters", page.claimed.iter().sum(), model.claimed)
}

/// Promise 4: what is final is what the model saw approved, and the settings are what the authority said.
fn check_roots(sim: &Sim, network: &Network) -> Result<(), String> {
    let model = &network.vault;
    let vault: accounts::Vault = sim.world.account(model.address);
    same("the next epoch", vault.next_epoch, model.next_epoch())?;
    for root in model.finals.iter().rev().take(vault.roots.len()) {
        let kept = vault.kept_root(root.content.epoch).ok_or("a kept root is gone")?;
        same("a final root", kept.root, root.content.root)?;
    }
    same("is a root approved", vault.approved != 0, model.approved.is_some())?;
    same("ballots cast", vault.ballots.iter().filter(|ballot| **ballot != 0).count(), model.ballots.len())?;
    same("the oracle set's version", vault.set_version, model.set_version)?;
    same("the epoch's cap", vault.epoch_cap, model.epoch_cap)?;
    same("the circuit breaker", vault.breaker_level, model.breaker.level)?;
    same("the pause", vault.paused_until_unix, model.paused_until_unix)?;
    same("the last epoch", vault.last_epoch, model.last_epoch.unwrap_or(u64::MAX))
}

/// Nobody mints but the schedule, nobody burns but the owner, and every token is somewhere.
fn check_supply(sim: &Sim, network: &Network) -> Result<(), String> {
    let (world, model) = (&sim.world, &network.supply);
    let emission: Emission = world.account(addresses::emission(&network.address));
    same("emitted", emission.emitted, model.emitted)?;
    same("recycled", emission.recycled, model.recycled)?;
    same("burned", emission.burned, model.burned)?;
    same("the supply", world.mint_state(network.mint).supply, model.total())?;
    at_most("emitted of the cap", model.emitted, model.cap())?;
    at_most("the supply of the cap", model.total(), model.cap())?;
    at_most("recycled of what was burned", model.recycled, model.most_recycled())?;
    let stake_tokens = addresses::stake_tokens(&network.pool);
    let accounts = model.destinations.iter().chain(network.payees.values());
    let accounts = accounts.chain([&network.treasury, &stake_tokens]);
    same("tokens in all accounts", accounts.map(|tokens| world.token_balance(*tokens)).sum(), model.total())
}

pub fn same<T: PartialEq + std::fmt::Debug>(what: &str, chain: T, model: T) -> Result<(), String> {
    if chain == model { Ok(()) } else { Err(format!("{what}: {chain:?} on the chain, {model:?} wanted")) }
}

pub fn at_most(what: &str, part: u64, whole: u64) -> Result<(), String> {
    if part <= whole { Ok(()) } else { Err(format!("{what}: {part} of {whole}")) }
}
