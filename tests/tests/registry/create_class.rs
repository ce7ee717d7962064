use bytemuck::Zeroable;
use solana_address::Address;
use solana_instruction::error::InstructionError;
use solana_signer::Signer;
use trellis_client::{
    REGISTRY_ID, SPL_TOKEN_ID,
    accounts::{DeviceClass, NO_LOCATION, Network},
    addresses,
    instructions::registry::{CreateClassArgs, create_class},
};
use trellis_core::pda;
use trellis_registry::{
    constants::{ACCOUNT_VERSION, MAX_RATED_POWER_WATTS, MAX_WEIGHT},
    error::RegistryError,
    event::ClassCreated,
};
use trellis_tests::{
    Outcome, Refusal, World, assert_error, assert_event, assert_program_error, assert_same, code, expect_success,
    fixtures::{NetworkFixture, class_args},
    refusal::{ACCOUNT_IN_USE, NOT_WRITABLE, TOO_FEW_ACCOUNTS},
    tamper,
};

fn create(world: &mut World, network: &NetworkFixture, index: u16, args: CreateClassArgs) -> Outcome {
    let create = create_class(world.payer(), network.authority_address(), network.address, index, args);
    world.run(create, &[&network.authority])
}

fn create_with(edit: impl FnOnce(&mut CreateClassArgs)) -> Outcome {
    let mut world = World::new();
    let network = world.create_network();
    let mut args = class_args();
    edit(&mut args);
    create(&mut world, &network, 0, args)
}

#[test]
fn create_class_with_sound_arguments_writes_every_field() {
    let mut world = World::new();
    let network = world.create_network();
    let maker = world.some_address();
    let before = world.account::<Network>(network.address);
    for index in 0..2 {
        let args = CreateClassArgs { maker, bond: 9, h3_resolution: 9, ..class_args() };
        let metadata = expect_success(create(&mut world, &network, index, args));

        let seeds: [&[u8]; 3] = [pda::CLASS, network.address.as_array(), &index.to_le_bytes()];
        let (address, bump) = Address::find_program_address(&seeds, &REGISTRY_ID);
        let wanted = DeviceClass {
            network: network.address,
            maker,
            rated_power_watts: 10_000,
            weight: 1_000,
            index,
            work_kind: 1,
            key_kind: 0,
            bond: 9,
            h3_resolution: 9,
            active: 1,
            version: ACCOUNT_VERSION,
            bump,
            ..DeviceClass::zeroed()
        };
        assert_same(&world.account::<DeviceClass>(address), &wanted);
        assert_same(&world.account::<Network>(network.address), &Network { class_count: index + 1, ..before });
        let event = ClassCreated {
            network: network.address,
            class: address,
            maker,
            rated_power_watts: 10_000,
            bond: 9,
            weight: 1_000,
            index,
            work_kind: 1,
            key_kind: 0,
            h3_resolution: 9,
        };
        assert_event(&metadata, &event);
    }
}

#[test]
fn create_class_with_an_index_that_is_not_the_next_is_refused() {
    let mut world = World::new();
    let network = world.create_network();
    assert_error(create(&mut world, &network, 1, class_args()), InstructionError::InvalidSeeds);
    expect_success(create(&mut world, &network, 0, class_args()));
    // The same instruction again: its class is no longer the next.
    assert_error(create(&mut world, &network, 0, class_args()), InstructionError::InvalidSeeds);
    assert_eq!(world.account::<Network>(network.address).class_count, 1);
}

#[test]
fn create_class_over_a_class_that_exists_is_refused() {
    let mut world = World::new();
    let network = world.create_network();
    expect_success(create(&mut world, &network, 0, class_args()));
    world.forge::<Network>(network.address, |account| account.class_count = 0);
    assert_error(create(&mut world, &network, 0, class_args()), ACCOUNT_IN_USE);
}

#[test]
fn create_class_paid_by_the_authority_succeeds() {
    let mut world = World::new();
    let network = world.create_network();
    let authority = network.authority_address();
    let create = create_class(authority, authority, network.address, 0, class_args());
    expect_success(world.send(&[create], &[&network.authority]));
}

#[test]
fn create_class_by_anybody_but_the_authority_is_refused() {
    let mut world = World::new();
    let (network, other) = (world.create_network(), world.create_network());
    let stranger = world.keypair();
    for signer in [&stranger, &network.guardian, &other.authority] {
        let create = create_class(world.payer(), signer.pubkey(), network.address, 0, class_args());
        assert_program_error(world.run(create, &[signer]), RegistryError::NotAuthority);
    }
}

