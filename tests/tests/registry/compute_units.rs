//! What each instruction of the registry costs, so that a change that makes one dearer is seen.

use solana_signer::Signer;
use trellis_client::instructions::registry::{
    SuspendDeviceArgs, accept_authority, create_class, create_network, propose_authority, register_device,
    register_operator, reinstate_device, suspend_device,
};
use trellis_tests::{World, fixtures::class_args, outcome::assert_within_compute_units};

#[test]
fn registry_instructions_in_order_stay_within_their_compute_units() {
    let mut world = World::new();
    let network = world.create_network();
    let (creator, wallet, device, successor) =
        (world.keypair(), world.keypair(), world.unfunded_keypair(), world.keypair());
    let (payer, authority, address) = (world.payer(), network.authority_address(), network.address);
    let key = device.pubkey().to_bytes();
    let suspension = SuspendDeviceArgs { reason_code: 1, evidence_hash: [1; 32] };
    let args = world.network_args(network.guardian_address());
    let signer = &network.authority;
    let cases = [
        ("create_network", create_network(payer, creator.pubkey(), args), vec![&creator], 5_000),
        ("create_class", create_class(payer, authority, address, 0, class_args()), vec![signer], 5_000),
        ("register_operator", register_operator(payer, wallet.pubkey(), address, payer), vec![&wallet], 5_000),
        (
            "register_device",
            register_device(payer, wallet.pubkey(), device.pubkey(), None, address, 0),
            vec![&wallet, &device],
            5_000,
        ),
        ("suspend_device", suspend_device(authority, address, &key, suspension), vec![signer], 1_200),
        ("reinstate_device", reinstate_device(authority, address, &key), vec![signer], 1_200),
        ("propose_authority", propose_authority(authority, address, successor.pubkey()), vec![signer], 1_200),
        ("accept_authority", accept_authority(successor.pubkey(), address), vec![&successor], 1_200),
    ];
    for (name, instruction, signers, limit) in cases {
        assert_within_compute_units(name, world.run(instruction, &signers), limit);
    }
}
