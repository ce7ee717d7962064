use bytemuck::Zeroable;
use solana_keypair::Keypair;
use solana_signer::Signer;
use trellis_client::{
    accounts::{RootProposal, Vault, account_bytes},
    instructions::rewards,
};
use trellis_core::{Amount, Epoch, pda};
use trellis_rewards::{error::RewardsError, event::RootProposed};
use trellis_tests::{
    Outcome, World, assert_error, assert_event, assert_program_error, expect_success,
    fixtures::{EPOCH_CAP, RootFixture},
    refusal::ACCOUNT_IN_USE,
};

use super::support::{bump_of, bytes_of, proposal_address, small_root, vault, with_content};

fn propose(world: &mut World, root: &RootFixture, proposer: &Keypair) -> Outcome {
    world.run(rewards::propose_root(proposer.pubkey(), &root.content), &[proposer])
}

#[test]
fn propose_root_by_an_oracle_fills_every_field() {
    let mut world = World::new();
    let stage = world.funded_stage(0);
    let (root, proposer) = (small_root(&stage, 0), &stage.oracles[1]);
    let vault_before = vault(&world, &stage);
    let lamports_before = world.lamports(proposer.pubkey());
    let done = expect_success(propose(&mut world, &root, proposer));

    let (address, content) = (proposal_address(&root, proposer), root.content);
    let seeds = [pda::PROPOSAL, stage.vault.address.as_ref(), &0u64.to_le_bytes(), &proposer.pubkey().to_bytes()];
    let wanted = RootProposal {
        vault: stage.vault.address,
        proposer: proposer.pubkey(),
        root: content.root,
        devices_root: content.devices_root,
        bundle_hash: content.bundle_hash,
        epoch: 0,
        cumulative_total: content.cumulative_total.get(),
        leaf_count: content.leaf_count,
        set_version: vault_before.set_version,
        version: 1,
        bump: bump_of(&seeds),
        proposer_position: 1,
        ..RootProposal::zeroed()
    };
    assert_eq!(bytes_of(&world.account::<RootProposal>(address)), bytes_of(&wanted));
    assert_eq!(wanted.content(), content);
    assert_eq!(bytes_of(&vault(&world, &stage)), bytes_of(&vault_before));
    let rent = world.svm.minimum_balance_for_rent_exemption(account_bytes::<RootProposal>());
    assert_eq!(world.lamports(proposer.pubkey()), lamports_before - rent);
    let event = RootProposed {
        vault: stage.vault.address,
        proposal: address,
        proposer: proposer.pubkey(),
        epoch: 0,
        root: content.root,
        bundle_hash: content.bundle_hash,
        cumulative_total: content.cumulative_total.get(),
    };
    assert_event(&done, &event);
}

#[test]
fn propose_root_by_every_oracle_keeps_the_proposals_apart() {
    let mut world = World::new();
    let stage = world.funded_stage(0);
    for (number, oracle) in (0u8..).zip(&stage.oracles) {
        let root = with_content(&small_root(&stage, 0), |content| content.bundle_hash = [number; 32]);
        let address = world.propose_root(&root, oracle);
        assert_eq!(world.account::<RootProposal>(address).content(), root.content);
    }
}

#[test]
fn propose_root_twice_for_an_epoch_by_one_oracle_is_refused() {
    let mut world = World::new();
    let stage = world.funded_stage(0);
    let root = small_root(&stage, 0);
    let address = world.propose_root(&root, &stage.oracles[0]);
    let other = with_content(&root, |content| content.root = [9; 32]);
    assert_error(propose(&mut world, &other, &stage.oracles[0]), ACCOUNT_IN_USE);
    assert_eq!(world.account::<RootProposal>(address).content(), root.content);
}

#[test]
fn propose_root_by_another_than_an_oracle_is_refused() {
    let mut world = World::new();
    let stage = world.funded_stage(0);
    let (root, stranger) = (small_root(&stage, 0), world.keypair());
    for signer in [&stranger, &stage.network.authority, &stage.network.guardian] {
        assert_program_error(propose(&mut world, &root, signer), RewardsError::NotOracle);
    }
}

