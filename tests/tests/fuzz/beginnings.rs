//! What stands from the beginning of a run, made by the same instructions, cannot be made a second time.

use solana_signer::Signer;
use trellis_client::{
    SPL_TOKEN_ID, addresses,
    instructions::{registry, rewards, staking, token},
};
use trellis_tests::fixtures::vault_args;

use super::{
    attempt::{Action, Attempt},
    dice::Dice,
    model::Sim,
    slashes::quick_pool_settings,
    supply::emission_args,
};

pub const ACTIONS: &[Action] = &[
    Action { name: "registry.create_network", weight: 1, attempt: create_network },
    Action { name: "token.create_mint", weight: 1, attempt: create_mint },
    Action { name: "token.create_emission", weight: 1, attempt: create_emission },
    Action { name: "staking.create_pool", weight: 1, attempt: create_pool },
    Action { name: "rewards.create_vault", weight: 1, attempt: create_vault },
    Action { name: "rewards.open_page", weight: 1, attempt: open_page },
];

const AGAIN: &[(bool, &str)] = &[(true, "made already")];

fn create_network(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    let network = dice.pick(&sim.networks);
    let args = sim.world.network_args(network.people[0].pubkey());
    let create = registry::create_network(sim.world.payer(), network.creator.pubkey(), args);
    Some(Attempt::new(create, &[&network.creator], |_| {}).refused_if(AGAIN))
}

fn create_mint(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    let network = dice.pick(&sim.networks);
    let create = token::create_mint(sim.world.payer(), network.authority.pubkey(), network.address, 9);
    Some(Attempt::new(create, &[&network.authority], |_| {}).refused_if(AGAIN))
}

fn create_emission(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    let network = dice.pick(&sim.networks);
    let (payer, authority, treasury) = (sim.world.payer(), network.authority.pubkey(), network.treasury);
    let (destinations, args) = (&network.supply.destinations, emission_args(1_000));
    let create = token::create_emission(payer, authority, network.address, treasury, destinations, args);
    Some(Attempt::new(create, &[&network.authority], |_| {}).refused_if(AGAIN))
}

fn create_pool(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    let network = dice.pick(&sim.networks);
    let (payer, authority, settings) = (sim.world.payer(), network.authority.pubkey(), quick_pool_settings());
    let (address, mint, treasury) = (network.address, network.mint, network.treasury);
    let create = staking::create_pool(payer, authority, address, mint, SPL_TOKEN_ID, treasury, settings);
    Some(Attempt::new(create, &[&network.authority], |_| {}).refused_if(AGAIN))
}

fn create_vault(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    let network = dice.pick(&sim.networks);
    let (payer, authority) = (sim.world.payer(), network.authority.pubkey());
    let mint = addresses::mint(&network.address);
    let create = rewards::create_vault(payer, authority, network.address, mint, vault_args());
    Some(Attempt::new(create, &[&network.authority], |_| {}).refused_if(AGAIN))
}

fn open_page(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    let network = dice.pick(&sim.networks);
    let open = rewards::open_page(sim.world.payer(), network.vault.address, 0);
    Some(Attempt::new(open, &[], |_| {}).refused_if(AGAIN))
}
