use solana_address::Address;
use solana_instruction::Instruction;
use solana_signer::Signer;
use trellis_client::{SPL_TOKEN_ID, TOKEN_2022_ID, accounts::Vault, instructions::rewards};
use trellis_core::Epoch;
use trellis_rewards::{error::RewardsError, event::VaultSwept};
use trellis_tests::{
    World, assert_event, assert_program_error, expect_success, fixtures::EPOCH_AMOUNT, refusal::DUPLICATE_WRITABLE,
    tamper,
};

use super::support::{EARNED, Payday, bytes_of, incomplete, not_writable, unsigned, vault};

/// A payday whose vault is retired after epoch 1, the root of which is final; and a token account to sweep into.
fn ended(world: &mut World) -> (Payday, Address) {
    let payday = Payday::new(world);
    let network = &payday.stage.network;
    let last_epoch = network.calendar.epoch_at(world.now()).unwrap().get() + 1;
    let retire =
        rewards::retire_vault(network.authority_address(), network.address, payday.stage.vault.address, last_epoch);
    expect_success(world.run(retire, &[&network.authority]));
    while vault(world, &payday.stage).next_epoch <= last_epoch {
        payday.next_root(world, EARNED);
    }
    let treasury = world.some_address();
    let treasury = world.create_token_account(treasury, payday.stage.vault.mint);
    (payday, treasury)
}

fn sweep(payday: &Payday, to: Address) -> Instruction {
    let (network, vault) = (&payday.stage.network, payday.stage.vault.address);
    rewards::sweep_vault(network.authority_address(), network.address, vault, to, SPL_TOKEN_ID)
}

#[test]
fn sweep_vault_moves_what_is_not_owed_and_leaves_every_promise_payable() {
    let mut world = World::new();
    let (payday, treasury) = ended(&mut world);
    expect_success(world.run(payday.claim(&last_root(&world, &payday), 1), &[]));
    let before = vault(&world, &payday.stage);
    let funded = EPOCH_AMOUNT * before.next_epoch;
    let done = expect_success(world.run(sweep(&payday, treasury), &[&payday.stage.network.authority]));
    let owed: u64 = EARNED.iter().sum();
    assert_eq!(world.token_balance(treasury), funded - owed);
    assert_eq!(world.token_balance(payday.stage.vault.tokens), owed - EARNED[1]);
    assert_eq!(bytes_of(&vault(&world, &payday.stage)), bytes_of(&before));
    let event = VaultSwept { vault: payday.stage.vault.address, receiving_tokens: treasury, amount: funded - owed };
    assert_event(&done, &event);
    for operator in [0, 2] {
        expect_success(world.run(payday.claim(&last_root(&world, &payday), operator), &[]));
    }
    assert_eq!(payday.balances(&world), EARNED);
    assert_eq!(world.token_balance(payday.stage.vault.tokens), 0);
}

/// The payday's last final root: that of epoch 0 with another epoch.
fn last_root(world: &World, payday: &Payday) -> trellis_tests::fixtures::RootFixture {
    let mut root = payday.root.clone();
    root.content.epoch = Epoch(vault(world, &payday.stage).next_epoch - 1);
    root
}

#[test]
fn sweep_vault_twice_moves_nothing_until_more_comes_in() {
    let mut world = World::new();
    let (payday, treasury) = ended(&mut world);
    let authority = &payday.stage.network.authority;
    expect_success(world.run(sweep(&payday, treasury), &[authority]));
    assert_program_error(world.run(sweep(&payday, treasury), &[authority]), RewardsError::NothingToSweep);
    let (held, swept) = (world.token_balance(payday.stage.vault.tokens), world.token_balance(treasury));
    world.forge_token_balance(payday.stage.vault.tokens, held + 7);
    expect_success(world.run(sweep(&payday, treasury), &[authority]));
    assert_eq!(world.token_balance(treasury), swept + 7);
}

/// Less than is owed can lie there only if the mint's authority took it: there is nothing to sweep then.
#[test]
fn sweep_vault_that_holds_less_than_it_owes_is_refused() {
    let mut world = World::new();
    let (payday, treasury) = ended(&mut world);
    world.forge_token_balance(payday.stage.vault.tokens, EARNED.iter().sum::<u64>() - 1);
    let refused = world.run(sweep(&payday, treasury), &[&payday.stage.network.authority]);
    assert_program_error(refused, RewardsError::NothingToSweep);
}

