//! The example of a dApp's program: it reads Trellis's accounts, and claims by CPI.

use anchor_lang::{InstructionData, ToAccountMetas};
use solana_address::Address;
use solana_instruction::{Instruction, error::InstructionError};
use solana_keypair::Keypair;
use solana_signer::Signer;
use solana_transaction_error::TransactionError;
use trellis_client::{REWARDS_ID, SPL_TOKEN_ID, addresses};
use trellis_example_co_owned::{CO_OWNED, CoOwned, CoOwnedError, ID, accounts, instruction};
use trellis_rewards::error::RewardsError;
use trellis_tests::{
    World, assert_program_error, assert_transaction_error, expect_success,
    fixtures::{RootFixture, Stage},
    world::deploy_folder,
};

const SYSTEM_PROGRAM: Address = solana_sdk_ids::system_program::ID;
/// 33.33 %: nothing divides by it.
const INVESTOR_BPS: u16 = 3_333;
const EARNED: u64 = 1_000;

/// An operator whose payout wallet is the program's, and a final root that owes it [`EARNED`].
struct Shared {
    stage: Stage,
    root: RootFixture,
    host: Keypair,
    operator: Address,
    co_owned: Address,
    tokens: Address,
    host_tokens: Address,
    investor_tokens: Address,
    investor: Address,
}

fn address_of(operator: &Address) -> Address {
    Address::find_program_address(&[CO_OWNED, operator.as_ref()], &ID).0
}

fn open(host: Address, investor: Address, operator: Address, investor_bps: u16) -> Instruction {
    let co_owned = address_of(&operator);
    let accounts = accounts::Open { host, investor, operator, co_owned, system_program: SYSTEM_PROGRAM };
    let data = instruction::Open { investor_bps }.data();
    Instruction { program_id: ID, accounts: accounts.to_account_metas(None), data }
}

impl Shared {
    fn new(world: &mut World) -> Self {
        world
            .svm
            .add_program(ID, &std::fs::read(deploy_folder().join("trellis_example_co_owned.so")).unwrap())
            .unwrap();
        let stage = world.stage();
        let operator = world.register_operator(&stage.network);
        let (host, address) = (operator.wallet, operator.address);
        let (co_owned, investor) = (address_of(&address), world.keypair().pubkey());
        expect_success(world.run(open(host.pubkey(), investor, address, INVESTOR_BPS), &[&host]));
        let [tokens, host_tokens, investor_tokens] =
            [co_owned, host.pubkey(), investor].map(|wallet| world.create_token_account(wallet, stage.vault.mint));
        let root = world.final_root(&stage, 0, &[(co_owned, EARNED)]);
        world.open_page(stage.vault.address, 0);
        Self { stage, root, host, operator: address, co_owned, tokens, host_tokens, investor_tokens, investor }
    }

    fn collect(&self) -> Instruction {
        let vault = self.stage.vault.address;
        let accounts = accounts::Collect {
            co_owned: self.co_owned,
            tokens: self.tokens,
            host_tokens: self.host_tokens,
            investor_tokens: self.investor_tokens,
            vault,
            claim_page: addresses::claim_page(&vault, 0),
            vault_tokens: self.stage.vault.tokens,
            token_program: SPL_TOKEN_ID,
            rewards_program: REWARDS_ID,
        };
        let data = instruction::Collect { claim: self.root.claim_args(0) }.data();
        Instruction { program_id: ID, accounts: accounts.to_account_metas(None), data }
    }

    fn share(&self) -> Instruction {
        let accounts = accounts::Share {
            co_owned: self.co_owned,
            tokens: self.tokens,
            host_tokens: self.host_tokens,
            investor_tokens: self.investor_tokens,
            token_program: SPL_TOKEN_ID,
        };
        Instruction { program_id: ID, accounts: accounts.to_account_metas(None), data: instruction::Share {}.data() }
    }

