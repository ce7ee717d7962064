//! Which accounts an emission accepts.

use solana_instruction::error::InstructionError;
use solana_signer::Signer;
use trellis_client::{SPL_TOKEN_ID, addresses, instructions::token::emit_epoch};
use trellis_core::Epoch;
use trellis_tests::{
    Refusal, World, assert_program_error, code,
    fixtures::Stage,
    refusal::{NOT_EXECUTABLE, NOT_WRITABLE, TOO_FEW_ACCOUNTS},
    tamper,
};
use trellis_token::error::TokenError;

/// Two networks whose first epoch has elapsed.
fn two_stages() -> (World, Stage, Stage) {
    let mut world = World::new();
    let (stage, other) = (world.stage(), world.stage());
    world.advance_past(&stage.network, Epoch(0));
    (world, stage, other)
}

#[test]
fn emit_epoch_into_another_account_than_the_emissions_is_refused() {
    let (mut world, stage, other) = two_stages();
    let thief = world.some_address();
    let own_mint = world.create_token_account(thief, stage.vault.mint);
    for target in [own_mint, other.vault.tokens, thief, stage.vault.mint] {
        let emit = emit_epoch(stage.network.address, target, 0);
        // The mint stands twice then, and both places are writable.
        let wanted = if target == stage.vault.mint {
            trellis_tests::refusal::DUPLICATE_WRITABLE
        } else {
            code(TokenError::WrongRewardAccount)
        };
        trellis_tests::assert_error(world.run(emit, &[]), wanted);
    }
    assert_eq!(world.token_balance(own_mint), 0);
}

#[test]
fn emit_epoch_of_another_mint_than_the_emissions_is_refused() {
    let (mut world, stage, other) = two_stages();
    let authority = addresses::mint_authority(&stage.network.address);
    let counterfeit = world.create_foreign_mint(authority);
    for mint in [other.vault.mint, counterfeit] {
        let sound = emit_epoch(stage.network.address, stage.vault.tokens, 0);
        let bent = tamper::swap(sound, stage.vault.mint, mint);
        assert_program_error(world.run(bent, &[]), TokenError::WrongMint);
    }
}

#[test]
fn emit_epoch_with_bent_accounts_or_data_is_refused() {
    let (mut world, stage, other) = two_stages();
    let someone = world.keypair().pubkey();
    let mint_authority = addresses::mint_authority(&stage.network.address);
    let other_authority = addresses::mint_authority(&other.network.address);
    let token_2022 = solana_address::address!("TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb");
    let sound = emit_epoch(stage.network.address, stage.vault.tokens, 0);
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
        case("Token-2022", swapped(SPL_TOKEN_ID, token_2022), InstructionError::IncorrectProgramId),
        case("no token program", swapped(SPL_TOKEN_ID, someone), NOT_EXECUTABLE),
        case("an emission that is not writable", tamper::read_only(copy(), stage.emission), NOT_WRITABLE),
        case("a mint that is not writable", tamper::read_only(copy(), stage.vault.mint), NOT_WRITABLE),
        case("a reward account that is not writable", tamper::read_only(copy(), stage.vault.tokens), NOT_WRITABLE),
        case("an account too few", tamper::one_account_short(copy()), TOO_FEW_ACCOUNTS),
        case("a byte too few", tamper::one_byte_short(copy()), InstructionError::InvalidInstructionData),
    ]);
    world.assert_refused(sound.clone(), &[], refusals);
    assert_eq!(world.mint_state(other.vault.mint).supply, 0);
}
