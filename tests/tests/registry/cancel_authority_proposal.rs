use solana_address::Address;
use solana_instruction::error::InstructionError;
use solana_signer::Signer;
use trellis_client::{
    accounts::Network,
    instructions::registry::{accept_authority, cancel_authority_proposal, propose_authority},
};
use trellis_registry::{error::RegistryError, event::AuthorityProposed};
use trellis_tests::{
    Refusal, World, assert_event, assert_program_error, assert_same, expect_success, fixtures::NetworkFixture,
    refusal::NOT_WRITABLE, tamper,
};

fn proposed() -> (World, NetworkFixture, solana_keypair::Keypair) {
    let mut world = World::new();
    let network = world.create_network();
    let successor = world.keypair();
    let propose = propose_authority(network.authority_address(), network.address, successor.pubkey());
    expect_success(world.run(propose, &[&network.authority]));
    (world, network, successor)
}

#[test]
fn cancel_authority_proposal_by_the_authority_takes_it_back() {
    let (mut world, network, successor) = proposed();
    let before = world.account::<Network>(network.address);
    let cancel = || cancel_authority_proposal(network.authority_address(), network.address);

    let metadata = expect_success(world.run(cancel(), &[&network.authority]));

    let wanted = Network { pending_authority: Address::default(), ..before };
    assert_same(&world.account::<Network>(network.address), &wanted);
    let (authority, proposed) = (network.authority_address(), Address::default());
    let event = AuthorityProposed { network: network.address, authority, proposed };
    assert_event(&metadata, &event);
    let accept = accept_authority(successor.pubkey(), network.address);
    assert_program_error(world.run(accept, &[&successor]), RegistryError::NotPendingAuthority);
    assert_program_error(world.run(cancel(), &[&network.authority]), RegistryError::NoPendingAuthority);
}

#[test]
fn cancel_authority_proposal_by_anybody_else_is_refused() {
    let (mut world, network, successor) = proposed();
    for signer in [&successor, &network.guardian] {
        let cancel = cancel_authority_proposal(signer.pubkey(), network.address);
        assert_program_error(world.run(cancel, &[signer]), RegistryError::NotAuthority);
    }
}

#[test]
fn cancel_authority_proposal_with_bent_accounts_is_refused() {
    let (mut world, network, _) = proposed();
    let sound = cancel_authority_proposal(network.authority_address(), network.address);
    let mut refusals = world.impostors(&sound, network.address);
    refusals.extend([
        Refusal::new("not writable", tamper::read_only(sound.clone(), network.address), NOT_WRITABLE),
        Refusal::new(
            "no signature",
            tamper::unsign(sound.clone(), network.authority_address()),
            InstructionError::MissingRequiredSignature,
        ),
    ]);
    world.assert_refused(sound, &[&network.authority], refusals);
}
