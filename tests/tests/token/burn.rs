//! What a burn takes, counts and tells, and which accounts it accepts.

use solana_address::Address;
use solana_instruction::error::InstructionError;
use solana_keypair::Keypair;
use solana_signer::Signer;
use trellis_client::{SPL_TOKEN_ID, TOKEN_2022_ID, accounts::Emission, instructions::token::burn};
use trellis_core::Epoch;
use trellis_tests::{
    Outcome, Refusal, World, assert_error, assert_event, assert_program_error, assert_same, code, expect_success,
    fixtures::{EPOCH_AMOUNT, EmissionFixture},
    refusal::{NOT_WRITABLE, TOO_FEW_ACCOUNTS},
    tamper,
};
use trellis_token::{constants::MAX_MEMO_BYTES, error::TokenError, event::TokensBurned};

/// Errors of both token programs.
const INSUFFICIENT_FUNDS: InstructionError = InstructionError::Custom(1);
const MINT_MISMATCH: InstructionError = InstructionError::Custom(3);
const OWNER_MISMATCH: InstructionError = InstructionError::Custom(4);

/// An emission whose destination, and its owner, hold an epoch's amount.
fn prepared(token_program: Address) -> (World, EmissionFixture, Keypair, Address) {
    let mut world = World::new();
    let fixture = world.emission_to(token_program, &[10_000], |_| {});
    world.emit_through(&fixture.network, Epoch(0));
    let (owner, tokens) = (fixture.owners[1].insecure_clone(), fixture.destinations[0]);
    (world, fixture, owner, tokens)
}

fn burn_with(world: &mut World, fixture: &EmissionFixture, owner: &Keypair, amount: u64, memo: &str) -> Outcome {
    let emission = world.account::<Emission>(fixture.address);
    world.run(burn(owner.pubkey(), &emission, fixture.destinations[0], amount, memo), &[owner])
}

#[test]
fn burn_of_own_tokens_destroys_and_counts_them_and_tells_the_memo() {
    for token_program in [SPL_TOKEN_ID, TOKEN_2022_ID] {
        let (mut world, fixture, owner, tokens) = prepared(token_program);
        let before = world.account::<Emission>(fixture.address);
        let metadata = expect_success(burn_with(&mut world, &fixture, &owner, 700, "for 7 MWh, Île de Ré"));
        assert_eq!(world.tokens_in(tokens), EPOCH_AMOUNT - 700);
        assert_eq!(world.supply_of(fixture.mint), EPOCH_AMOUNT - 700);
        assert_same(&world.account::<Emission>(fixture.address), &Emission { burned: 700, ..before });
        let event = TokensBurned {
            network: fixture.network.address,
            owner: owner.pubkey(),
            amount: 700,
            burned: 700,
            memo: "for 7 MWh, Île de Ré".to_owned(),
        };
        assert_event(&metadata, &event);
        expect_success(burn_with(&mut world, &fixture, &owner, EPOCH_AMOUNT - 700, ""));
        assert_eq!(world.account::<Emission>(fixture.address).burned, EPOCH_AMOUNT);
        assert_eq!(world.supply_of(fixture.mint), 0);
    }
}

#[test]
fn burn_of_nothing_is_refused() {
    let (mut world, fixture, owner, _) = prepared(SPL_TOKEN_ID);
    assert_program_error(burn_with(&mut world, &fixture, &owner, 0, ""), TokenError::ZeroBurn);
}

#[test]
fn burn_of_more_than_is_held_is_refused_and_counts_nothing() {
    let (mut world, fixture, owner, _) = prepared(SPL_TOKEN_ID);
    for amount in [EPOCH_AMOUNT + 1, u64::MAX] {
        assert_error(burn_with(&mut world, &fixture, &owner, amount, ""), INSUFFICIENT_FUNDS);
    }
    assert_eq!(world.account::<Emission>(fixture.address).burned, 0);
}

#[test]
fn burn_with_the_longest_memo_succeeds_and_with_a_longer_one_is_refused() {
    let (mut world, fixture, owner, _) = prepared(SPL_TOKEN_ID);
    expect_success(burn_with(&mut world, &fixture, &owner, 1, &"m".repeat(MAX_MEMO_BYTES)));
    // Bytes count, not letters.
    for memo in ["m".repeat(MAX_MEMO_BYTES + 1), "é".repeat(MAX_MEMO_BYTES / 2 + 1)] {
        assert_program_error(burn_with(&mut world, &fixture, &owner, 1, &memo), TokenError::MemoTooLong);
    }
}

