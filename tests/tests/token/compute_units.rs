//! What each instruction of the token program costs, so that a change that makes one dearer is seen.

use solana_signer::Signer;
use trellis_client::{
    SPL_TOKEN_ID, TOKEN_2022_ID,
    accounts::Emission,
    addresses,
    instructions::token::{CreateEmissionArgs, burn, create_emission, create_mint_of},
};
use trellis_core::Epoch;
use trellis_tests::{World, fixtures::emission_args, outcome::assert_within_compute_units};
use trellis_token::constants::MAX_DESTINATIONS;

use super::emit_epochs;

#[test]
fn token_creations_stay_within_their_compute_units() {
    for (token_program, mint_limit, emission_limit) in [(SPL_TOKEN_ID, 8_000, 9_000), (TOKEN_2022_ID, 9_000, 9_000)] {
        let mut world = World::new();
        let network = world.create_network();
        let (payer, authority, address) = (world.payer(), network.authority_address(), network.address);
        let signers = [&network.authority];
        let create = create_mint_of(payer, authority, address, 9, token_program);
        assert_within_compute_units("create_mint", world.run(create, &signers), mint_limit);
        let mint = addresses::mint(&address);
        let accounts: Vec<_> = (0..=MAX_DESTINATIONS)
            .map(|_| {
                let wallet = world.some_address();
                world.open_token_account(wallet, mint)
            })
            .collect();
        let args = CreateEmissionArgs { shares_bps: vec![1_000; MAX_DESTINATIONS], ..emission_args() };
        let create = create_emission(payer, authority, address, accounts[0], &accounts[1..], args);
        assert_within_compute_units("create_emission, 6 destinations", world.run(create, &signers), emission_limit);
    }
}

#[test]
fn emit_epochs_and_burn_stay_within_their_compute_units() {
    for (token_program, epochs, destinations, limit) in [
        (SPL_TOKEN_ID, 1, 1, 2_900),
        (SPL_TOKEN_ID, 1, 6, 11_000),
        (SPL_TOKEN_ID, 64, 1, 14_000),
        (SPL_TOKEN_ID, 64, 6, 34_000),
        (TOKEN_2022_ID, 1, 1, 4_400),
        (TOKEN_2022_ID, 64, 6, 42_000),
    ] {
        let mut world = World::new();
        let whole = 10_000 / destinations as u16;
        let fixture = world.emission_to(token_program, &vec![whole; destinations], |_| {});
        world.advance_past(&fixture.network, Epoch(100));
        let emit = emit_epochs(&world, fixture.address, 0, epochs);
        let name = format!("emit_epochs, {epochs} epochs, {destinations} destinations, {token_program}");
        assert_within_compute_units(&name, world.run(emit, &[]), limit);

        let (owner, emission) = (&fixture.owners[1], world.account::<Emission>(fixture.address));
        let memo = "m".repeat(128);
        let burn = burn(owner.pubkey(), &emission, fixture.destinations[0], 1, &memo);
        assert_within_compute_units("burn", world.run(burn, &[owner]), 4_000);
    }
}
