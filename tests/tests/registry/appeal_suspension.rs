use solana_address::Address;
use solana_signer::Signer;
use trellis_client::{
    accounts::{DEVICE_ACTIVE, Device},
    instructions::registry::{appeal_suspension, reinstate_device},
};
use trellis_registry::{error::RegistryError, event::SuspensionAppealed};
use trellis_tests::{
    Refusal, START_UNIX, World, assert_event, assert_program_error, assert_same, code, expect_success,
    fixtures::{DeviceFixture, NetworkFixture, OperatorFixture},
    refusal::NOT_WRITABLE,
    tamper,
};

fn suspended() -> (World, NetworkFixture, OperatorFixture, DeviceFixture) {
    let mut world = World::new();
    let network = world.create_network();
    let (operator, device) = world.device_of_new_operator(&network);
    world.suspend_device(&network, device.address);
    (world, network, operator, device)
}

#[test]
fn appeal_suspension_is_written_once_and_cleared_by_reinstatement() {
    let (mut world, network, operator, device) = suspended();
    let before = world.account::<Device>(device.address);
    let appeal = |hash| appeal_suspension(operator.wallet.pubkey(), network.address, device.address, hash);
    world.advance(4);

    let metadata = expect_success(world.run(appeal([0xab; 32]), &[&operator.wallet]));

    let wanted = Device { appeal_hash: [0xab; 32], appealed_unix: START_UNIX + 4, ..before };
    assert_same(&world.account::<Device>(device.address), &wanted);
    let event = SuspensionAppealed { device: device.address, operator_index: 0, statement_hash: [0xab; 32] };
    assert_event(&metadata, &event);
    assert_program_error(world.run(appeal([0; 32]), &[&operator.wallet]), RegistryError::AlreadyAppealed);

    let reinstate = reinstate_device(network.authority_address(), network.address, device.address);
    expect_success(world.run(reinstate, &[&network.authority]));
    let wanted = Device { status: DEVICE_ACTIVE, suspended_by: Address::default(), reason_code: 0, ..before };
    assert_same(&world.account::<Device>(device.address), &wanted);
    assert_program_error(world.run(appeal([1; 32]), &[&operator.wallet]), RegistryError::NotSuspended);
    // The next suspension can be appealed again.
    world.suspend_device(&network, device.address);
    expect_success(world.run(appeal([1; 32]), &[&operator.wallet]));
}

#[test]
fn appeal_suspension_by_anybody_but_the_operator_is_refused() {
    let (mut world, network, operator, device) = suspended();
    let other = world.register_operator(&network);
    let own = appeal_suspension(other.wallet.pubkey(), network.address, device.address, [1; 32]);
    assert_program_error(world.run(own.clone(), &[&other.wallet]), RegistryError::WrongOperator);
    let bent = tamper::swap(own, other.address, operator.address);
    assert_program_error(world.run(bent, &[&other.wallet]), RegistryError::NotOperatorWallet);
}

#[test]
fn appeal_suspension_with_bent_accounts_is_refused() {
    let (mut world, network, operator, device) = suspended();
    let other = world.register_operator(&network);
    let sound = appeal_suspension(operator.wallet.pubkey(), network.address, device.address, [1; 32]);
    let mut refusals = world.impostors(&sound, operator.address);
    refusals.extend(world.impostors(&sound, device.address));
    refusals.extend([
        Refusal::new("not writable", tamper::read_only(sound.clone(), device.address), NOT_WRITABLE),
        Refusal::new(
            "another operator",
            tamper::swap(sound.clone(), operator.address, other.address),
            code(RegistryError::NotOperatorWallet),
        ),
    ]);
    world.assert_refused(sound, &[&operator.wallet], refusals);
}