#[test]
fn create_class_of_an_unknown_work_kind_is_refused() {
    for work_kind in [0, 2, u8::MAX] {
        assert_program_error(create_with(|args| args.work_kind = work_kind), RegistryError::UnknownWorkKind);
    }
}

#[test]
fn create_class_of_an_unknown_key_kind_is_refused() {
    for key_kind in [2, u8::MAX] {
        assert_program_error(create_with(|args| args.key_kind = key_kind), RegistryError::UnknownKeyKind);
    }
}

#[test]
fn create_class_with_a_weight_at_the_limits_succeeds_and_past_them_is_refused() {
    for weight in [1, MAX_WEIGHT] {
        expect_success(create_with(|args| args.weight = weight));
    }
    for weight in [0, MAX_WEIGHT + 1, u32::MAX] {
        assert_program_error(create_with(|args| args.weight = weight), RegistryError::InvalidWeight);
    }
}

#[test]
fn create_class_with_rated_power_at_the_limits_succeeds_and_past_them_is_refused() {
    for watts in [1, MAX_RATED_POWER_WATTS] {
        expect_success(create_with(|args| args.rated_power_watts = watts));
    }
    for watts in [0, MAX_RATED_POWER_WATTS + 1, u64::MAX] {
        assert_program_error(create_with(|args| args.rated_power_watts = watts), RegistryError::InvalidRatedPower);
    }
}

#[test]
fn create_class_of_every_key_kind_and_resolution_succeeds_and_of_others_is_refused() {
    expect_success(create_with(|args| args.key_kind = 1));
    for resolution in [0, 15, NO_LOCATION] {
        expect_success(create_with(|args| args.h3_resolution = resolution));
    }
    for resolution in [16, NO_LOCATION - 1] {
        assert_program_error(create_with(|args| args.h3_resolution = resolution), RegistryError::InvalidResolution);
    }
}

#[test]
fn create_class_after_the_last_index_is_refused() {
    let mut world = World::new();
    let network = world.create_network();
    world.forge::<Network>(network.address, |account| account.class_count = u16::MAX - 1);
    expect_success(create(&mut world, &network, u16::MAX - 1, class_args()));
    assert_program_error(create(&mut world, &network, u16::MAX, class_args()), RegistryError::CounterExhausted);
}

#[test]
fn create_class_on_a_network_of_another_version_is_refused() {
    let mut world = World::new();
    let network = world.create_network();
    world.forge::<Network>(network.address, |account| account.version = 2);
    assert_program_error(create(&mut world, &network, 0, class_args()), RegistryError::UnknownVersion);
}

#[test]
fn create_class_with_bent_accounts_or_data_is_refused() {
    let mut world = World::new();
    let (network, other) = (world.create_network(), world.create_network());
    let (address, authority, class) =
        (network.address, network.authority_address(), addresses::class(&network.address, 0));
    let sound = create_class(world.payer(), authority, address, 0, class_args());
    let mut refusals = world.impostors(&sound, address);
    let system = solana_sdk_ids::system_program::ID;
    let bent = |what: &str, instruction, error| Refusal::new(what, instruction, error);
    let copy = || sound.clone();
    refusals.extend([
        bent(
            "no signature of the authority",
            tamper::unsign(copy(), authority),
            InstructionError::MissingRequiredSignature,
        ),
        bent("a network that is not writable", tamper::read_only(copy(), address), NOT_WRITABLE),
        bent("a class that is not writable", tamper::read_only(copy(), class), NOT_WRITABLE),
        bent(
            "another network's class",
            tamper::swap(copy(), class, addresses::class(&other.address, 0)),
            InstructionError::InvalidSeeds,
        ),
        bent("another network", tamper::swap(copy(), address, other.address), code(RegistryError::NotAuthority)),
        bent("another program", tamper::swap(copy(), system, SPL_TOKEN_ID), InstructionError::IncorrectProgramId),
        bent("an account too few", tamper::one_account_short(copy()), TOO_FEW_ACCOUNTS),
        bent("a byte too few", tamper::one_byte_short(copy()), InstructionError::InvalidInstructionData),
    ]);
    world.assert_refused(sound.clone(), &[&network.authority], refusals);
}