    /// What is left to share, the host's and the investor's tokens.
    fn balances(&self, world: &World) -> [u64; 3] {
        [self.tokens, self.host_tokens, self.investor_tokens].map(|tokens| world.token_balance(tokens))
    }
}

fn custom(error: CoOwnedError) -> TransactionError {
    TransactionError::InstructionError(0, InstructionError::Custom(6_000 + error as u32))
}

#[test]
fn collect_claims_from_trellis_and_pays_both_owners_everything() {
    let mut world = World::new();
    let shared = Shared::new(&mut world);
    expect_success(world.run(shared.collect(), &[]));
    // 333.3 rounds down; the host has the rest.
    assert_eq!(shared.balances(&world), [0, 667, 333]);
    assert_program_error(world.run(shared.collect(), &[]), RewardsError::NothingToClaim);
    assert_transaction_error(world.run(shared.share(), &[]), custom(CoOwnedError::NothingToShare));
    let account: CoOwned = *bytemuck::from_bytes(&world.svm.get_account(&shared.co_owned).unwrap().data[8..]);
    assert_eq!((account.operator, account.investor), (shared.operator, shared.investor));
}

#[test]
fn share_pays_out_what_somebody_else_claimed() {
    let mut world = World::new();
    let shared = Shared::new(&mut world);
    let claim = trellis_client::instructions::rewards::claim(
        shared.stage.vault.address,
        shared.tokens,
        shared.root.claim_args(0),
    );
    expect_success(world.run(claim, &[]));
    assert_eq!(shared.balances(&world), [EARNED, 0, 0]);
    expect_success(world.run(shared.share(), &[]));
    assert_eq!(shared.balances(&world), [0, 667, 333]);
}

#[test]
fn rewards_go_to_nobody_else() {
    let mut world = World::new();
    let mut shared = Shared::new(&mut world);
    let stranger = world.keypair().pubkey();
    let of_stranger = world.create_token_account(stranger, shared.stage.vault.mint);
    for tokens in [of_stranger, shared.tokens] {
        let honest = std::mem::replace(&mut shared.investor_tokens, tokens);
        assert!(world.run(shared.collect(), &[]).is_err());
        shared.investor_tokens = honest;
    }
    let honest = std::mem::replace(&mut shared.investor_tokens, of_stranger);
    assert_transaction_error(world.run(shared.collect(), &[]), custom(CoOwnedError::WrongOwner));
    shared.investor_tokens = honest;
    // Another program in the place of Trellis's.
    let mut foreign = shared.collect();
    let place = foreign.accounts.iter().position(|meta| meta.pubkey == REWARDS_ID).unwrap();
    foreign.accounts[place].pubkey = ID;
    assert!(world.run(foreign, &[]).is_err());
    assert_eq!(shared.balances(&world), [0, 0, 0]);
}

#[test]
fn open_is_for_the_operator_s_wallet_and_a_part_of_the_whole() {
    let mut world = World::new();
    let shared = Shared::new(&mut world);
    let other = world.register_operator(&shared.stage.network);
    let (host, stranger) = (&shared.host, world.keypair());
    let by_stranger = open(stranger.pubkey(), shared.investor, other.address, INVESTOR_BPS);
    assert_transaction_error(world.run(by_stranger, &[&stranger]), custom(CoOwnedError::NotHost));
    for bps in [0, 10_000] {
        let wrong = open(other.wallet.pubkey(), shared.investor, other.address, bps);
        assert_transaction_error(world.run(wrong, &[&other.wallet]), custom(CoOwnedError::InvalidPart));
    }
    let again = open(host.pubkey(), shared.investor, shared.operator, 9_999);
    assert!(world.run(again, &[host]).is_err(), "it is open already");
    // Not of the registry.
    let no_operator = open(host.pubkey(), shared.investor, shared.stage.network.address, INVESTOR_BPS);
    assert!(world.run(no_operator, &[host]).is_err());
}
