//! vote_root with accounts and signers that it must refuse.

use solana_instruction::{Instruction, error::InstructionError};
use solana_signer::Signer;
use trellis_client::{
    accounts::Vault,
    instructions::rewards::{self, OracleMember, SetOraclesArgs},
};
use trellis_rewards::error::RewardsError;
use trellis_tests::{
    World, assert_error, assert_program_error, expect_success,
    fixtures::{RootFixture, Stage},
    refusal::DUPLICATE_WRITABLE,
    tamper,
};

use super::support::{incomplete, not_writable, proposal_address, small_root, unsigned, vault};

fn setup(world: &mut World) -> (Stage, RootFixture, Instruction) {
    let stage = world.funded_stage(0);
    let root = small_root(&stage, 0);
    let proposal = world.propose_root(&root, &stage.oracles[0]);
    let oracle = stage.oracles[1].pubkey();
    let instruction = rewards::vote_root(oracle, stage.vault.address, proposal, root.content.hash());
    (stage, root, instruction)
}

#[test]
fn vote_root_with_wrong_accounts_is_refused() {
    let mut world = World::new();
    let (stage, root, sound) = setup(&mut world);
    let proposal = proposal_address(&root, &stage.oracles[0]);
    let mut refusals = world.impostors(&sound, stage.vault.address);
    refusals.extend(world.impostors(&sound, proposal));
    refusals.push(unsigned(&sound, stage.oracles[1].pubkey()));
    refusals.extend([not_writable(&sound, proposal), not_writable(&sound, stage.vault.address)]);
    refusals.extend(incomplete(&sound));
    world.assert_refused(sound, &[&stage.oracles[1]], refusals);
}

#[test]
fn vote_root_with_one_account_in_both_places_is_refused() {
    let mut world = World::new();
    let (stage, root, instruction) = setup(&mut world);
    let proposal = proposal_address(&root, &stage.oracles[0]);
    let doubled = tamper::swap(instruction, proposal, stage.vault.address);
    assert_error(world.run(doubled, &[&stage.oracles[1]]), DUPLICATE_WRITABLE);
}

#[test]
fn vote_root_with_another_account_of_the_program_is_refused() {
    let mut world = World::new();
    let (stage, root, instruction) = setup(&mut world);
    let proposal = proposal_address(&root, &stage.oracles[0]);
    let page = world.open_page(stage.vault.address, 0);
    for (own, other) in [(proposal, page), (stage.vault.address, page)] {
        let swapped = tamper::swap(instruction.clone(), own, other);
        assert_error(world.run(swapped, &[&stage.oracles[1]]), InstructionError::InvalidAccountData);
    }
}

/// One key may be an oracle of two vaults; its vote in one must not count in the other.
#[test]
fn vote_root_for_a_proposal_of_another_vault_is_refused() {
    let mut world = World::new();
    let (stage, root, _) = setup(&mut world);
    let other = world.funded_stage(0);
    let shared = &stage.oracles[0];
    let members = vec![OracleMember { oracle: shared.pubkey(), weight: 1 }];
    let args = SetOraclesArgs { keep: 0, members, threshold: 1 };
    let authority = &other.network.authority;
    let set = rewards::set_oracles(authority.pubkey(), other.network.address, other.vault.address, args);
    expect_success(world.run(set, &[authority]));

    let proposal = proposal_address(&root, shared);
    let across = rewards::vote_root(shared.pubkey(), other.vault.address, proposal, root.content.hash());
    assert_program_error(world.run(across, &[shared]), RewardsError::WrongVault);
    assert_eq!(world.account::<Vault>(other.vault.address).ballots[0], 0);
}

/// The proposer of a vetoed root may propose the epoch anew at the same address; a vote that was signed for the old
/// content must not count for the new one.
#[test]
fn vote_root_for_the_vetoed_content_after_a_new_proposal_is_refused() {
    let mut world = World::new();
    let (stage, vetoed, stale_vote) = setup(&mut world);
    let (proposer, guardian) = (&stage.oracles[0], &stage.network.guardian);
    let proposal = proposal_address(&vetoed, proposer);
    expect_success(world.run(rewards::veto_root(guardian.pubkey(), stage.vault.address, proposal), &[guardian]));
    let close = rewards::close_proposal(stage.vault.address, vetoed.content.epoch, proposer.pubkey());
    expect_success(world.run(close, &[]));

    let corrected = stage.root(0, &[(stage.network.address, 42)]);
    assert_eq!(world.propose_root(&corrected, proposer), proposal);
    assert_program_error(world.run(stale_vote, &[&stage.oracles[1]]), RewardsError::WrongContent);
    assert_eq!(vault(&world, &stage).votes_for(0), 0);
    world.vote_root(&corrected, proposal, &stage.oracles[1]);
    assert_eq!(vault(&world, &stage).votes_for(0), 0b010);
}
