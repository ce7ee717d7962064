//! What each instruction of the token program costs, so that a change that makes one dearer is seen.

use trellis_client::{
    addresses,
    instructions::{
        rewards::{CreateVaultArgs, create_vault},
        token::{create_emission, create_mint, emit_epoch},
    },
};
use trellis_core::Epoch;
use trellis_tests::{World, fixtures::emission_args, outcome::assert_within_compute_units};

#[test]
fn token_instructions_in_order_stay_within_their_compute_units() {
    let mut world = World::new();
    let network = world.create_network();
    let (payer, authority, address) = (world.payer(), network.authority_address(), network.address);
    let mint = addresses::mint(&address);
    let reward_account = addresses::vault_tokens(&addresses::vault(&address, &mint));
    let vault_args = CreateVaultArgs { epoch_cap: 1, challenge_seconds: 60 };
    let signer = &network.authority;
    world.advance_past(&network, Epoch(0));
    let cases = [
        ("create_mint", create_mint(payer, authority, address, 9), vec![signer], 7_000),
        ("create_vault", create_vault(payer, authority, address, mint, vault_args), vec![signer], 9_000),
        (
            "create_emission",
            create_emission(payer, authority, address, reward_account, emission_args()),
            vec![signer],
            6_000,
        ),
        ("emit_epoch", emit_epoch(address, reward_account, 0), vec![], 2_700),
    ];
    for (name, instruction, signers, limit) in cases {
        assert_within_compute_units(name, world.run(instruction, &signers), limit);
    }
}
