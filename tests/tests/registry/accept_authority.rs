use solana_address::Address;
use solana_instruction::error::InstructionError;
use solana_keypair::Keypair;
use solana_signer::Signer;
use trellis_client::{
    accounts::Network,
    instructions::registry::{accept_authority, create_class, propose_authority},
};
use trellis_registry::{error::RegistryError, event::AuthorityAccepted};
use trellis_tests::{
    Refusal, World, assert_event, assert_program_error, assert_same, expect_success,
    fixtures::{NetworkFixture, class_args},
    refusal::{NOT_WRITABLE, TOO_FEW_ACCOUNTS},
    tamper,
};

/// A network whose authority has proposed the key that comes with it.
fn proposed() -> (World, NetworkFixture, Keypair) {
    let mut world = World::new();
    let network = world.create_network();
    let successor = world.keypair();
    propose(&mut world, &network, successor.pubkey());
    (world, network, successor)
}

fn propose(world: &mut World, network: &NetworkFixture, successor: Address) {
    let propose = propose_authority(network.authority_address(), network.address, successor);
    expect_success(world.run(propose, &[&network.authority]));
}

#[test]
fn accept_authority_by_the_proposed_one_hands_the_network_over() {
    let (mut world, network, successor) = proposed();
    let (address, previous, authority) = (network.address, network.authority_address(), successor.pubkey());
    let before = world.account::<Network>(address);

    let metadata = expect_success(world.run(accept_authority(authority, address), &[&successor]));

    let wanted = Network { authority, pending_authority: Address::default(), ..before };
    assert_same(&world.account::<Network>(address), &wanted);
    assert_event(&metadata, &AuthorityAccepted { network: address, previous, authority });
}

#[test]
fn accept_authority_takes_the_power_from_the_old_and_gives_it_to_the_new() {
    let (mut world, network, successor) = proposed();
    expect_success(world.run(accept_authority(successor.pubkey(), network.address), &[&successor]));

    let payer = world.payer();
    let create = |authority: &Keypair| create_class(payer, authority.pubkey(), network.address, 0, class_args());
    assert_program_error(world.run(create(&network.authority), &[&network.authority]), RegistryError::NotAuthority);
    expect_success(world.run(create(&successor), &[&successor]));
}

#[test]
fn accept_authority_before_anybody_is_proposed_is_refused() {
    let mut world = World::new();
    let network = world.create_network();
    for signer in [&network.authority, &network.guardian] {
        let accept = accept_authority(signer.pubkey(), network.address);
        assert_program_error(world.run(accept, &[signer]), RegistryError::NotPendingAuthority);
    }
}

#[test]
fn accept_authority_by_anybody_else_is_refused() {
    let (mut world, network, successor) = proposed();
    let stranger = world.keypair();
    for signer in [&stranger, &network.authority, &network.guardian] {
        let accept = accept_authority(signer.pubkey(), network.address);
        assert_program_error(world.run(accept, &[signer]), RegistryError::NotPendingAuthority);
    }
    assert_eq!(world.account::<Network>(network.address).pending_authority, successor.pubkey());
}

#[test]
fn accept_authority_a_second_time_is_refused() {
    let (mut world, network, successor) = proposed();
    let accept = accept_authority(successor.pubkey(), network.address);
    expect_success(world.run(accept.clone(), &[&successor]));
    assert_program_error(world.run(accept, &[&successor]), RegistryError::NotPendingAuthority);
}

#[test]
fn accept_authority_after_the_proposal_was_replaced_is_refused() {
    let (mut world, network, successor) = proposed();
    propose(&mut world, &network, network.guardian_address());
    let accept = accept_authority(successor.pubkey(), network.address);
    assert_program_error(world.run(accept, &[&successor]), RegistryError::NotPendingAuthority);
}

#[test]
fn accept_authority_on_a_network_of_another_version_is_refused() {
    let (mut world, network, successor) = proposed();
    world.forge::<Network>(network.address, |account| account.version += 1);
    let accept = accept_authority(successor.pubkey(), network.address);
    assert_program_error(world.run(accept, &[&successor]), RegistryError::UnknownVersion);
}

#[test]
fn accept_authority_with_bent_accounts_is_refused() {
    let (mut world, network, successor) = proposed();
    let other = world.create_network();
    let address = network.address;
    let sound = accept_authority(successor.pubkey(), address);
    let mut refusals = world.impostors(&sound, address);
    refusals.extend([
        Refusal::new(
            "another network",
            tamper::swap(sound.clone(), address, other.address),
            trellis_tests::code(RegistryError::NotPendingAuthority),
        ),
        Refusal::new(
            "no signature of the successor",
            tamper::unsign(sound.clone(), successor.pubkey()),
            InstructionError::MissingRequiredSignature,
        ),
        Refusal::new("a network that is not writable", tamper::read_only(sound.clone(), address), NOT_WRITABLE),
        Refusal::new("an account too few", tamper::one_account_short(sound.clone()), TOO_FEW_ACCOUNTS),
    ]);
    world.assert_refused(sound, &[&successor], refusals);
}
