//! Which accounts an emission accepts.

use solana_address::Address;
use solana_instruction::{AccountMeta, error::InstructionError};
use solana_signer::Signer;
use trellis_client::{SPL_TOKEN_ID, TOKEN_2022_ID, addresses};
use trellis_core::Epoch;
use trellis_tests::{
    Refusal, World, assert_error, assert_program_error, code,
    fixtures::{EmissionFixture, Stage},
    refusal::{DUPLICATE_WRITABLE, NOT_WRITABLE, TOO_FEW_ACCOUNTS},
    tamper,
};
use trellis_token::error::TokenError;

use super::emit_epochs;

/// Two networks whose first epoch has elapsed.
fn two_stages() -> (World, Stage, Stage) {
    let mut world = World::new();
    let (stage, other) = (world.stage(), world.stage());
    world.advance_past(&stage.network, Epoch(0));
    (world, stage, other)
}

/// Two networks that emit to a treasury and two destinations; their first epoch has elapsed.
fn two_emissions(token_program: Address) -> (World, EmissionFixture, EmissionFixture) {
    let mut world = World::new();
    let one = world.emission_to(token_program, &[6_000, 3_000], |_| {});
    let other = world.emission_to(token_program, &[6_000, 3_000], |_| {});
    world.advance_past(&one.network, Epoch(0));
    (world, one, other)
}

#[test]
fn emit_epochs_into_another_account_than_the_emissions_is_refused() {
    for token_program in [SPL_TOKEN_ID, TOKEN_2022_ID] {
        let (mut world, fixture, other) = two_emissions(token_program);
        let thief = world.some_address();
        let own = world.open_token_account(thief, fixture.mint);
        let sound = emit_epochs(&world, fixture.address, 0, 1);
        for named in [fixture.treasury, fixture.destinations[0], fixture.destinations[1]] {
            for target in [own, other.treasury, other.destinations[0], thief] {
                let bent = tamper::swap(sound.clone(), named, target);
                assert_program_error(world.run(bent, &[]), TokenError::WrongDestination);
            }
        }
        assert_eq!(world.tokens_in(own), 0);
    }
}

#[test]
fn emit_epochs_into_the_right_accounts_in_another_order_is_refused() {
    let (mut world, fixture, _) = two_emissions(SPL_TOKEN_ID);
    let mut swapped = emit_epochs(&world, fixture.address, 0, 1);
    let last = swapped.accounts.len() - 1;
    swapped.accounts.swap(last, last - 1);
    assert_program_error(world.run(swapped, &[]), TokenError::WrongDestination);
    // The treasury stands at its place and at a destination's: both may be written.
    let twice = tamper::swap_at(emit_epochs(&world, fixture.address, 0, 1), last, fixture.treasury);
    assert_error(world.run(twice, &[]), DUPLICATE_WRITABLE);
}

#[test]
fn emit_epochs_with_a_destination_more_or_fewer_is_refused() {
    let (mut world, fixture, _) = two_emissions(SPL_TOKEN_ID);
    let sound = emit_epochs(&world, fixture.address, 0, 1);
    assert_program_error(world.run(tamper::one_account_short(sound.clone()), &[]), TokenError::WrongDestination);
    let thief = world.some_address();
    let own = world.open_token_account(thief, fixture.mint);
    let mut more = sound;
    more.accounts.push(AccountMeta::new(own, false));
    assert_program_error(world.run(more, &[]), TokenError::WrongDestination);
}

#[test]
fn emit_epochs_of_another_mint_than_the_emissions_is_refused() {
    let (mut world, stage, other) = two_stages();
    let authority = addresses::mint_authority(&stage.network.address);
    let counterfeit = world.create_foreign_mint(authority);
    for mint in [other.vault.mint, counterfeit] {
        let sound = emit_epochs(&world, stage.emission, 0, 1);
        let bent = tamper::swap(sound, stage.vault.mint, mint);
        assert_program_error(world.run(bent, &[]), TokenError::WrongMint);
    }
}

#[test]
fn emit_epochs_by_another_token_program_is_refused() {
    for (token_program, other) in [(SPL_TOKEN_ID, TOKEN_2022_ID), (TOKEN_2022_ID, SPL_TOKEN_ID)] {
        let (mut world, fixture, _) = two_emissions(token_program);
        let sound = emit_epochs(&world, fixture.address, 0, 1);
        for impostor in [other, solana_sdk_ids::system_program::ID, trellis_client::REWARDS_ID] {
            let bent = tamper::swap(sound.clone(), token_program, impostor);
            assert_program_error(world.run(bent, &[]), TokenError::WrongTokenProgram);
        }
    }
}

#[test]
fn emit_epochs_with_bent_accounts_or_data_is_refused() {
    let (mut world, stage, other) = two_stages();
    let someone = world.keypair().pubkey();
    let mint_authority = addresses::mint_authority(&stage.network.address);
    let other_authority = addresses::mint_authority(&other.network.address);
    let treasury = world.account::<trellis_client::accounts::Emission>(stage.emission).treasury;
    let sound = emit_epochs(&world, stage.emission, 0, 1);
    let mut refusals = world.impostors(&sound, stage.emission);
    let copy = || sound.clone();
    let swapped = |from, to| tamper::swap(copy(), from, to);
    let case = |what: &str, instruction, error| Refusal::new(what, instruction, error);
    refusals.extend([
        case("another network's emission", swapped(stage.emission, other.emission), code(TokenError::WrongMint)),
        // The seeds sign for the right authority only.
        case("another mint authority", swapped(mint_authority, someone), InstructionError::PrivilegeEscalation),
        case(
            "another network's mint authority",
            swapped(mint_authority, other_authority),
            InstructionError::PrivilegeEscalation,
        ),
        case("no token program", swapped(SPL_TOKEN_ID, someone), code(TokenError::WrongTokenProgram)),
        case("an emission that is not writable", tamper::read_only(copy(), stage.emission), NOT_WRITABLE),
        case("a mint that is not writable", tamper::read_only(copy(), stage.vault.mint), NOT_WRITABLE),
        case("a treasury that is not writable", tamper::read_only(copy(), treasury), NOT_WRITABLE),
        case(
            "a destination that is not writable",
            tamper::read_only(copy(), stage.vault.tokens),
            InstructionError::PrivilegeEscalation,
        ),
        case("an account too few", tamper::one_account_short(tamper::one_account_short(copy())), TOO_FEW_ACCOUNTS),
        case("a byte too few", tamper::one_byte_short(copy()), InstructionError::InvalidInstructionData),
    ]);
    world.assert_refused(sound.clone(), &[], refusals);
    assert_eq!(world.mint_state(other.vault.mint).supply, 0);
}
