use solana_instruction::Instruction;
use solana_signer::Signer;
use trellis_client::{accounts::RootProposal, instructions::rewards};
use trellis_core::Epoch;
use trellis_rewards::{error::RewardsError, event::ProposalClosed};
use trellis_tests::{
    World, assert_event, assert_program_error, expect_success,
    fixtures::{RootFixture, Stage},
    tamper,
};

use super::support::{bytes_of, incomplete, not_writable, proposal_address, small_root, unsigned, vault, with_content};

/// A stage with a proposal of oracle 0, for which oracles 0 and 2 would vote; oracle 1 votes for one of its own.
fn contested(world: &mut World) -> (Stage, RootFixture, Instruction) {
    let mut stage = world.funded_stage(0);
    stage.oracles = world.set_oracles(&stage.network, &stage.vault, &[1, 1, 1, 1], 3);
    let root = small_root(&stage, 0);
    let proposal = world.propose_root(&root, &stage.oracles[0]);
    let rival = with_content(&root, |content| content.root = [9; 32]);
    let rivals = world.propose_root(&rival, &stage.oracles[1]);
    world.vote_root(&root, proposal, &stage.oracles[0]);
    world.vote_root(&root, proposal, &stage.oracles[2]);
    world.vote_root(&rival, rivals, &stage.oracles[1]);
    let withdraw = rewards::withdraw_proposal(stage.oracles[0].pubkey(), stage.vault.address, Epoch(0));
    (stage, root, withdraw)
}

#[test]
fn withdraw_proposal_returns_rent_and_votes() {
    let mut world = World::new();
    let (stage, root, withdraw) = contested(&mut world);
    let proposer = &stage.oracles[0];
    let proposal = proposal_address(&root, proposer);
    let (rent, lamports, before) = (world.lamports(proposal), world.lamports(proposer.pubkey()), vault(&world, &stage));
    assert_eq!(before.ballots[..4], [1, 2, 1, 0]);
    let done = expect_success(world.run(withdraw, &[proposer]));
    assert_eq!(world.lamports(proposer.pubkey()), lamports + rent);
    assert_eq!(world.raw(proposal).filter(|account| account.lamports > 0), None);
    let mut wanted = before;
    wanted.ballots[..4].copy_from_slice(&[0, 2, 0, 0]);
    assert_eq!(bytes_of(&vault(&world, &stage)), bytes_of(&wanted));
    let event = ProposalClosed { vault: stage.vault.address, proposal, proposer: proposer.pubkey() };
    assert_event(&done, &event);
}

/// Votes for a withdrawn proposal do not count for the next one of the same proposer, at the same address.
#[test]
fn withdraw_proposal_and_propose_anew_starts_without_votes() {
    let mut world = World::new();
    let (stage, root, withdraw) = contested(&mut world);
    let proposer = &stage.oracles[0];
    expect_success(world.run(withdraw, &[proposer]));
    let other = with_content(&root, |content| content.root = [7; 32]);
    let proposal = world.propose_root(&other, proposer);
    world.vote_root(&other, proposal, &stage.oracles[3]);
    assert_eq!(vault(&world, &stage).votes_for(0), 0b1000);
    world.vote_root(&other, proposal, &stage.oracles[0]);
    assert!(!world.account::<RootProposal>(proposal).is_approved());
}

#[test]
fn withdraw_proposal_by_another_than_its_proposer_is_refused() {
    let mut world = World::new();
    let (stage, root, withdraw) = contested(&mut world);
    let proposer = stage.oracles[0].pubkey();
    for signer in [&stage.oracles[1], &stage.network.authority, &stage.network.guardian] {
        let by_another = tamper::swap(withdraw.clone(), proposer, signer.pubkey());
        assert_program_error(world.run(by_another, &[signer]), RewardsError::NotProposer);
    }
    assert_eq!(world.account::<RootProposal>(proposal_address(&root, &stage.oracles[0])).content(), root.content);
}

#[test]
fn withdraw_proposal_once_one_is_approved_is_refused() {
    let mut world = World::new();
    let (stage, root, withdraw) = contested(&mut world);
    world.vote_root(&root, proposal_address(&root, &stage.oracles[0]), &stage.oracles[3]);
    assert_program_error(world.run(withdraw, &[&stage.oracles[0]]), RewardsError::AlreadyApproved);
    let rivals = rewards::withdraw_proposal(stage.oracles[1].pubkey(), stage.vault.address, Epoch(0));
    assert_program_error(world.run(rivals, &[&stage.oracles[1]]), RewardsError::AlreadyApproved);
}

/// Dead proposals are closed by close_proposal, which moves no vote.
#[test]
fn withdraw_proposal_that_is_vetoed_or_of_an_old_set_is_refused() {
    let mut world = World::new();
    let (stage, root, withdraw) = contested(&mut world);
    let (proposer, guardian) = (&stage.oracles[0], &stage.network.guardian);
    let proposal = proposal_address(&root, proposer);
    expect_success(world.run(rewards::veto_root(guardian.pubkey(), stage.vault.address, proposal), &[guardian]));
    assert_program_error(world.run(withdraw.clone(), &[proposer]), RewardsError::Vetoed);
    world.set_oracles(&stage.network, &stage.vault, &[1], 1);
    assert_program_error(world.run(withdraw, &[proposer]), RewardsError::StaleOracleSet);
}

#[test]
fn withdraw_proposal_with_wrong_accounts_is_refused() {
    let mut world = World::new();
    let (stage, root, sound) = contested(&mut world);
    let (other, proposer) = (world.funded_stage(0), stage.oracles[0].pubkey());
    let proposal = proposal_address(&root, &stage.oracles[0]);
    let across = tamper::swap(sound.clone(), stage.vault.address, other.vault.address);
    assert_program_error(world.run(across, &[&stage.oracles[0]]), RewardsError::WrongVault);
    let mut refusals = world.impostors(&sound, stage.vault.address);
    refusals.extend(world.impostors(&sound, proposal));
    refusals.push(unsigned(&sound, proposer));
    refusals.extend([stage.vault.address, proposal].map(|address| not_writable(&sound, address)));
    refusals.push(incomplete(&sound)[0].clone());
    world.assert_refused(sound, &[&stage.oracles[0]], refusals);
}
