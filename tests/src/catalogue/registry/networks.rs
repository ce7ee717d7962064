//! Networks, classes and operators.

use solana_signer::Signer;
use trellis_client::{
    addresses,
    instructions::registry::{self, UpdateClassArgs, UpdateNetworkArgs},
};

use super::{PAYER, Town};
use crate::{
    World,
    catalogue::{Call, Case},
    fixtures::{NetworkFixture, class_args},
    outcome::expect_success,
};

pub fn cases() -> Vec<Case> {
    vec![
        Case::new("registry", "create_network", "", create_network),
        Case::new("registry", "update_network", "", update_network),
        Case::new("registry", "update_network", "pause", set_paused),
        Case::new("registry", "propose_authority", "", propose_authority),
        Case::new("registry", "propose_authority", "take back", cancel_authority_proposal),
        Case::new("registry", "accept_authority", "", accept_authority),
        Case::new("registry", "create_class", "", create_class),
        Case::new("registry", "update_class", "", update_class),
        Case::new("registry", "update_class", "close", set_class_active),
        Case::new("registry", "register_operator", "", register_operator),
        Case::new("registry", "set_payout_wallet", "", set_payout_wallet),
    ]
}

fn create_network(world: &mut World) -> Call {
    let (creator, guardian) = (world.keypair(), world.some_address());
    let args = world.network_args(guardian);
    Call::new(registry::create_network(world.payer(), creator.pubkey(), args), &[&creator]).any(world.payer(), PAYER)
}

/// A network, and another of another authority.
fn networks(world: &mut World) -> (NetworkFixture, NetworkFixture) {
    (world.create_network(), world.create_network())
}

fn update_network(world: &mut World) -> Call {
    let (network, other) = networks(world);
    let args = UpdateNetworkArgs { policy_hash: Some([1; 32]), ..Default::default() };
    let update = registry::update_network(network.authority_address(), network.address, args);
    Call::new(update, &[&network.authority]).twin(network.address, other.address)
}

fn set_paused(world: &mut World) -> Call {
    let (network, other) = networks(world);
    let pause = registry::set_paused(network.authority_address(), network.address, true);
    Call::new(pause, &[&network.authority]).twin(network.address, other.address)
}

fn propose_authority(world: &mut World) -> Call {
    let (network, other) = networks(world);
    let successor = world.some_address();
    let propose = registry::propose_authority(network.authority_address(), network.address, successor);
    Call::new(propose, &[&network.authority]).twin(network.address, other.address)
}

fn cancel_authority_proposal(world: &mut World) -> Call {
    let (network, other) = networks(world);
    let successor = world.some_address();
    for proposed in [&network, &other] {
        let propose = registry::propose_authority(proposed.authority_address(), proposed.address, successor);
        expect_success(world.run(propose, &[&proposed.authority]));
    }
    let cancel = registry::cancel_authority_proposal(network.authority_address(), network.address);
    Call::new(cancel, &[&network.authority]).twin(network.address, other.address)
}

fn accept_authority(world: &mut World) -> Call {
    let (network, other) = networks(world);
    let successor = world.keypair();
    let propose = registry::propose_authority(network.authority_address(), network.address, successor.pubkey());
    expect_success(world.run(propose, &[&network.authority]));
    Call::new(registry::accept_authority(successor.pubkey(), network.address), &[&successor])
        .twin(network.address, other.address)
}

fn create_class(world: &mut World) -> Call {
    let (network, other) = networks(world);
    let create = registry::create_class(world.payer(), network.authority_address(), network.address, 0, class_args());
    Call::new(create, &[&network.authority])
        .any(world.payer(), PAYER)
        .twin(network.address, other.address)
        .twin(addresses::class(&network.address, 0), addresses::class(&other.address, 0))
}

/// A network's only class, and another network's.
fn with_class_twins(call: Call, network: &NetworkFixture, other: &NetworkFixture) -> Call {
    call.twin(network.address, other.address)
        .twin(addresses::class(&network.address, 0), addresses::class(&other.address, 0))
}

fn update_class(world: &mut World) -> Call {
    let (network, other) = networks(world);
    world.create_class(&network);
    world.create_class(&other);
    let args = UpdateClassArgs {
        maker: Some(world.some_address()),
        rated_power_watts: Some(1),
        bond: Some(2),
        weight: Some(3),
        active: None,
    };
    let update = registry::update_class(network.authority_address(), network.address, 0, args);
    with_class_twins(Call::new(update, &[&network.authority]), &network, &other)
}

fn set_class_active(world: &mut World) -> Call {
    let (network, other) = networks(world);
    world.create_class(&network);
    world.create_class(&other);
    let close = registry::set_class_active(network.authority_address(), network.address, 0, false);
    with_class_twins(Call::new(close, &[&network.authority]), &network, &other)
}

fn register_operator(world: &mut World) -> Call {
    let (network, other) = networks(world);
    let wallet = world.keypair();
    let register = registry::register_operator(world.payer(), wallet.pubkey(), network.address, wallet.pubkey());
    let operator = |network| addresses::operator(network, &wallet.pubkey());
    Call::new(register, &[&wallet])
        .any(world.payer(), PAYER)
        .twin(network.address, other.address)
        .twin(operator(&network.address), operator(&other.address))
}

fn set_payout_wallet(world: &mut World) -> Call {
    let (town, other) = (Town::new(world), Town::new(world));
    let payout_wallet = world.some_address();
    let set = registry::set_payout_wallet(town.wallet().pubkey(), town.network.address, payout_wallet);
    Call::new(set, &[town.wallet()])
        .twin(town.network.address, other.network.address)
        .twin(town.operator.address, other.operator.address)
}
