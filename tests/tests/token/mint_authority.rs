//! Nobody mints but the program, by the schedule: not even the network's authority.

use solana_address::Address;
use solana_instruction::{Instruction, error::InstructionError};
use solana_keypair::Keypair;
use solana_signer::Signer;
use spl_token_interface::instruction::{AuthorityType, freeze_account, mint_to, set_authority};
use trellis_client::{SPL_TOKEN_ID, TOKEN_2022_ID, addresses};
use trellis_core::Epoch;
use trellis_tests::{
    World, assert_error,
    fixtures::{EPOCH_AMOUNT, EmissionFixture},
    tamper,
};

/// Errors of both token programs.
const OWNER_MISMATCH: InstructionError = InstructionError::Custom(4);
const AUTHORITY_NOT_SUPPORTED: InstructionError = InstructionError::Custom(15);
const MINT_CANNOT_FREEZE: InstructionError = InstructionError::Custom(16);

/// An emission with an epoch emitted.
fn prepared(token_program: Address) -> (World, EmissionFixture) {
    let mut world = World::new();
    let fixture = world.emission_to(token_program, &[5_000], |_| {});
    world.emit_through(&fixture.network, Epoch(0));
    (world, fixture)
}

/// The same instruction to `token_program`: both know it by the same bytes.
fn of(token_program: Address, instruction: Instruction) -> Instruction {
    Instruction { program_id: token_program, ..instruction }
}

/// Everybody who could think that the mint is theirs.
fn pretenders(world: &mut World, fixture: &EmissionFixture) -> Vec<Keypair> {
    let keys = [&fixture.network.authority, &fixture.network.guardian, &fixture.owners[0]];
    let mut all: Vec<Keypair> = keys.into_iter().map(Keypair::insecure_clone).collect();
    all.push(world.keypair());
    all
}

#[test]
fn mint_to_signed_by_anybody_is_refused_by_the_token_program() {
    for token_program in [SPL_TOKEN_ID, TOKEN_2022_ID] {
        let (mut world, fixture) = prepared(token_program);
        for pretender in pretenders(&mut world, &fixture) {
            let mint = mint_to(&SPL_TOKEN_ID, &fixture.mint, &fixture.treasury, &pretender.pubkey(), &[], 1).unwrap();
            assert_error(world.run(of(token_program, mint), &[&pretender]), OWNER_MISMATCH);
        }
        assert_eq!(world.supply_of(fixture.mint), EPOCH_AMOUNT);
    }
}

#[test]
fn mint_to_without_the_programs_signature_is_refused_by_the_token_program() {
    for token_program in [SPL_TOKEN_ID, TOKEN_2022_ID] {
        let (mut world, fixture) = prepared(token_program);
        let authority = addresses::mint_authority(&fixture.network.address);
        let mint = mint_to(&SPL_TOKEN_ID, &fixture.mint, &fixture.treasury, &authority, &[], 1).unwrap();
        let unsigned = tamper::unsign(of(token_program, mint), authority);
        assert_error(world.run(unsigned, &[]), InstructionError::MissingRequiredSignature);
    }
}

#[test]
fn mint_authority_and_freeze_authority_cannot_be_set_by_anybody() {
    for token_program in [SPL_TOKEN_ID, TOKEN_2022_ID] {
        let (mut world, fixture) = prepared(token_program);
        let before = world.raw(fixture.mint).unwrap();
        for pretender in pretenders(&mut world, &fixture) {
            let key = pretender.pubkey();
            for (kind, error) in [
                (AuthorityType::MintTokens, OWNER_MISMATCH),
                (AuthorityType::FreezeAccount, MINT_CANNOT_FREEZE),
                (AuthorityType::AccountOwner, AUTHORITY_NOT_SUPPORTED),
            ] {
                let set = set_authority(&SPL_TOKEN_ID, &fixture.mint, Some(&key), kind, &key, &[]).unwrap();
                assert_error(world.run(of(token_program, set), &[&pretender]), error);
            }
            let freeze = freeze_account(&SPL_TOKEN_ID, &fixture.treasury, &fixture.mint, &key, &[]).unwrap();
            assert_error(world.run(of(token_program, freeze), &[&pretender]), MINT_CANNOT_FREEZE);
        }
        assert_eq!(world.raw(fixture.mint).unwrap(), before);
    }
}
