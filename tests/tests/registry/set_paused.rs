use solana_signer::Signer;
use trellis_client::{
    accounts::Network,
    instructions::registry::{
        create_class, register_operator, reinstate_device, retire_device, set_paused, set_payout_wallet,
        transfer_device,
    },
};
use trellis_registry::{error::RegistryError, event::NetworkUpdated};
use trellis_tests::{
    Outcome, World, assert_event, assert_program_error, assert_same, expect_success,
    fixtures::{NetworkFixture, class_args},
};

fn set(world: &mut World, network: &NetworkFixture, paused: bool) -> Outcome {
    let set = set_paused(network.authority_address(), network.address, paused);
    world.run(set, &[&network.authority])
}

#[test]
fn set_paused_and_back_changes_the_flag_alone() {
    let mut world = World::new();
    let network = world.create_network();
    let before = world.account::<Network>(network.address);
    let event = |paused| NetworkUpdated {
        network: network.address,
        guardian: before.guardian,
        policy_hash: before.policy_hash,
        suspension_vault: before.suspension_vault,
        paused,
    };
    let metadata = expect_success(set(&mut world, &network, true));
    assert_same(&world.account::<Network>(network.address), &Network { paused: 1, ..before });
    assert_event(&metadata, &event(true));
    assert_program_error(set(&mut world, &network, true), RegistryError::NothingToChange);
    let metadata = expect_success(set(&mut world, &network, false));
    assert_same(&world.account::<Network>(network.address), &before);
    assert_event(&metadata, &event(false));
    assert_program_error(set(&mut world, &network, false), RegistryError::NothingToChange);
}

#[test]
fn set_paused_by_anybody_but_the_authority_is_refused() {
    let mut world = World::new();
    let network = world.create_network();
    let stranger = world.keypair();
    for signer in [&stranger, &network.guardian] {
        let pause = set_paused(signer.pubkey(), network.address, true);
        assert_program_error(world.run(pause, &[signer]), RegistryError::NotAuthority);
    }
}

#[test]
fn set_paused_stops_operators_but_nothing_that_is_there_already() {
    let mut world = World::new();
    let network = world.create_network();
    let (operator, device) = world.device_of_new_operator(&network);
    let to = world.register_operator(&network);
    expect_success(set(&mut world, &network, true));
    let (wallet, newcomer, payer) = (operator.wallet.pubkey(), world.keypair(), world.payer());
    let register = register_operator(payer, newcomer.pubkey(), network.address, payer);
    assert_program_error(world.run(register.clone(), &[&newcomer]), RegistryError::NetworkPaused);

    let elsewhere = world.some_address();
    expect_success(world.run(set_payout_wallet(wallet, network.address, elsewhere), &[&operator.wallet]));
    world.suspend_device(&network, device.address);
    let reinstate = reinstate_device(network.authority_address(), network.address, device.address);
    expect_success(world.run(reinstate, &[&network.authority]));
    let transfer = transfer_device(wallet, to.wallet.pubkey(), network.address, device.address);
    expect_success(world.run(transfer, &[&operator.wallet, &to.wallet]));
    let retire = retire_device(to.wallet.pubkey(), network.address, device.address, payer);
    expect_success(world.run(retire, &[&to.wallet]));
    let class = create_class(payer, network.authority_address(), network.address, 1, class_args());
    expect_success(world.run(class, &[&network.authority]));

    expect_success(set(&mut world, &network, false));
    expect_success(world.run(register, &[&newcomer]));
}
