use solana_address::Address;
use solana_instruction::error::InstructionError;
use solana_signer::Signer;
use trellis_client::{
    SPL_TOKEN_ID, TOKEN_2022_ID, TOKEN_ID,
    accounts::Network,
    addresses,
    instructions::{
        registry::{accept_authority, propose_authority},
        token::{create_mint, create_mint_of},
    },
};
use trellis_core::pda;
use trellis_tests::{
    MintState, Outcome, Refusal, World, assert_error, assert_event, assert_program_error, code, expect_success,
    fixtures::{DECIMALS, NetworkFixture},
    refusal::{ACCOUNT_IN_USE, NOT_EXECUTABLE, TOO_FEW_ACCOUNTS},
    tamper,
};
use trellis_token::{constants::MAX_DECIMALS, error::TokenError, event::MintCreated};

fn prepared() -> (World, NetworkFixture) {
    let mut world = World::new();
    let network = world.create_network();
    (world, network)
}

fn create(world: &mut World, network: &NetworkFixture, decimals: u8) -> Outcome {
    let create = create_mint(world.payer(), network.authority_address(), network.address, decimals);
    world.run(create, &[&network.authority])
}

#[test]
fn create_mint_by_the_authority_makes_an_empty_mint_that_only_the_program_can_mint() {
    let (mut world, network) = prepared();
    let metadata = expect_success(create(&mut world, &network, 6));

    let derive = |seed: &[u8]| Address::find_program_address(&[seed, network.address.as_array()], &TOKEN_ID).0;
    let mint = derive(pda::MINT);
    let wanted =
        MintState { authority: Some(derive(pda::MINT_AUTHORITY)), supply: 0, decimals: 6, freeze_authority: None };
    assert_eq!(world.mint_state(mint), wanted);
    let event = MintCreated { network: network.address, mint, token_program: SPL_TOKEN_ID, decimals: 6 };
    assert_event(&metadata, &event);
}

#[test]
fn create_mint_of_token_2022_makes_the_same_mint_without_extensions() {
    let (mut world, network) = prepared();
    let address = network.address;
    let create = create_mint_of(world.payer(), network.authority_address(), address, 6, TOKEN_2022_ID);
    let metadata = expect_success(world.run(create, &[&network.authority]));

    let mint = addresses::mint(&address);
    let account = world.raw(mint).unwrap();
    assert_eq!(account.owner, TOKEN_2022_ID);
    // The layout of SPL Token: authority, supply, decimals, initialized, no freeze authority.
    let authority = addresses::mint_authority(&address);
    let wanted = [&[1, 0, 0, 0][..], authority.as_ref(), &[0; 8], &[6, 1], &[0; 36]].concat();
    assert_eq!(account.data, wanted);
    assert_event(&metadata, &MintCreated { network: address, mint, token_program: TOKEN_2022_ID, decimals: 6 });
}

#[test]
fn create_mint_again_of_the_other_token_program_is_refused() {
    for (first, second) in [(SPL_TOKEN_ID, TOKEN_2022_ID), (TOKEN_2022_ID, SPL_TOKEN_ID)] {
        let (mut world, network) = prepared();
        world.create_mint_of(&network, first);
        let create = create_mint_of(world.payer(), network.authority_address(), network.address, DECIMALS, second);
        assert_error(world.run(create, &[&network.authority]), ACCOUNT_IN_USE);
    }
}

#[test]
fn create_mint_in_a_network_of_another_version_is_refused() {
    let (mut world, network) = prepared();
    world.forge::<Network>(network.address, |account| account.version = 2);
    assert_program_error(create(&mut world, &network, DECIMALS), TokenError::UnknownVersion);
}

#[test]
fn create_mint_twice_is_refused_even_with_other_decimals() {
    let (mut world, network) = prepared();
    expect_success(create(&mut world, &network, DECIMALS));
    for decimals in [DECIMALS, 0] {
        assert_error(create(&mut world, &network, decimals), ACCOUNT_IN_USE);
    }
    assert_eq!(world.mint_state(addresses::mint(&network.address)).decimals, DECIMALS);
}

