//! Who may create an emission, and which accounts it accepts; treasury and destinations are in
//! `create_emission_destinations`.

use solana_address::Address;
use solana_instruction::{Instruction, error::InstructionError};
use solana_signer::Signer;
use trellis_client::{SPL_TOKEN_ID, accounts::Network, addresses, instructions::token::create_emission};
use trellis_tests::{
    Refusal, World, assert_program_error, code, expect_success,
    fixtures::{NetworkFixture, VaultFixture, emission_args},
    refusal::TOO_FEW_ACCOUNTS,
    tamper,
};
use trellis_token::error::TokenError;

/// A network with a mint, a vault, and a treasury: the authority's token account.
fn prepared() -> (World, NetworkFixture, VaultFixture) {
    let mut world = World::new();
    let network = world.create_network();
    let mint = world.create_mint(&network);
    let vault = world.create_vault(&network, mint);
    world.open_token_account(network.authority_address(), mint);
    (world, network, vault)
}

fn treasury(network: &NetworkFixture) -> Address {
    addresses::associated_token_account(&network.authority_address(), &addresses::mint(&network.address))
}

fn vault_tokens(network: &NetworkFixture) -> Address {
    addresses::vault_tokens(&addresses::vault(&network.address, &addresses::mint(&network.address)))
}

/// The sound instruction.
fn create(world: &World, network: &NetworkFixture) -> Instruction {
    create_by(world.payer(), network.authority_address(), network)
}

fn create_by(payer: Address, authority: Address, network: &NetworkFixture) -> Instruction {
    let destinations = [vault_tokens(network)];
    create_emission(payer, authority, network.address, treasury(network), &destinations, emission_args())
}

#[test]
fn create_emission_by_anybody_but_the_authority_is_refused() {
    let (mut world, network, _) = prepared();
    let other = world.create_network();
    let stranger = world.keypair();
    for signer in [&stranger, &network.guardian, &other.authority] {
        let create = create_by(world.payer(), signer.pubkey(), &network);
        assert_program_error(world.run(create, &[signer]), TokenError::NotAuthority);
    }
}

#[test]
fn create_emission_paid_by_the_authority_succeeds() {
    let (mut world, network, _) = prepared();
    let authority = network.authority_address();
    let create = create_by(authority, authority, &network);
    expect_success(world.send(&[create], &[&network.authority]));
}

#[test]
fn create_emission_in_a_network_of_another_version_is_refused() {
    let (mut world, network, _) = prepared();
    world.forge::<Network>(network.address, |account| account.version = 2);
    let create = create(&world, &network);
    assert_program_error(world.run(create, &[&network.authority]), TokenError::UnknownVersion);
}

#[test]
fn create_emission_before_the_mint_is_refused() {
    let mut world = World::new();
    let network = world.create_network();
    let wallet = world.some_address();
    let authority = world.some_address();
    let foreign_mint = world.create_foreign_mint(authority);
    let tokens = world.create_token_account(wallet, foreign_mint);
    let mut create = create(&world, &network);
    create.accounts[5].pubkey = tokens;
    trellis_tests::assert_error(world.run(create, &[&network.authority]), InstructionError::IllegalOwner);
}

#[test]
fn create_emission_with_a_bent_network_signer_or_data_is_refused() {
    let (mut world, network, _) = prepared();
    let other = world.create_network();
    world.create_mint(&other);
    let (address, authority) = (network.address, network.authority_address());
    let sound = create(&world, &network);
    let mut refusals = world.impostors(&sound, address);
    let copy = || sound.clone();
    let system = solana_sdk_ids::system_program::ID;
    refusals.extend([
        Refusal::new(
            "no signature of the authority",
            tamper::unsign(copy(), authority),
            InstructionError::MissingRequiredSignature,
        ),
        Refusal::new("another network", tamper::swap(copy(), address, other.address), InstructionError::InvalidSeeds),
        Refusal::new(
            "another network and its addresses",
            create_by(world.payer(), authority, &other),
            code(TokenError::NotAuthority),
        ),
        Refusal::new(
            "no system program",
            tamper::swap(copy(), system, SPL_TOKEN_ID),
            InstructionError::IncorrectProgramId,
        ),
        Refusal::new(
            "a destination too few",
            tamper::one_account_short(copy()),
            code(TokenError::InvalidDestinationCount),
        ),
        Refusal::new(
            "an account too few",
            tamper::one_account_short(tamper::one_account_short(copy())),
            TOO_FEW_ACCOUNTS,
        ),
        Refusal::new("a byte too few", tamper::one_byte_short(copy()), InstructionError::InvalidInstructionData),
    ]);
    world.assert_refused(sound.clone(), &[&network.authority], refusals);
}

#[test]
fn create_emission_with_bent_token_accounts_is_refused() {
    let (mut world, network, vault) = prepared();
    let other = world.create_network();
    let other_mint = world.create_mint(&other);
    let address = network.address;
    let (mint, mint_authority) = (vault.mint, addresses::mint_authority(&address));
    let emission = addresses::emission(&address);
    let sound = create(&world, &network);

    let wallet = world.keypair().pubkey();
    let copied_mint = world.copy_elsewhere(mint);
    let own_tokens = world.copy_elsewhere(vault.tokens);
    world.edit_raw(own_tokens, |account| account.owner = trellis_client::REWARDS_ID);

    let case = |what: &str, from, to, error| Refusal::new(what, tamper::swap(sound.clone(), from, to), error);
    let refusals = vec![
        case("another network's mint", mint, other_mint, InstructionError::InvalidSeeds),
        case("a copy of the mint", mint, copied_mint, InstructionError::InvalidSeeds),
        case("a wallet as mint", mint, wallet, InstructionError::IllegalOwner),
        case("a token account as mint", mint, own_tokens, InstructionError::IllegalOwner),
        case("another mint authority", mint_authority, wallet, InstructionError::InvalidSeeds),
        case("another emission", emission, addresses::emission(&other.address), InstructionError::InvalidSeeds),
        Refusal::new(
            "an emission that is not writable",
            tamper::read_only(sound.clone(), emission),
            InstructionError::PrivilegeEscalation,
        ),
    ];
    world.assert_refused(sound.clone(), &[&network.authority], refusals);
}