#[test]
fn burn_with_a_memo_that_is_no_utf_8_is_refused() {
    let (mut world, fixture, owner, tokens) = prepared(SPL_TOKEN_ID);
    let mut bent = burn(owner.pubkey(), &world.account(fixture.address), tokens, 1, "memo");
    *bent.data.last_mut().unwrap() = 0xff;
    assert_error(world.run(bent, &[&owner]), InstructionError::InvalidInstructionData);
}

#[test]
fn burn_past_what_the_counter_holds_is_refused() {
    let (mut world, fixture, owner, _) = prepared(SPL_TOKEN_ID);
    world.forge::<Emission>(fixture.address, |account| account.burned = u64::MAX - 9);
    assert_program_error(burn_with(&mut world, &fixture, &owner, 10, ""), TokenError::Overflow);
    expect_success(burn_with(&mut world, &fixture, &owner, 9, ""));
}

#[test]
fn burn_on_an_emission_of_another_version_is_refused() {
    let (mut world, fixture, owner, _) = prepared(SPL_TOKEN_ID);
    world.forge::<Emission>(fixture.address, |account| account.version = 2);
    assert_program_error(burn_with(&mut world, &fixture, &owner, 1, ""), TokenError::UnknownVersion);
}

#[test]
fn burn_of_anothers_tokens_is_refused() {
    for token_program in [SPL_TOKEN_ID, TOKEN_2022_ID] {
        let (mut world, fixture, _, _) = prepared(token_program);
        let stranger = world.keypair();
        for thief in [&stranger, &fixture.network.authority, &fixture.owners[0]] {
            assert_error(burn_with(&mut world, &fixture, thief, 1, ""), OWNER_MISMATCH);
        }
    }
}

#[test]
fn burn_with_bent_accounts_or_data_is_refused() {
    for (token_program, other_program) in [(SPL_TOKEN_ID, TOKEN_2022_ID), (TOKEN_2022_ID, SPL_TOKEN_ID)] {
        let (mut world, fixture, owner, tokens) = prepared(token_program);
        let other = world.emission_to(token_program, &[10_000], |_| {});
        let own_of_other = world.open_token_account(owner.pubkey(), other.mint);
        world.edit_raw(own_of_other, |account| account.data[64] = 5);
        let sound = burn(owner.pubkey(), &world.account(fixture.address), tokens, 1, "memo");
        let mut refusals = world.impostors(&sound, fixture.address);
        let copy = || sound.clone();
        let swapped = |from, to| tamper::swap(copy(), from, to);
        let case = |what: &str, instruction, error| Refusal::new(what, instruction, error);
        let unsigned = tamper::unsign(copy(), owner.pubkey());
        refusals.extend([
            case("no signature of the owner", unsigned, InstructionError::MissingRequiredSignature),
            case("another network's emission", swapped(fixture.address, other.address), code(TokenError::WrongMint)),
            case("another network's mint", swapped(fixture.mint, other.mint), code(TokenError::WrongMint)),
            case("tokens of another mint", swapped(tokens, own_of_other), MINT_MISMATCH),
            case("the other token program", swapped(token_program, other_program), code(TokenError::WrongTokenProgram)),
            case("a program that is none", swapped(token_program, owner.pubkey()), code(TokenError::WrongTokenProgram)),
            case("an emission that is not writable", tamper::read_only(copy(), fixture.address), NOT_WRITABLE),
            case("a mint that is not writable", tamper::read_only(copy(), fixture.mint), NOT_WRITABLE),
            case("tokens that are not writable", tamper::read_only(copy(), tokens), NOT_WRITABLE),
            case("an account too few", tamper::one_account_short(copy()), TOO_FEW_ACCOUNTS),
            case("a byte too few", tamper::one_byte_short(copy()), InstructionError::InvalidInstructionData),
        ]);
        world.assert_refused(sound.clone(), &[&owner], refusals);
    }
}
