use bytemuck::Zeroable;
use solana_address::Address;
use solana_instruction::{Instruction, error::InstructionError};
use solana_keypair::Keypair;
use solana_signer::Signer;
use trellis_client::{
    REGISTRY_ID, SPL_TOKEN_ID,
    accounts::{Network, account_bytes},
    addresses,
    instructions::registry::{CreateNetworkArgs, create_network},
};
use trellis_core::pda;
use trellis_registry::{
    constants::{ACCOUNT_VERSION, MAX_EPOCH_SECONDS, MAX_GENESIS_AHEAD_SECONDS, MIN_EPOCH_SECONDS},
    error::RegistryError,
    event::NetworkCreated,
};
use trellis_tests::{
    Outcome, Refusal, START_UNIX, World, assert_error, assert_event, assert_program_error, assert_same, expect_success,
    refusal::{ACCOUNT_IN_USE, NOT_EXECUTABLE, NOT_WRITABLE, TOO_FEW_ACCOUNTS},
    tamper,
};

/// A world, a creator, and arguments that are accepted.
fn prepared() -> (World, Keypair, CreateNetworkArgs) {
    let mut world = World::new();
    let creator = world.keypair();
    let guardian = world.some_address();
    let args = world.network_args(guardian);
    (world, creator, args)
}

fn create_with(edit: impl FnOnce(&mut CreateNetworkArgs)) -> Outcome {
    let (mut world, creator, mut args) = prepared();
    edit(&mut args);
    let create = create_network(world.payer(), creator.pubkey(), args);
    world.run(create, &[&creator])
}

#[test]
fn create_network_with_sound_arguments_writes_every_field() {
    let (mut world, creator, args) = prepared();
    let metadata =
        expect_success(world.run(create_network(world.payer(), creator.pubkey(), args.clone()), &[&creator]));

    let authority = creator.pubkey();
    let (address, bump) =
        Address::find_program_address(&[pda::NETWORK, authority.as_array(), &args.name], &REGISTRY_ID);
    let wanted = Network {
        authority: creator.pubkey(),
        guardian: args.guardian,
        creator: creator.pubkey(),
        name: args.name,
        policy_hash: [0x70; 32],
        genesis_unix: START_UNIX,
        epoch_seconds: 3_600,
        version: ACCOUNT_VERSION,
        bump,
        ..Network::zeroed()
    };
    assert_same(&world.account::<Network>(address), &wanted);
    let rent = world.svm.minimum_balance_for_rent_exemption(account_bytes::<Network>());
    assert_eq!(world.lamports(address), rent);
    assert_event(
        &metadata,
        &NetworkCreated {
            network: address,
            authority: creator.pubkey(),
            name: args.name,
            genesis_unix: START_UNIX,
            epoch_seconds: 3_600,
            policy_hash: [0x70; 32],
        },
    );
}

#[test]
fn create_network_twice_is_refused_and_changes_nothing() {
    let (mut world, creator, args) = prepared();
    let create = create_network(world.payer(), creator.pubkey(), args.clone());
    expect_success(world.run(create.clone(), &[&creator]));
    let address = addresses::network(&creator.pubkey(), &args.name);
    let before = world.raw(address);
    assert_error(world.run(create, &[&creator]), ACCOUNT_IN_USE);
    assert_eq!(world.raw(address), before);
}

#[test]
fn create_network_of_a_taken_name_by_another_creator_is_another_network() {
    let mut world = World::new();
    let (first, second) = (world.create_network(), world.create_network());
    assert_ne!(first.address, second.address);
    let (first, second) = (world.account::<Network>(first.address), world.account::<Network>(second.address));
    assert_eq!(first.name, second.name);
    assert_ne!(first.authority, second.authority);
}

#[test]
fn create_network_at_an_address_that_holds_lamports_already_succeeds() {
    for lamports in [1, 1_000_000_000] {
        let (mut world, creator, args) = prepared();
        let address = addresses::network(&creator.pubkey(), &args.name);
        world.fund(address, lamports);
        expect_success(world.run(create_network(world.payer(), creator.pubkey(), args), &[&creator]));
        assert_eq!(world.account::<Network>(address).authority, creator.pubkey());
    }
}

#[test]
fn create_network_paid_by_its_creator_succeeds() {
    let (mut world, creator, args) = prepared();
    let address = addresses::network(&creator.pubkey(), &args.name);
    expect_success(world.send(&[create_network(creator.pubkey(), creator.pubkey(), args)], &[&creator]));
    assert_eq!(world.account::<Network>(address).authority, creator.pubkey());
}

