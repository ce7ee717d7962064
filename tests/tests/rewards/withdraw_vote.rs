use solana_instruction::error::InstructionError;
use solana_signer::Signer;
use trellis_client::{accounts::Vault, instructions::rewards};
use trellis_rewards::{error::RewardsError, event::VoteWithdrawn};
use trellis_tests::{
    World, assert_error, assert_event, assert_program_error, expect_success, refusal::NOT_WRITABLE, tamper,
};

use super::support::{bytes_of, incomplete, not_writable, small_root, unsigned, vault};

#[test]
fn withdraw_vote_clears_the_oracles_ballot_only() {
    let mut world = World::new();
    let stage = world.funded_stage(0);
    let root = small_root(&stage, 0);
    let proposal = world.propose_root(&root, &stage.oracles[0]);
    let before = vault(&world, &stage);
    world.vote_root(&root, proposal, &stage.oracles[1]);
    let oracle = stage.oracles[1].pubkey();
    let done = expect_success(world.run(rewards::withdraw_vote(oracle, stage.vault.address), &[&stage.oracles[1]]));
    assert_eq!(bytes_of(&vault(&world, &stage)), bytes_of(&before));
    assert_event(&done, &VoteWithdrawn { vault: stage.vault.address, oracle, epoch: 0 });
}

/// What was withdrawn does not count for an approval.
#[test]
fn withdraw_vote_takes_its_weight_from_the_proposal() {
    let mut world = World::new();
    let stage = world.funded_stage(0);
    let root = small_root(&stage, 0);
    let proposal = world.propose_root(&root, &stage.oracles[0]);
    let [a, b] = stage.quorum();
    world.vote_root(&root, proposal, a);
    expect_success(world.run(rewards::withdraw_vote(a.pubkey(), stage.vault.address), &[a]));
    world.vote_root(&root, proposal, b);
    assert_eq!(vault(&world, &stage).approved, 0);
    world.vote_root(&root, proposal, a);
    assert_eq!(vault(&world, &stage).approved, 1);
}

#[test]
fn withdraw_vote_without_a_vote_is_refused() {
    let mut world = World::new();
    let stage = world.funded_stage(0);
    let oracle = &stage.oracles[0];
    let withdraw = rewards::withdraw_vote(oracle.pubkey(), stage.vault.address);
    assert_program_error(world.run(withdraw, &[oracle]), RewardsError::NotVoted);
}

#[test]
fn withdraw_vote_after_the_approval_is_refused() {
    let mut world = World::new();
    let stage = world.funded_stage(0);
    world.approve_root(&small_root(&stage, 0), &stage.quorum());
    let oracle = &stage.oracles[1];
    let withdraw = rewards::withdraw_vote(oracle.pubkey(), stage.vault.address);
    assert_program_error(world.run(withdraw, &[oracle]), RewardsError::AlreadyApproved);
}

#[test]
fn withdraw_vote_by_another_than_an_oracle_is_refused() {
    let mut world = World::new();
    let (stage, other) = (world.funded_stage(0), world.stage());
    for signer in [&stage.network.authority, &stage.network.guardian, &other.oracles[0]] {
        let withdraw = rewards::withdraw_vote(signer.pubkey(), stage.vault.address);
        assert_program_error(world.run(withdraw, &[signer]), RewardsError::NotOracle);
    }
}

#[test]
fn withdraw_vote_in_a_vault_of_another_version_is_refused() {
    let mut world = World::new();
    let stage = world.funded_stage(0);
    let root = small_root(&stage, 0);
    let proposal = world.propose_root(&root, &stage.oracles[0]);
    world.vote_root(&root, proposal, &stage.oracles[1]);
    world.forge::<Vault>(stage.vault.address, |vault| vault.version = 0);
    let withdraw = rewards::withdraw_vote(stage.oracles[1].pubkey(), stage.vault.address);
    assert_program_error(world.run(withdraw, &[&stage.oracles[1]]), RewardsError::UnknownVersion);
}

#[test]
fn withdraw_vote_with_wrong_accounts_is_refused() {
    let mut world = World::new();
    let stage = world.funded_stage(0);
    let root = small_root(&stage, 0);
    let proposal = world.propose_root(&root, &stage.oracles[0]);
    world.vote_root(&root, proposal, &stage.oracles[1]);
    let oracle = &stage.oracles[1];
    let sound = rewards::withdraw_vote(oracle.pubkey(), stage.vault.address);
    assert_error(world.run(tamper::read_only(sound.clone(), stage.vault.address), &[oracle]), NOT_WRITABLE);
    let with_proposal = tamper::swap(sound.clone(), stage.vault.address, proposal);
    assert_error(world.run(with_proposal, &[oracle]), InstructionError::AccountDataTooSmall);
    let mut refusals = world.impostors(&sound, stage.vault.address);
    refusals.extend([unsigned(&sound, oracle.pubkey()), not_writable(&sound, stage.vault.address)]);
    refusals.push(incomplete(&sound)[0].clone());
    world.assert_refused(sound, &[oracle], refusals);
}
