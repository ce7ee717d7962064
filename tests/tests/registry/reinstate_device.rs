use solana_address::Address;
use solana_instruction::error::InstructionError;
use solana_signer::Signer;
use trellis_client::{
    accounts::{DEVICE_ACTIVE, Device},
    instructions::registry::{SuspendDeviceArgs, reinstate_device, suspend_device},
};
use trellis_registry::{error::RegistryError, event::DeviceReinstated};
use trellis_tests::{
    Outcome, Refusal, World, assert_event, assert_program_error, assert_same, code, expect_success,
    fixtures::{DeviceFixture, NetworkFixture},
    refusal::{NOT_WRITABLE, TOO_FEW_ACCOUNTS},
    tamper,
};

fn suspended() -> (World, NetworkFixture, DeviceFixture) {
    let mut world = World::new();
    let network = world.create_network();
    let class_index = world.create_class(&network);
    let operator = world.register_operator(&network);
    let device = world.register_device(&network, &operator, class_index);
    suspend(&mut world, &network, &device);
    (world, network, device)
}

fn suspend(world: &mut World, network: &NetworkFixture, device: &DeviceFixture) {
    let args = SuspendDeviceArgs { reason_code: u16::MAX, evidence_hash: [0xe7; 32] };
    let suspend = suspend_device(network.authority_address(), network.address, device.address, args);
    expect_success(world.run(suspend, &[&network.authority]));
}

fn reinstate(world: &mut World, network: &NetworkFixture, device: &DeviceFixture) -> Outcome {
    let reinstate = reinstate_device(network.authority_address(), network.address, device.address);
    world.run(reinstate, &[&network.authority])
}

#[test]
fn reinstate_device_by_the_authority_clears_the_reason_and_keeps_the_evidence() {
    let (mut world, network, device) = suspended();
    let before = world.account::<Device>(device.address);
    assert_eq!(before.reason_code, u16::MAX);

    let metadata = expect_success(reinstate(&mut world, &network, &device));

    let wanted = Device { status: DEVICE_ACTIVE, reason_code: 0, suspended_by: Address::default(), ..before };
    assert_same(&world.account::<Device>(device.address), &wanted);
    assert_event(&metadata, &DeviceReinstated { network: network.address, device: device.address });
}

#[test]
fn reinstate_device_twice_is_refused_until_it_is_suspended_again() {
    let (mut world, network, device) = suspended();
    expect_success(reinstate(&mut world, &network, &device));
    assert_program_error(reinstate(&mut world, &network, &device), RegistryError::NotSuspended);
    suspend(&mut world, &network, &device);
    expect_success(reinstate(&mut world, &network, &device));
}

#[test]
fn reinstate_device_that_never_was_suspended_is_refused() {
    let (mut world, network, _) = suspended();
    let operator = world.register_operator(&network);
    let active = world.register_device(&network, &operator, 0);
    assert_program_error(reinstate(&mut world, &network, &active), RegistryError::NotSuspended);
}

#[test]
fn reinstate_device_by_anybody_but_the_authority_is_refused() {
    let (mut world, network, device) = suspended();
    let other = world.create_network();
    let stranger = world.keypair();
    for signer in [&stranger, &network.guardian, &other.authority, &device.key] {
        let reinstate = reinstate_device(signer.pubkey(), network.address, device.address);
        assert_program_error(world.run(reinstate, &[signer]), RegistryError::NotAuthority);
    }
}

#[test]
fn reinstate_device_of_another_network_is_refused() {
    let (mut world, network, device) = suspended();
    let other = world.create_network();
    let bent = tamper::swap(
        reinstate_device(other.authority_address(), network.address, device.address),
        network.address,
        other.address,
    );
    assert_program_error(world.run(bent, &[&other.authority]), RegistryError::WrongNetwork);
}

#[test]
fn reinstate_device_of_another_version_is_refused() {
    let (mut world, network, device) = suspended();
    world.forge::<Device>(device.address, |account| account.version = 2);
    assert_program_error(reinstate(&mut world, &network, &device), RegistryError::UnknownVersion);
}

#[test]
fn reinstate_device_with_bent_accounts_is_refused() {
    let (mut world, network, device) = suspended();
    let other = world.create_network();
    let (address, authority) = (network.address, network.authority_address());
    let sound = reinstate_device(authority, address, device.address);
    let mut refusals = world.impostors(&sound, address);
    refusals.extend(world.impostors(&sound, device.address));
    let copy = || sound.clone();
    refusals.extend([
        Refusal::new(
            "a network of another authority",
            tamper::swap(copy(), address, other.address),
            code(RegistryError::NotAuthority),
        ),
        Refusal::new(
            "no signature of the authority",
            tamper::unsign(copy(), authority),
            InstructionError::MissingRequiredSignature,
        ),
        Refusal::new("a device that is not writable", tamper::read_only(copy(), device.address), NOT_WRITABLE),
        Refusal::new("an account too few", tamper::one_account_short(copy()), TOO_FEW_ACCOUNTS),
    ]);
    world.assert_refused(sound.clone(), &[&network.authority], refusals);
}