#[test]
fn create_network_with_a_name_of_32_bytes_succeeds() {
    expect_success(create_with(|args| args.name = *b"thirty-two bytes of name, no zero"[..32].first_chunk().unwrap()));
}

#[test]
fn create_network_with_a_name_that_is_no_padded_text_is_refused() {
    let padded = |text: &[u8]| {
        let mut name = [0; 32];
        name[..text.len()].copy_from_slice(text);
        name
    };
    let names = [
        padded(b""),
        padded(b"\0late"),
        padded(b"in\0between"),
        padded(b"\xff\xfe"),
        padded("caf\u{e9}".as_bytes()),
        padded(b"tab\there"),
        {
            let mut name = padded(b"last");
            name[31] = b'x';
            name
        },
    ];
    for name in names {
        assert_program_error(create_with(|args| args.name = name), RegistryError::InvalidName);
    }
}

#[test]
fn create_network_with_epochs_at_the_limits_succeeds_and_past_them_is_refused() {
    for seconds in [MIN_EPOCH_SECONDS, MAX_EPOCH_SECONDS] {
        expect_success(create_with(|args| args.epoch_seconds = seconds));
    }
    for seconds in [0, MIN_EPOCH_SECONDS - 1, MAX_EPOCH_SECONDS + 1, u32::MAX] {
        assert_program_error(create_with(|args| args.epoch_seconds = seconds), RegistryError::InvalidEpochLength);
    }
}

#[test]
fn create_network_with_genesis_at_the_limits_succeeds_and_past_them_is_refused() {
    let (earliest, latest) = (START_UNIX - 3_600, START_UNIX + MAX_GENESIS_AHEAD_SECONDS);
    for genesis in [earliest, latest] {
        expect_success(create_with(|args| args.genesis_unix = genesis));
    }
    for genesis in [earliest - 1, latest + 1, 0, START_UNIX * 1_000, i64::MIN, i64::MAX] {
        assert_program_error(create_with(|args| args.genesis_unix = genesis), RegistryError::InvalidGenesis);
    }
}

#[test]
fn create_network_without_guardian_is_refused() {
    assert_program_error(create_with(|args| args.guardian = Address::default()), RegistryError::ZeroAddress);
}

#[test]
fn create_network_by_a_payer_without_lamports_is_refused() {
    let (mut world, creator, args) = prepared();
    let payer = world.unfunded_keypair();
    let create = create_network(payer.pubkey(), creator.pubkey(), args);
    // The system program's ResultWithNegativeLamports.
    assert_error(world.run(create, &[&payer, &creator]), InstructionError::Custom(1));
}

#[test]
fn create_network_with_bent_accounts_or_data_is_refused() {
    let (mut world, creator, args) = prepared();
    let payer = world.keypair();
    let address = addresses::network(&creator.pubkey(), &args.name);
    let sound = create_network(payer.pubkey(), creator.pubkey(), args);
    let elsewhere = world.some_address();
    let bent =
        |what: &str, bend: &dyn Fn(Instruction) -> Instruction, error| Refusal::new(what, bend(sound.clone()), error);
    let system = solana_sdk_ids::system_program::ID;
    let refusals = vec![
        bent(
            "no signature of the creator",
            &|ix| tamper::unsign(ix, creator.pubkey()),
            InstructionError::MissingRequiredSignature,
        ),
        bent(
            "no signature of the payer",
            &|ix| tamper::unsign(ix, payer.pubkey()),
            InstructionError::MissingRequiredSignature,
        ),
        // Anchor looks at both flags of a writable signer at once.
        bent(
            "a payer that is not writable",
            &|ix| tamper::read_only(ix, payer.pubkey()),
            InstructionError::MissingRequiredSignature,
        ),
        bent("a network that is not writable", &|ix| tamper::read_only(ix, address), NOT_WRITABLE),
        bent("another address", &|ix| tamper::swap(ix, address, elsewhere), InstructionError::InvalidSeeds),
        bent("another program", &|ix| tamper::swap(ix, system, SPL_TOKEN_ID), InstructionError::IncorrectProgramId),
        bent("no program", &|ix| tamper::swap(ix, system, elsewhere), NOT_EXECUTABLE),
        bent("an account too few", &tamper::one_account_short, TOO_FEW_ACCOUNTS),
        bent("a byte too few", &tamper::one_byte_short, InstructionError::InvalidInstructionData),
    ];
    world.assert_refused(sound.clone(), &[&payer, &creator], refusals);
}