#[test]
fn propose_root_by_a_removed_oracle_is_refused() {
    let mut world = World::new();
    let mut stage = world.funded_stage(0);
    let removed = stage.oracles.remove(2);
    world.set_oracles(&stage.network, &stage.vault, &[1], 1);
    assert_program_error(propose(&mut world, &small_root(&stage, 0), &removed), RewardsError::NotOracle);
}

#[test]
fn propose_root_on_a_vault_without_oracles_is_refused() {
    let mut world = World::new();
    let stage = world.funded_stage(0);
    world.forge::<Vault>(stage.vault.address, |vault| vault.oracle_count = 0);
    let refused = propose(&mut world, &small_root(&stage, 0), &stage.oracles[0]);
    assert_program_error(refused, RewardsError::NotOracle);
}

#[test]
fn propose_root_of_a_final_epoch_is_refused() {
    let mut world = World::new();
    let stage = world.stage();
    let first = world.final_root(&stage, 0, &[(stage.vault.address, 5)]);
    assert_program_error(propose(&mut world, &first, &stage.oracles[2]), RewardsError::EpochAlreadyFinal);
}

#[test]
fn propose_root_of_a_skipped_epoch_is_refused() {
    let mut world = World::new();
    let stage = world.funded_stage(3);
    for epoch in [1, 3, u64::MAX] {
        let ahead = with_content(&small_root(&stage, 0), |content| content.epoch = Epoch(epoch));
        assert_program_error(propose(&mut world, &ahead, &stage.oracles[0]), RewardsError::EpochOutOfOrder);
    }
}

#[test]
fn propose_root_one_second_before_the_epoch_ends_is_refused_and_at_its_end_succeeds() {
    let mut world = World::new();
    let stage = world.stage();
    let (root, end) = (small_root(&stage, 0), stage.network.calendar.end_of(Epoch(0)).unwrap());
    world.set_time(end - 1);
    assert_program_error(propose(&mut world, &root, &stage.oracles[0]), RewardsError::EpochNotElapsed);
    world.set_time(end);
    expect_success(propose(&mut world, &root, &stage.oracles[0]));
}

#[test]
fn propose_root_that_promises_less_than_before_is_refused() {
    let mut world = World::new();
    let stage = world.stage();
    let owed = [(stage.vault.address, 500)];
    world.final_root(&stage, 0, &owed);
    world.emit_through(&stage.network, Epoch(1));
    let same = stage.root(1, &owed);
    let less = with_content(&same, |content| content.cumulative_total = Amount(499));
    assert_program_error(propose(&mut world, &less, &stage.oracles[0]), RewardsError::CumulativeFell);
    expect_success(propose(&mut world, &same, &stage.oracles[0]));
}

#[test]
fn propose_root_with_fewer_leaves_than_before_is_refused() {
    let mut world = World::new();
    let stage = world.stage();
    let owed = [(stage.vault.address, 500), (stage.network.address, 0)];
    world.final_root(&stage, 0, &owed);
    world.emit_through(&stage.network, Epoch(1));
    let fewer = stage.root(1, &owed[..1]);
    assert_program_error(propose(&mut world, &fewer, &stage.oracles[0]), RewardsError::LeavesFell);
    expect_success(propose(&mut world, &stage.root(1, &owed), &stage.oracles[0]));
}

#[test]
fn propose_root_above_the_cap_is_refused_and_at_the_cap_succeeds() {
    let mut world = World::new();
    let stage = world.stage();
    world.final_root(&stage, 0, &[(stage.vault.address, 500)]);
    world.emit_through(&stage.network, Epoch(1));
    let promising = |total| with_content(&small_root(&stage, 1), |content| content.cumulative_total = Amount(total));
    for total in [500 + EPOCH_CAP + 1, u64::MAX] {
        let refused = propose(&mut world, &promising(total), &stage.oracles[0]);
        assert_program_error(refused, RewardsError::AboveEpochCap);
    }
    expect_success(propose(&mut world, &promising(500 + EPOCH_CAP), &stage.oracles[0]));
}
