use solana_address::Address;
use solana_signer::Signer;
use trellis_client::{
    accounts::{Device, DeviceClass, Operator},
    addresses,
    instructions::registry::{UpdateClassArgs, set_class_active, update_class},
};
use trellis_registry::{
    constants::{MAX_RATED_POWER_WATTS, MAX_WEIGHT},
    error::RegistryError,
    event::ClassUpdated,
};
use trellis_tests::{
    Outcome, Refusal, World, assert_event, assert_program_error, assert_same, code, expect_success,
    fixtures::NetworkFixture, refusal::NOT_WRITABLE, tamper,
};

fn args() -> UpdateClassArgs {
    UpdateClassArgs {
        maker: Some(Address::new_from_array([6; 32])),
        rated_power_watts: Some(7),
        bond: Some(8),
        weight: Some(9),
        active: Some(false),
    }
}

fn created() -> (World, NetworkFixture, Address) {
    let mut world = World::new();
    let network = world.create_network();
    let index = world.create_class(&network);
    let class = addresses::class(&network.address, index);
    (world, network, class)
}

fn update(world: &mut World, network: &NetworkFixture, args: UpdateClassArgs) -> Outcome {
    let update = update_class(network.authority_address(), network.address, 0, args);
    world.run(update, &[&network.authority])
}

fn updated(network: Address, class: Address, account: &DeviceClass) -> ClassUpdated {
    let DeviceClass { maker, rated_power_watts, bond, weight, active, .. } = *account;
    ClassUpdated { network, class, maker, rated_power_watts, bond, weight, active: active != 0 }
}

#[test]
fn update_class_writes_what_may_change_alone() {
    let (mut world, network, class) = created();
    let before = world.account::<DeviceClass>(class);
    let metadata = expect_success(update(&mut world, &network, args()));
    let maker = Address::new_from_array([6; 32]);
    let wanted = DeviceClass { maker, rated_power_watts: 7, bond: 8, weight: 9, active: 0, ..before };
    assert_same(&world.account::<DeviceClass>(class), &wanted);
    assert_event(&metadata, &updated(network.address, class, &wanted));
}

#[test]
fn update_class_of_the_bond_asks_no_more_of_devices_that_are_there() {
    let (mut world, network, _) = created();
    let operator = world.register_operator(&network);
    let old = world.register_device(&network, &operator, 0);
    expect_success(update(
        &mut world,
        &network,
        UpdateClassArgs { maker: Some(Address::default()), active: None, ..args() },
    ));
    let new = world.register_device(&network, &operator, 0);
    let bond = |device| world.account::<Device>(device).bond;
    assert_eq!((bond(old.address), bond(new.address)), (0, 8));
    assert_eq!(world.account::<Operator>(operator.address).required_bond, 8);
}

#[test]
fn update_class_past_the_limits_is_refused() {
    let (mut world, network, _) = created();
    for weight in [0, MAX_WEIGHT + 1] {
        let outcome = update(&mut world, &network, UpdateClassArgs { weight: Some(weight), ..args() });
        assert_program_error(outcome, RegistryError::InvalidWeight);
    }
    for rated_power_watts in [0, MAX_RATED_POWER_WATTS + 1] {
        let outcome =
            update(&mut world, &network, UpdateClassArgs { rated_power_watts: Some(rated_power_watts), ..args() });
        assert_program_error(outcome, RegistryError::InvalidRatedPower);
    }
}

#[test]
fn update_class_with_bent_accounts_is_refused() {
    let (mut world, network, class) = created();
    let other = world.create_network();
    world.create_class(&other);
    let foreign = addresses::class(&other.address, 0);
    let stranger = world.keypair();
    let by = update_class(stranger.pubkey(), network.address, 0, args());
    assert_program_error(world.run(by, &[&stranger]), RegistryError::NotAuthority);
    let sound = update_class(network.authority_address(), network.address, 0, args());
    let mut refusals = world.impostors(&sound, network.address);
    refusals.extend(world.impostors(&sound, class));
    refusals.extend([
        Refusal::new(
            "another network's class",
            tamper::swap(sound.clone(), class, foreign),
            code(RegistryError::WrongNetwork),
        ),
        Refusal::new("not writable", tamper::read_only(sound.clone(), class), NOT_WRITABLE),
    ]);
    world.assert_refused(sound, &[&network.authority], refusals);
    world.forge::<DeviceClass>(class, |account| account.version = 2);
    let change = UpdateClassArgs { bond: Some(1), ..Default::default() };
    assert_program_error(update(&mut world, &network, change), RegistryError::UnknownVersion);
}

#[test]
fn set_class_active_changes_the_flag_alone_and_not_twice() {
    let (mut world, network, class) = created();
    let before = world.account::<DeviceClass>(class);
    for active in [false, true] {
        let set = || set_class_active(network.authority_address(), network.address, 0, active);
        let metadata = expect_success(world.run(set(), &[&network.authority]));
        let wanted = DeviceClass { active: u8::from(active), ..before };
        assert_same(&world.account::<DeviceClass>(class), &wanted);
        assert_event(&metadata, &updated(network.address, class, &wanted));
        assert_program_error(world.run(set(), &[&network.authority]), RegistryError::NothingToChange);
    }
}

#[test]
fn set_class_active_by_another_authority_is_refused() {
    let (mut world, network, class) = created();
    let other = world.create_network();
    let by = set_class_active(other.authority_address(), network.address, 0, false);
    assert_program_error(world.run(by, &[&other.authority]), RegistryError::NotAuthority);
    let own = set_class_active(other.authority_address(), other.address, 0, false);
    let bent = tamper::swap(own, addresses::class(&other.address, 0), class);
    assert_program_error(world.run(bent, &[&other.authority]), RegistryError::WrongNetwork);
}
