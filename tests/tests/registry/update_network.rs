use solana_address::Address;
use solana_signer::Signer;
use trellis_client::{
    accounts::Network,
    instructions::registry::{UpdateNetworkArgs, update_network},
};
use trellis_registry::{error::RegistryError, event::NetworkUpdated};
use trellis_tests::{World, assert_event, assert_program_error, assert_same, expect_success, tamper};

#[test]
fn update_network_with_every_field_writes_them_alone() {
    let mut world = World::new();
    let network = world.create_network();
    let (guardian, vault) = (world.some_address(), world.some_address());
    let before = world.account::<Network>(network.address);
    let args = UpdateNetworkArgs {
        guardian: Some(guardian),
        policy_hash: Some([0x99; 32]),
        suspension_vault: Some(vault),
        paused: Some(true),
    };

    let update = update_network(network.authority_address(), network.address, args);
    let metadata = expect_success(world.run(update, &[&network.authority]));

    let wanted = Network { guardian, policy_hash: [0x99; 32], suspension_vault: vault, paused: 1, ..before };
    assert_same(&world.account::<Network>(network.address), &wanted);
    let (network, policy_hash) = (network.address, [0x99; 32]);
    let event = NetworkUpdated { network, guardian, policy_hash, suspension_vault: vault, paused: true };
    assert_event(&metadata, &event);
}

#[test]
fn update_network_with_one_field_leaves_the_others() {
    let mut world = World::new();
    let network = world.create_network();
    let mut wanted = world.account::<Network>(network.address);
    (wanted.guardian, wanted.policy_hash, wanted.suspension_vault) =
        (world.some_address(), [0x88; 32], world.some_address());
    let updates = [
        UpdateNetworkArgs { guardian: Some(wanted.guardian), ..Default::default() },
        UpdateNetworkArgs { policy_hash: Some(wanted.policy_hash), ..Default::default() },
        UpdateNetworkArgs { suspension_vault: Some(wanted.suspension_vault), ..Default::default() },
    ];
    for args in updates {
        let update = update_network(network.authority_address(), network.address, args);
        expect_success(world.run(update, &[&network.authority]));
    }
    assert_same(&world.account::<Network>(network.address), &wanted);
    // No vault at all is a choice; no guardian is not.
    let none = UpdateNetworkArgs { suspension_vault: Some(Address::default()), ..Default::default() };
    expect_success(
        world.run(update_network(network.authority_address(), network.address, none), &[&network.authority]),
    );
    let nobody = UpdateNetworkArgs { guardian: Some(Address::default()), ..Default::default() };
    let update = update_network(network.authority_address(), network.address, nobody);
    assert_program_error(world.run(update, &[&network.authority]), RegistryError::ZeroAddress);
}

#[test]
fn update_network_of_nothing_is_refused() {
    let mut world = World::new();
    let network = world.create_network();
    let update = update_network(network.authority_address(), network.address, UpdateNetworkArgs::default());
    assert_program_error(world.run(update, &[&network.authority]), RegistryError::NothingToChange);
    let same = UpdateNetworkArgs {
        policy_hash: Some(world.account::<Network>(network.address).policy_hash),
        ..Default::default()
    };
    let update = update_network(network.authority_address(), network.address, same);
    assert_program_error(world.run(update, &[&network.authority]), RegistryError::NothingToChange);
}

#[test]
fn update_network_by_anybody_but_the_authority_is_refused() {
    let mut world = World::new();
    let (network, other) = (world.create_network(), world.create_network());
    let args = || UpdateNetworkArgs { policy_hash: Some([1; 32]), ..Default::default() };
    for signer in [&network.guardian, &other.authority] {
        let update = update_network(signer.pubkey(), network.address, args());
        assert_program_error(world.run(update, &[signer]), RegistryError::NotAuthority);
    }
    let own = update_network(network.authority_address(), network.address, args());
    let bent = tamper::swap(own, network.address, other.address);
    assert_program_error(world.run(bent, &[&network.authority]), RegistryError::NotAuthority);
}
