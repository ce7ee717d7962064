use solana_address::Address;
use solana_instruction::error::InstructionError;
use solana_signer::Signer;
use trellis_client::{accounts::Network, instructions::registry::propose_authority};
use trellis_registry::{error::RegistryError, event::AuthorityProposed};
use trellis_tests::{
    Refusal, World, assert_event, assert_program_error, assert_same, expect_success,
    refusal::{NOT_WRITABLE, TOO_FEW_ACCOUNTS},
    tamper,
};

#[test]
fn propose_authority_by_the_authority_changes_the_pending_one_alone() {
    let mut world = World::new();
    let network = world.create_network();
    let (address, authority) = (network.address, network.authority_address());
    let proposed = world.some_address();
    let before = world.account::<Network>(address);

    let metadata = expect_success(world.run(propose_authority(authority, address, proposed), &[&network.authority]));

    assert_same(&world.account::<Network>(address), &Network { pending_authority: proposed, ..before });
    assert_event(&metadata, &AuthorityProposed { network: address, authority, proposed });
}

#[test]
fn propose_authority_a_second_time_replaces_the_first() {
    let mut world = World::new();
    let network = world.create_network();
    for _ in 0..2 {
        let proposed = world.some_address();
        let propose = propose_authority(network.authority_address(), network.address, proposed);
        // The same proposal once more changes nothing.
        for _ in 0..2 {
            expect_success(world.run(propose.clone(), &[&network.authority]));
            assert_eq!(world.account::<Network>(network.address).pending_authority, proposed);
        }
    }
}

#[test]
fn propose_authority_by_anybody_else_is_refused() {
    let mut world = World::new();
    let (network, other) = (world.create_network(), world.create_network());
    let (stranger, pending) = (world.keypair(), world.keypair());
    let propose = propose_authority(network.authority_address(), network.address, pending.pubkey());
    expect_success(world.run(propose, &[&network.authority]));
    for signer in [&stranger, &network.guardian, &other.authority, &pending] {
        let propose = propose_authority(signer.pubkey(), network.address, signer.pubkey());
        assert_program_error(world.run(propose, &[signer]), RegistryError::NotAuthority);
    }
    assert_eq!(world.account::<Network>(network.address).pending_authority, pending.pubkey());
}

#[test]
fn propose_authority_of_the_zero_address_is_refused() {
    let mut world = World::new();
    let network = world.create_network();
    let propose = propose_authority(network.authority_address(), network.address, Address::default());
    assert_program_error(world.run(propose, &[&network.authority]), RegistryError::ZeroAddress);
}

#[test]
fn propose_authority_on_a_network_of_another_version_is_refused() {
    for version in [0, 2, u8::MAX] {
        let mut world = World::new();
        let network = world.create_network();
        world.forge::<Network>(network.address, |account| account.version = version);
        let propose = propose_authority(network.authority_address(), network.address, network.guardian_address());
        assert_program_error(world.run(propose, &[&network.authority]), RegistryError::UnknownVersion);
    }
}

#[test]
fn propose_authority_with_bent_accounts_or_data_is_refused() {
    let mut world = World::new();
    let network = world.create_network();
    let (address, authority) = (network.address, network.authority_address());
    let sound = propose_authority(authority, address, network.guardian_address());
    let mut refusals = world.impostors(&sound, address);
    refusals.extend([
        Refusal::new(
            "no signature of the authority",
            tamper::unsign(sound.clone(), authority),
            InstructionError::MissingRequiredSignature,
        ),
        Refusal::new("a network that is not writable", tamper::read_only(sound.clone(), address), NOT_WRITABLE),
        Refusal::new("an account too few", tamper::one_account_short(sound.clone()), TOO_FEW_ACCOUNTS),
        Refusal::new("a byte too few", tamper::one_byte_short(sound.clone()), InstructionError::InvalidInstructionData),
    ]);
    world.assert_refused(sound, &[&network.authority], refusals);
}
