//! Which mints a pool takes.

use solana_account::Account;
use solana_address::Address;
use trellis_client::{SPL_TOKEN_ID, TOKEN_2022_ID, accounts::StakePool, addresses, instructions::staking};
use trellis_staking::error::StakingError;
use trellis_tests::{Outcome, World, assert_program_error, expect_success, fixtures::pool_settings};

const LAMPORTS: u64 = 1_000_000_000;

/// A mint of Token-2022 with one extension of this kind, 32 bytes long and all zero.
fn extended(world: &mut World, authority: Address, kinds: &[u16]) -> Address {
    let plain = world.create_foreign_mint(authority);
    world.edit_raw(plain, |account| {
        account.owner = TOKEN_2022_ID;
        if kinds.is_empty() {
            return;
        }
        account.data.resize(165, 0);
        account.data.push(1);
        for kind in kinds {
            account.data.extend(kind.to_le_bytes());
            account.data.extend(32_u16.to_le_bytes());
            account.data.extend([0; 32]);
        }
        account.lamports = LAMPORTS;
    });
    plain
}

/// An empty token account of Token-2022 for `mint`.
fn token_account(world: &mut World, mint: Address, owner: Address) -> Address {
    let address = world.some_address();
    let mut data = vec![0; 165];
    data[..32].copy_from_slice(mint.as_ref());
    data[32..64].copy_from_slice(owner.as_ref());
    data[108] = 1;
    world.put_raw(address, Account { lamports: LAMPORTS, data, owner: TOKEN_2022_ID, ..Account::default() });
    address
}

fn create(world: &mut World, mint_of: impl FnOnce(&mut World, Address) -> Address, program: Address) -> Outcome {
    let network = world.create_network();
    let (payer, authority) = (world.payer(), network.authority_address());
    let mint = mint_of(world, authority);
    let treasury = match program == TOKEN_2022_ID {
        true => token_account(world, mint, authority),
        false => world.some_address(),
    };
    let create = staking::create_pool(payer, authority, network.address, mint, program, treasury, pool_settings());
    world.run(create, &[&network.authority])
}

#[test]
fn create_pool_of_token_2022_mints_that_only_describe_themselves_succeeds() {
    for kinds in [&[][..], &[18], &[19], &[20, 21], &[22, 23], &[10, 25]] {
        let mut world = World::new();
        expect_success(create(&mut world, |world, authority| extended(world, authority, kinds), TOKEN_2022_ID));
    }
}

#[test]
fn create_pool_of_token_2022_mints_with_any_other_extension_is_refused() {
    let mut world = World::new();
    for kind in (1..=9).chain(11..=17).chain([24]).chain(26..=40).chain([u16::MAX]) {
        for kinds in [vec![kind], vec![18, kind]] {
            let outcome = create(&mut world, |world, authority| extended(world, authority, &kinds), TOKEN_2022_ID);
            assert_program_error(outcome, StakingError::MintExtensionRefused);
        }
    }
}

#[test]
fn create_pool_of_a_mint_that_can_freeze_is_refused() {
    let mut world = World::new();
    for program in [SPL_TOKEN_ID, TOKEN_2022_ID] {
        let freezing = |world: &mut World, authority: Address| {
            let mint = world.create_foreign_mint(authority);
            world.edit_raw(mint, |account| {
                account.owner = program;
                account.data[46] = 1;
                account.data[50..82].copy_from_slice(authority.as_ref());
            });
            mint
        };
        assert_program_error(create(&mut world, freezing, program), StakingError::MintCanFreeze);
    }
}

#[test]
fn create_pool_of_what_is_no_mint_is_refused() {
    let mut world = World::new();
    let uninitialized = |world: &mut World, authority: Address| {
        let mint = world.create_foreign_mint(authority);
        world.edit_raw(mint, |account| account.data[45] = 0);
        mint
    };
    assert_program_error(create(&mut world, uninitialized, SPL_TOKEN_ID), StakingError::InvalidMint);
    let account = |world: &mut World, authority: Address| {
        let mint = world.create_foreign_mint(authority);
        world.create_token_account(authority, mint)
    };
    assert_program_error(create(&mut world, account, SPL_TOKEN_ID), StakingError::InvalidMint);
    let of_2022 = |world: &mut World, authority: Address| {
        let mint = world.create_foreign_mint(authority);
        token_account(world, mint, authority)
    };
    assert_program_error(create(&mut world, of_2022, TOKEN_2022_ID), StakingError::InvalidMint);
    let cut_short = |world: &mut World, authority: Address| {
        let mint = extended(world, authority, &[18]);
        world.edit_raw(mint, |account| account.data.truncate(account.data.len() - 1));
        mint
    };
    assert_program_error(create(&mut world, cut_short, TOKEN_2022_ID), StakingError::InvalidMint);
    let nothing = |world: &mut World, _| world.some_address();
    assert_program_error(create(&mut world, nothing, SPL_TOKEN_ID), StakingError::InvalidMint);
}

#[test]
fn staking_of_a_token_2022_mint_goes_all_the_way_round() {
    let mut world = World::new();
    let network = world.create_network();
    let (payer, authority) = (world.payer(), network.authority_address());
    let mint = extended(&mut world, authority, &[18]);
    let treasury = token_account(&mut world, mint, authority);
    let settings = pool_settings();
    let create = staking::create_pool(payer, authority, network.address, mint, TOKEN_2022_ID, treasury, settings);
    expect_success(world.run(create, &[&network.authority]));
    let pool = addresses::stake_pool(&network.address);
    let operator = world.register_operator(&network);
    expect_success(world.run(staking::open_operator_stake(payer, pool, operator.address), &[]));
    let stake = addresses::operator_stake(&pool, &operator.address);
    let wallet = world.keypair();
    let owner = solana_signer::Signer::pubkey(&wallet);
    let tokens = token_account(&mut world, mint, owner);
    let set = |world: &mut World, address, amount: u64| {
        world.edit_raw(address, |account| account.data[64..72].copy_from_slice(&amount.to_le_bytes()));
    };
    let held = |world: &World, address| {
        let data = world.raw(address).unwrap().data;
        u64::from_le_bytes(data[64..72].try_into().unwrap())
    };
    set(&mut world, tokens, 1 << 25);
    expect_success(world.run(staking::open_position(payer, stake, owner), &[]));
    let delegate = staking::delegate(owner, pool, TOKEN_2022_ID, stake, tokens, 1 << 25);
    expect_success(world.run(delegate, &[&wallet]));
    set(&mut world, addresses::stake_rewards(&pool), 500);
    let claim = staking::claim_stake_rewards(pool, TOKEN_2022_ID, stake, owner, tokens);
    expect_success(world.run(claim, &[]));
    assert_eq!(held(&world, tokens), 500);
    let unstake = staking::unstake(payer, owner, pool, stake, 0, 1 << 25);
    expect_success(world.run(unstake, &[&wallet]));
    world.advance(86_400);
    let position = addresses::stake_position(&stake, &owner);
    let ticket = world.account(addresses::unbonding_ticket(&position, 0));
    expect_success(world.run(staking::withdraw(pool, TOKEN_2022_ID, &ticket, tokens), &[]));
    assert_eq!(held(&world, tokens), (1 << 25) + 500);
    assert_eq!(world.account::<StakePool>(pool).staked_total, 0);
}
