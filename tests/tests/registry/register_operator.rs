use bytemuck::Zeroable;
use solana_address::Address;
use solana_instruction::error::InstructionError;
use solana_keypair::Keypair;
use solana_signer::Signer;
use trellis_client::{
    REGISTRY_ID, SPL_TOKEN_ID,
    accounts::{Network, Operator},
    addresses,
    instructions::registry::register_operator,
};
use trellis_core::pda;
use trellis_registry::{constants::ACCOUNT_VERSION, error::RegistryError, event::OperatorRegistered};
use trellis_tests::{
    Refusal, World, assert_error, assert_event, assert_program_error, assert_same, expect_success,
    fixtures::NetworkFixture,
    refusal::{ACCOUNT_IN_USE, NOT_WRITABLE, TOO_FEW_ACCOUNTS},
    tamper,
};

fn prepared() -> (World, NetworkFixture, Keypair) {
    let mut world = World::new();
    let network = world.create_network();
    let wallet = world.keypair();
    (world, network, wallet)
}

#[test]
fn register_operator_with_sound_arguments_writes_every_field() {
    let (mut world, network, _) = prepared();
    let before = world.account::<Network>(network.address);
    for index in 0..2 {
        let (wallet, payout_wallet) = (world.keypair(), world.some_address());
        let register = register_operator(world.payer(), wallet.pubkey(), network.address, payout_wallet);
        let metadata = expect_success(world.run(register, &[&wallet]));

        let signer = wallet.pubkey();
        let seeds: [&[u8]; 3] = [pda::OPERATOR, network.address.as_array(), signer.as_array()];
        let (address, bump) = Address::find_program_address(&seeds, &REGISTRY_ID);
        let wanted = Operator {
            network: network.address,
            wallet: wallet.pubkey(),
            payout_wallet,
            index,
            version: ACCOUNT_VERSION,
            bump,
            ..Operator::zeroed()
        };
        assert_same(&world.account::<Operator>(address), &wanted);
        assert_same(&world.account::<Network>(network.address), &Network { operator_count: index + 1, ..before });
        let event = OperatorRegistered {
            network: network.address,
            operator: address,
            wallet: wallet.pubkey(),
            payout_wallet,
            index,
        };
        assert_event(&metadata, &event);
    }
}

#[test]
fn register_operator_twice_is_refused_and_takes_no_index() {
    let (mut world, network, wallet) = prepared();
    let register = register_operator(world.payer(), wallet.pubkey(), network.address, wallet.pubkey());
    expect_success(world.run(register.clone(), &[&wallet]));
    assert_error(world.run(register, &[&wallet]), ACCOUNT_IN_USE);
    // Nor does it move the payout wallet.
    let elsewhere = world.some_address();
    let register = register_operator(world.payer(), wallet.pubkey(), network.address, elsewhere);
    assert_error(world.run(register, &[&wallet]), ACCOUNT_IN_USE);
    let address = addresses::operator(&network.address, &wallet.pubkey());
    assert_eq!(world.account::<Operator>(address).payout_wallet, wallet.pubkey());
    assert_eq!(world.account::<Network>(network.address).operator_count, 1);
}

#[test]
fn register_operator_in_two_networks_gives_an_index_in_each() {
    let (mut world, network, wallet) = prepared();
    let other = world.create_network();
    world.register_operator(&network);
    for (network, index) in [(&network, 1), (&other, 0)] {
        let register = register_operator(world.payer(), wallet.pubkey(), network.address, wallet.pubkey());
        expect_success(world.run(register, &[&wallet]));
        let address = addresses::operator(&network.address, &wallet.pubkey());
        assert_eq!(world.account::<Operator>(address).index, index);
    }
}

#[test]
fn register_operator_paid_by_its_wallet_succeeds() {
    let (mut world, network, wallet) = prepared();
    let register = register_operator(wallet.pubkey(), wallet.pubkey(), network.address, wallet.pubkey());
    expect_success(world.send(&[register], &[&wallet]));
}

#[test]
fn register_operator_with_the_zero_address_as_payout_wallet_is_refused() {
    let (mut world, network, wallet) = prepared();
    let register = register_operator(world.payer(), wallet.pubkey(), network.address, Address::default());
    assert_program_error(world.run(register, &[&wallet]), RegistryError::ZeroAddress);
}

#[test]
fn register_operator_after_the_last_index_is_refused() {
    let (mut world, network, wallet) = prepared();
    world.forge::<Network>(network.address, |account| account.operator_count = u32::MAX - 1);
    assert_eq!(world.register_operator(&network).index, u32::MAX - 1);
    let register = register_operator(world.payer(), wallet.pubkey(), network.address, wallet.pubkey());
    assert_program_error(world.run(register, &[&wallet]), RegistryError::CounterExhausted);
}

#[test]
fn register_operator_on_a_network_of_another_version_is_refused() {
    let (mut world, network, wallet) = prepared();
    world.forge::<Network>(network.address, |account| account.version = 0);
    let register = register_operator(world.payer(), wallet.pubkey(), network.address, wallet.pubkey());
    assert_program_error(world.run(register, &[&wallet]), RegistryError::UnknownVersion);
}

#[test]
fn register_operator_with_bent_accounts_or_data_is_refused() {
    let (mut world, network, wallet) = prepared();
    let other = world.create_network();
    let (address, operator) = (network.address, addresses::operator(&network.address, &wallet.pubkey()));
    let someone = world.some_address();
    let sound = register_operator(world.payer(), wallet.pubkey(), address, wallet.pubkey());
    let mut refusals = world.impostors(&sound, address);
    let system = solana_sdk_ids::system_program::ID;
    let copy = || sound.clone();
    refusals.extend([
        Refusal::new(
            "no signature of the wallet",
            tamper::unsign(copy(), wallet.pubkey()),
            InstructionError::MissingRequiredSignature,
        ),
        Refusal::new("a network that is not writable", tamper::read_only(copy(), address), NOT_WRITABLE),
        Refusal::new("an operator that is not writable", tamper::read_only(copy(), operator), NOT_WRITABLE),
        Refusal::new(
            "another wallet's operator",
            tamper::swap(copy(), operator, addresses::operator(&address, &someone)),
            InstructionError::InvalidSeeds,
        ),
        Refusal::new("another network", tamper::swap(copy(), address, other.address), InstructionError::InvalidSeeds),
        Refusal::new(
            "another program",
            tamper::swap(copy(), system, SPL_TOKEN_ID),
            InstructionError::IncorrectProgramId,
        ),
        Refusal::new("an account too few", tamper::one_account_short(copy()), TOO_FEW_ACCOUNTS),
        Refusal::new("a byte too few", tamper::one_byte_short(copy()), InstructionError::InvalidInstructionData),
    ]);
    world.assert_refused(sound.clone(), &[&wallet], refusals);
}
