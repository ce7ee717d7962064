//! propose_root with accounts and signers that it must refuse.

use solana_instruction::error::InstructionError;
use solana_signer::Signer;
use trellis_client::{addresses, instructions::rewards};
use trellis_core::Epoch;
use trellis_rewards::error::RewardsError;
use trellis_tests::{World, assert_error, assert_program_error, expect_success, tamper};

use super::support::{
    incomplete, no_program, not_writable, payer_not_writable, proposal_address, small_root, unsigned,
};

#[test]
fn propose_root_with_wrong_accounts_is_refused() {
    let mut world = World::new();
    let stage = world.funded_stage(0);
    let (root, proposer) = (small_root(&stage, 0), &stage.oracles[0]);
    let sound = rewards::propose_root(proposer.pubkey(), &root.content);
    let mut refusals = world.impostors(&sound, stage.vault.address);
    refusals.extend([
        unsigned(&sound, proposer.pubkey()),
        payer_not_writable(&sound, proposer.pubkey()),
        not_writable(&sound, proposal_address(&root, proposer)),
        no_program(&sound, solana_sdk_ids::system_program::ID, world.some_address()),
    ]);
    refusals.extend(incomplete(&sound));
    world.assert_refused(sound, &[proposer], refusals);
}

#[test]
fn propose_root_at_another_address_is_refused() {
    let mut world = World::new();
    let (stage, other) = (world.funded_stage(0), world.funded_stage(0));
    let (root, proposer) = (small_root(&stage, 0), &stage.oracles[0]);
    let own = proposal_address(&root, proposer);
    let with_other_vault =
        tamper::swap(rewards::propose_root(proposer.pubkey(), &root.content), stage.vault.address, other.vault.address);
    assert_program_error(world.run(with_other_vault, &[proposer]), RewardsError::NotOracle);
    for elsewhere in [
        proposal_address(&root, &stage.oracles[1]),
        addresses::proposal(&stage.vault.address, Epoch(1), &proposer.pubkey()),
        addresses::proposal(&other.vault.address, Epoch(0), &proposer.pubkey()),
        world.some_address(),
    ] {
        let instruction = tamper::swap(rewards::propose_root(proposer.pubkey(), &root.content), own, elsewhere);
        assert_error(world.run(instruction, &[proposer]), InstructionError::InvalidSeeds);
    }
}

#[test]
fn propose_root_by_an_oracle_of_another_vault_is_refused() {
    let mut world = World::new();
    let (stage, other) = (world.funded_stage(0), world.funded_stage(0));
    let foreign = &other.oracles[0];
    let instruction = rewards::propose_root(foreign.pubkey(), &small_root(&stage, 0).content);
    assert_program_error(world.run(instruction, &[foreign]), RewardsError::NotOracle);
}

#[test]
fn propose_root_at_an_address_that_holds_lamports_already_succeeds() {
    let mut world = World::new();
    let stage = world.funded_stage(0);
    let (root, proposer) = (small_root(&stage, 0), &stage.oracles[0]);
    world.fund(proposal_address(&root, proposer), 1_000_000);
    expect_success(world.run(rewards::propose_root(proposer.pubkey(), &root.content), &[proposer]));
}