#[test]
fn create_mint_with_decimals_at_the_limits_succeeds_and_past_them_is_refused() {
    for decimals in [0, MAX_DECIMALS] {
        let (mut world, network) = prepared();
        expect_success(create(&mut world, &network, decimals));
    }
    for decimals in [MAX_DECIMALS + 1, u8::MAX] {
        let (mut world, network) = prepared();
        assert_program_error(create(&mut world, &network, decimals), TokenError::TooManyDecimals);
        assert_eq!(world.raw(addresses::mint(&network.address)), None);
    }
}

#[test]
fn create_mint_by_anybody_but_the_authority_is_refused() {
    let (mut world, network) = prepared();
    let other = world.create_network();
    let stranger = world.keypair();
    for signer in [&stranger, &network.guardian, &other.authority] {
        let create = create_mint(world.payer(), signer.pubkey(), network.address, DECIMALS);
        assert_program_error(world.run(create, &[signer]), TokenError::NotAuthority);
    }
}

#[test]
fn create_mint_after_a_handover_belongs_to_the_new_authority() {
    let (mut world, network) = prepared();
    let successor = world.keypair();
    let propose = propose_authority(network.authority_address(), network.address, successor.pubkey());
    expect_success(world.run(propose, &[&network.authority]));
    expect_success(world.run(accept_authority(successor.pubkey(), network.address), &[&successor]));

    assert_program_error(create(&mut world, &network, DECIMALS), TokenError::NotAuthority);
    let create = create_mint(world.payer(), successor.pubkey(), network.address, DECIMALS);
    expect_success(world.run(create, &[&successor]));
}

#[test]
fn create_mint_paid_by_the_authority_succeeds() {
    let (mut world, network) = prepared();
    let authority = network.authority_address();
    expect_success(world.send(&[create_mint(authority, authority, network.address, 9)], &[&network.authority]));
}

#[test]
fn create_mint_at_an_address_that_holds_lamports_already_succeeds() {
    let (mut world, network) = prepared();
    world.fund(addresses::mint(&network.address), 1);
    expect_success(create(&mut world, &network, DECIMALS));
}

#[test]
fn create_mint_with_bent_accounts_or_data_is_refused() {
    let (mut world, network) = prepared();
    let other = world.create_network();
    let (address, authority) = (network.address, network.authority_address());
    let (mint, mint_authority) = (addresses::mint(&address), addresses::mint_authority(&address));
    let someone = world.some_address();
    let sound = create_mint(world.payer(), authority, address, DECIMALS);
    let mut refusals = world.impostors(&sound, address);
    let copy = || sound.clone();
    let system = solana_sdk_ids::system_program::ID;
    let case = |what: &str, instruction, error| Refusal::new(what, instruction, error);
    let swapped = |from, to| tamper::swap(copy(), from, to);
    refusals.extend([
        case(
            "no signature of the authority",
            tamper::unsign(copy(), authority),
            InstructionError::MissingRequiredSignature,
        ),
        case("another network", swapped(address, other.address), InstructionError::InvalidSeeds),
        case(
            "another network and its addresses",
            create_mint(world.payer(), authority, other.address, DECIMALS),
            code(TokenError::NotAuthority),
        ),
        case("another mint", swapped(mint, addresses::mint(&other.address)), InstructionError::InvalidSeeds),
        case("another mint authority", swapped(mint_authority, someone), InstructionError::InvalidSeeds),
        case("a mint that is not writable", tamper::read_only(copy(), mint), InstructionError::PrivilegeEscalation),
        case("another program", swapped(SPL_TOKEN_ID, TOKEN_ID), InstructionError::IncorrectProgramId),
        case("no token program", swapped(SPL_TOKEN_ID, someone), NOT_EXECUTABLE),
        case("no system program", swapped(system, SPL_TOKEN_ID), InstructionError::IncorrectProgramId),
        case("an account too few", tamper::one_account_short(copy()), TOO_FEW_ACCOUNTS),
        case("a byte too few", tamper::one_byte_short(copy()), InstructionError::InvalidInstructionData),
    ]);
    world.assert_refused(sound.clone(), &[&network.authority], refusals);
}
