use solana_instruction::error::InstructionError;
use solana_signer::Signer;
use trellis_client::{
    accounts::{DEVICE_SUSPENDED, Device, Network},
    instructions::registry::{SuspendDeviceArgs, accept_authority, propose_authority, suspend_device},
};
use trellis_registry::{error::RegistryError, event::DeviceSuspended};
use trellis_tests::{
    Outcome, Refusal, World, assert_event, assert_program_error, assert_same, code, expect_success,
    fixtures::{DeviceFixture, NetworkFixture},
    refusal::{NOT_WRITABLE, TOO_FEW_ACCOUNTS},
    tamper,
};

fn args() -> SuspendDeviceArgs {
    SuspendDeviceArgs { reason_code: 7, evidence_hash: [0xe7; 32] }
}

fn registered() -> (World, NetworkFixture, DeviceFixture) {
    let mut world = World::new();
    let network = world.create_network();
    let device = add_device(&mut world, &network);
    (world, network, device)
}

fn add_device(world: &mut World, network: &NetworkFixture) -> DeviceFixture {
    let class_index = world.create_class(network);
    let operator = world.register_operator(network);
    world.register_device(network, &operator, class_index)
}

fn suspend(world: &mut World, network: &NetworkFixture, device: &DeviceFixture, args: SuspendDeviceArgs) -> Outcome {
    let suspend = suspend_device(network.authority_address(), network.address, device.address, args);
    world.run(suspend, &[&network.authority])
}

#[test]
fn suspend_device_by_the_authority_changes_status_reason_and_evidence_alone() {
    let (mut world, network, device) = registered();
    let before = world.account::<Device>(device.address);
    let network_before = world.account::<Network>(network.address);

    let metadata = expect_success(suspend(&mut world, &network, &device, args()));

    let by = network.authority_address();
    let wanted =
        Device { status: DEVICE_SUSPENDED, reason_code: 7, evidence_hash: [0xe7; 32], suspended_by: by, ..before };
    assert_same(&world.account::<Device>(device.address), &wanted);
    assert_same(&world.account::<Network>(network.address), &network_before);
    let event = DeviceSuspended {
        network: network.address,
        device: device.address,
        by,
        reason_code: 7,
        evidence_hash: [0xe7; 32],
    };
    assert_event(&metadata, &event);
}

#[test]
fn suspend_device_without_a_reason_is_refused() {
    let (mut world, network, device) = registered();
    let outcome = suspend(&mut world, &network, &device, SuspendDeviceArgs { reason_code: 0, ..args() });
    assert_program_error(outcome, RegistryError::MissingReason);
}

#[test]
fn suspend_device_twice_is_refused_and_keeps_the_first_reason() {
    let (mut world, network, device) = registered();
    expect_success(suspend(&mut world, &network, &device, args()));
    assert_program_error(suspend(&mut world, &network, &device, args()), RegistryError::AlreadySuspended);
    let other = SuspendDeviceArgs { reason_code: 8, evidence_hash: [0; 32] };
    assert_program_error(suspend(&mut world, &network, &device, other), RegistryError::AlreadySuspended);
    assert_eq!(world.account::<Device>(device.address).reason_code, 7);
}

#[test]
fn suspend_device_by_anybody_but_the_authority_is_refused() {
    let (mut world, network, device) = registered();
    let other = world.create_network();
    let stranger = world.keypair();
    for signer in [&stranger, &network.guardian, &other.authority, &device.key] {
        let suspend = suspend_device(signer.pubkey(), network.address, device.address, args());
        assert_program_error(world.run(suspend, &[signer]), RegistryError::NotAuthority);
    }
}

#[test]
fn suspend_device_by_a_former_authority_is_refused() {
    let (mut world, network, device) = registered();
    let successor = world.keypair();
    let propose = propose_authority(network.authority_address(), network.address, successor.pubkey());
    expect_success(world.run(propose, &[&network.authority]));
    expect_success(world.run(accept_authority(successor.pubkey(), network.address), &[&successor]));
    assert_program_error(suspend(&mut world, &network, &device, args()), RegistryError::NotAuthority);
}

#[test]
fn suspend_device_of_another_network_is_refused() {
    let (mut world, network, device) = registered();
    let other = world.create_network();
    let bent = tamper::swap(
        suspend_device(other.authority_address(), network.address, device.address, args()),
        network.address,
        other.address,
    );
    assert_program_error(world.run(bent, &[&other.authority]), RegistryError::WrongNetwork);
}

#[test]
fn suspend_device_of_another_version_is_refused() {
    let (mut world, network, device) = registered();
    world.forge::<Device>(device.address, |account| account.version = 2);
    assert_program_error(suspend(&mut world, &network, &device, args()), RegistryError::UnknownVersion);
}

#[test]
fn suspend_device_with_bent_accounts_or_data_is_refused() {
    let (mut world, network, device) = registered();
    let other = world.create_network();
    let foreign = add_device(&mut world, &other);
    let (address, authority) = (network.address, network.authority_address());
    let sound = suspend_device(authority, address, device.address, args());
    let mut refusals = world.impostors(&sound, address);
    refusals.extend(world.impostors(&sound, device.address));
    let copy = || sound.clone();
    refusals.extend([
        Refusal::new(
            "another network's device",
            tamper::swap(copy(), device.address, foreign.address),
            code(RegistryError::WrongNetwork),
        ),
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
        Refusal::new("a byte too few", tamper::one_byte_short(copy()), InstructionError::InvalidInstructionData),
    ]);
    world.assert_refused(sound.clone(), &[&network.authority], refusals);
}