#[test]
fn sweep_vault_that_is_not_retired_or_not_at_its_end_is_refused() {
    let mut world = World::new();
    let payday = Payday::new(&mut world);
    let (network, vault) = (&payday.stage.network, payday.stage.vault.address);
    let receiver = world.some_address();
    let treasury = world.create_token_account(receiver, payday.stage.vault.mint);
    let sweep = sweep(&payday, treasury);
    assert_program_error(world.run(sweep.clone(), &[&network.authority]), RewardsError::StillNeeded);
    let retire = rewards::retire_vault(network.authority_address(), network.address, vault, 100);
    expect_success(world.run(retire, &[&network.authority]));
    assert_program_error(world.run(sweep.clone(), &[&network.authority]), RewardsError::StillNeeded);
    world.forge::<Vault>(vault, |vault| vault.next_epoch = 100);
    assert_program_error(world.run(sweep.clone(), &[&network.authority]), RewardsError::StillNeeded);
    world.forge::<Vault>(vault, |vault| vault.next_epoch = 101);
    expect_success(world.run(sweep, &[&network.authority]));
}

#[test]
fn sweep_vault_while_it_is_paused_is_refused() {
    let mut world = World::new();
    let (payday, treasury) = ended(&mut world);
    let network = &payday.stage.network;
    let pause = rewards::pause_vault(network.guardian_address(), payday.stage.vault.address, 60);
    expect_success(world.run(pause, &[&network.guardian]));
    assert_program_error(world.run(sweep(&payday, treasury), &[&network.authority]), RewardsError::Paused);
}

#[test]
fn sweep_vault_into_something_else_than_a_token_account_of_the_mint_is_refused() {
    let mut world = World::new();
    let (payday, treasury) = ended(&mut world);
    let authority = &payday.stage.network.authority;
    let foreign = world.create_foreign_mint(authority.pubkey());
    let foreign = world.create_token_account(authority.pubkey(), foreign);
    assert_program_error(world.run(sweep(&payday, foreign), &[authority]), RewardsError::WrongPayoutMint);
    for to in [world.some_address(), payday.wallets[0], payday.stage.vault.mint] {
        assert_program_error(world.run(sweep(&payday, to), &[authority]), RewardsError::InvalidPayoutAccount);
    }
    let into_itself = sweep(&payday, payday.stage.vault.tokens);
    trellis_tests::assert_error(world.run(into_itself, &[authority]), DUPLICATE_WRITABLE);
    let other = tamper::swap(sweep(&payday, treasury), payday.stage.vault.tokens, payday.tokens[0]);
    assert_program_error(world.run(other, &[authority]), RewardsError::WrongVaultTokens);
    let other = tamper::swap(sweep(&payday, treasury), SPL_TOKEN_ID, TOKEN_2022_ID);
    assert_program_error(world.run(other, &[authority]), RewardsError::WrongTokenProgram);
}

#[test]
fn sweep_vault_by_another_than_the_authority_is_refused() {
    let mut world = World::new();
    let (payday, treasury) = ended(&mut world);
    let (own, other) = (&payday.stage.network, world.stage());
    for signer in [&own.guardian, &payday.stage.oracles[0], &other.network.authority] {
        let by_another = tamper::swap(sweep(&payday, treasury), own.authority_address(), signer.pubkey());
        assert_program_error(world.run(by_another, &[signer]), RewardsError::NotAuthority);
    }
    let authority = &other.network.authority;
    let (vault, program) = (payday.stage.vault.address, SPL_TOKEN_ID);
    let across = rewards::sweep_vault(authority.pubkey(), other.network.address, vault, treasury, program);
    assert_program_error(world.run(across, &[authority]), RewardsError::WrongNetwork);
}

#[test]
fn sweep_vault_with_wrong_accounts_is_refused() {
    let mut world = World::new();
    let (payday, treasury) = ended(&mut world);
    let sound = sweep(&payday, treasury);
    let (network, vault) = (&payday.stage.network, payday.stage.vault);
    let mut refusals = world.impostors(&sound, network.address);
    refusals.extend(world.impostors(&sound, vault.address));
    refusals.push(unsigned(&sound, network.authority_address()));
    refusals.extend([vault.tokens, treasury].map(|address| not_writable(&sound, address)));
    refusals.push(incomplete(&sound)[0].clone());
    world.assert_refused(sound, &[&network.authority], refusals);
}
