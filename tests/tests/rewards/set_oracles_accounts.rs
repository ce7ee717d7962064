//! set_oracles with accounts and signers that it must refuse.

use solana_address::Address;
use solana_instruction::{Instruction, error::InstructionError};
use solana_signer::Signer;
use trellis_client::instructions::{
    registry,
    rewards::{self, OracleMember, SetOraclesArgs},
};
use trellis_rewards::{constants::MAX_ORACLES, error::RewardsError};
use trellis_tests::{World, assert_error, assert_program_error, expect_success, fixtures::Stage};

use super::support::{bytes_of, incomplete, not_writable, unsigned, vault};

/// A packet of the network: no transaction is larger.
const TRANSACTION_BYTES: usize = 1_232;

fn args(count: usize) -> SetOraclesArgs {
    let member = |number| OracleMember { oracle: Address::new_from_array([number as u8 + 1; 32]), weight: 1 };
    SetOraclesArgs { keep: 0, members: (0..count).map(member).collect(), threshold: count as u32 }
}

fn instruction(authority: Address, network: Address, vault: Address) -> Instruction {
    rewards::set_oracles(authority, network, vault, args(2))
}

fn own(stage: &Stage) -> Instruction {
    instruction(stage.network.authority_address(), stage.network.address, stage.vault.address)
}

#[test]
fn set_oracles_by_another_than_the_authority_is_refused() {
    let mut world = World::new();
    let stage = world.stage();
    let stranger = world.keypair();
    for signer in [&stranger, &stage.network.guardian, &stage.oracles[0]] {
        let by_another = instruction(signer.pubkey(), stage.network.address, stage.vault.address);
        assert_program_error(world.run(by_another, &[signer]), RewardsError::NotAuthority);
    }
}

#[test]
fn set_oracles_by_the_authority_of_another_network_is_refused() {
    let mut world = World::new();
    let (victim, attacker) = (world.stage(), world.stage());
    let before = vault(&world, &victim);
    let attacker_key = &attacker.network.authority;
    let with_own_network = instruction(attacker_key.pubkey(), attacker.network.address, victim.vault.address);
    assert_program_error(world.run(with_own_network, &[attacker_key]), RewardsError::WrongNetwork);
    let with_victims_network = instruction(attacker_key.pubkey(), victim.network.address, victim.vault.address);
    assert_program_error(world.run(with_victims_network, &[attacker_key]), RewardsError::NotAuthority);
    assert_eq!(bytes_of(&vault(&world, &victim)), bytes_of(&before));
}

#[test]
fn set_oracles_after_a_handover_follows_the_new_authority() {
    let mut world = World::new();
    let stage = world.stage();
    let (old, new) = (&stage.network.authority, world.keypair());
    let propose = registry::propose_authority(old.pubkey(), stage.network.address, new.pubkey());
    expect_success(world.run(propose, &[old]));
    expect_success(world.run(registry::accept_authority(new.pubkey(), stage.network.address), &[&new]));
    assert_program_error(world.run(own(&stage), &[old]), RewardsError::NotAuthority);
    expect_success(world.run(instruction(new.pubkey(), stage.network.address, stage.vault.address), &[&new]));
}

#[test]
fn set_oracles_with_wrong_accounts_is_refused() {
    let mut world = World::new();
    let stage = world.stage();
    let sound = own(&stage);
    let mut refusals = world.impostors(&sound, stage.network.address);
    refusals.extend(world.impostors(&sound, stage.vault.address));
    refusals.push(unsigned(&sound, stage.network.authority_address()));
    refusals.push(not_writable(&sound, stage.vault.address));
    refusals.extend(incomplete(&sound));
    world.assert_refused(sound, &[&stage.network.authority], refusals);
}

#[test]
fn set_oracles_with_more_members_than_its_data_holds_is_refused() {
    let mut world = World::new();
    let stage = world.stage();
    let mut lying = own(&stage);
    // The count of members, behind the discriminator and the kept ones.
    lying.data[5..9].copy_from_slice(&u32::MAX.to_le_bytes());
    assert_error(world.run(lying, &[&stage.network.authority]), InstructionError::InvalidInstructionData);
}

/// The first of the two steps to a full set, sent as a legacy transaction by a fee payer of its own.
#[test]
fn set_oracles_with_24_members_fits_a_transaction() {
    let mut world = World::new();
    let stage = world.stage();
    let (authority, payer) = (&stage.network.authority, world.payer_keypair());
    let set = rewards::set_oracles(authority.pubkey(), stage.network.address, stage.vault.address, args(24));
    // Two signatures with their count, then the message.
    let message = solana_message::Message::new(std::slice::from_ref(&set), Some(&payer.pubkey())).serialize();
    let bytes = 1 + 2 * 64 + message.len();
    assert!(bytes <= TRANSACTION_BYTES, "{bytes} bytes for 24 oracles");
    expect_success(world.send(&[set], &[&payer, authority]));
    const { assert!(MAX_ORACLES <= 2 * 24, "two steps reach a full set") };
}
