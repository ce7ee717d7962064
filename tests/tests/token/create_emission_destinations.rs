//! Where an emission may go to, and in which shares.

use solana_account::Account;
use solana_address::Address;
use solana_signer::Signer;
use trellis_client::{
    SPL_TOKEN_ID, TOKEN_2022_ID,
    accounts::Emission,
    addresses,
    instructions::token::{CreateEmissionArgs, create_emission},
};
use trellis_tests::{
    Outcome, World, assert_program_error, expect_success,
    fixtures::{NetworkFixture, emission_args},
};
use trellis_token::{constants::MAX_DESTINATIONS, error::TokenError};

/// A network with a mint of `token_program` and `count` token accounts for it.
fn prepared(token_program: Address, count: usize) -> (World, NetworkFixture, Vec<Address>) {
    let mut world = World::new();
    let network = world.create_network();
    let mint = world.create_mint_of(&network, token_program);
    let accounts = (0..count).map(|_| {
        let wallet = world.some_address();
        world.open_token_account(wallet, mint)
    });
    let accounts = accounts.collect();
    (world, network, accounts)
}

/// Creates an emission to the first of `accounts` as treasury and to the others in the order of `shares_bps`.
fn create(world: &mut World, network: &NetworkFixture, accounts: &[Address], shares_bps: &[u16]) -> Outcome {
    let args = CreateEmissionArgs { shares_bps: shares_bps.to_vec(), ..emission_args() };
    let (payer, authority) = (world.payer(), network.authority_address());
    let create = create_emission(payer, authority, network.address, accounts[0], &accounts[1..], args);
    world.run(create, &[&network.authority])
}

#[test]
fn create_emission_to_none_and_to_the_most_destinations_keeps_them_in_order() {
    for token_program in [SPL_TOKEN_ID, TOKEN_2022_ID] {
        for count in [0, MAX_DESTINATIONS] {
            let (mut world, network, accounts) = prepared(token_program, count + 1);
            let shares: Vec<u16> = (1..=count as u16).collect();
            expect_success(create(&mut world, &network, &accounts, &shares));
            let emission = world.account::<Emission>(addresses::emission(&network.address));
            assert_eq!((emission.token_program, emission.treasury), (token_program, accounts[0]));
            let kept: Vec<(Address, u16)> = emission.destinations().map(|(key, bps)| (*key, bps)).collect();
            let wanted: Vec<(Address, u16)> = accounts[1..].iter().copied().zip(shares).collect();
            assert_eq!(kept, wanted);
        }
    }
}

#[test]
fn create_emission_to_more_destinations_than_fit_is_refused() {
    let (mut world, network, accounts) = prepared(SPL_TOKEN_ID, MAX_DESTINATIONS + 2);
    let outcome = create(&mut world, &network, &accounts, &[1; MAX_DESTINATIONS + 1]);
    assert_program_error(outcome, TokenError::InvalidDestinationCount);
}

#[test]
fn create_emission_with_a_share_more_or_fewer_than_destinations_is_refused() {
    let (mut world, network, accounts) = prepared(SPL_TOKEN_ID, 3);
    for shares in [&[1][..], &[1, 1, 1], &[]] {
        let outcome = create(&mut world, &network, &accounts, shares);
        assert_program_error(outcome, TokenError::InvalidDestinationCount);
    }
}

#[test]
fn create_emission_with_a_share_of_zero_is_refused() {
    let (mut world, network, accounts) = prepared(SPL_TOKEN_ID, 3);
    assert_program_error(create(&mut world, &network, &accounts, &[10_000, 0]), TokenError::ZeroShare);
}

#[test]
fn create_emission_with_shares_of_the_whole_succeeds_and_above_it_is_refused() {
    let (mut world, network, accounts) = prepared(SPL_TOKEN_ID, 3);
    for shares in [[1, 10_000], [5_001, 5_000], [u16::MAX, u16::MAX]] {
        let outcome = create(&mut world, &network, &accounts, &shares);
        assert_program_error(outcome, TokenError::SharesAboveWhole);
    }
    expect_success(create(&mut world, &network, &accounts, &[5_000, 5_000]));
}

#[test]
fn create_emission_with_an_account_twice_is_refused() {
    let (mut world, network, accounts) = prepared(SPL_TOKEN_ID, 3);
    let (treasury, one, two) = (accounts[0], accounts[1], accounts[2]);
    for twice in [[treasury, treasury, one], [treasury, one, treasury], [treasury, one, one], [one, two, one]] {
        let outcome = create(&mut world, &network, &twice, &[1, 1]);
        assert_program_error(outcome, TokenError::DuplicateDestination);
    }
}

#[test]
fn create_emission_into_what_is_no_open_account_of_the_mint_is_refused() {
    for (token_program, other_program) in [(SPL_TOKEN_ID, TOKEN_2022_ID), (TOKEN_2022_ID, SPL_TOKEN_ID)] {
        let (mut world, network, accounts) = prepared(token_program, 2);
        let foreign_network = world.create_network();
        let foreign_mint = world.create_mint_of(&foreign_network, token_program);
        let wallet = world.keypair();
        let foreign = world.open_token_account(wallet.pubkey(), foreign_mint);

        let sound = accounts[1];
        let mut bent = |edit: &dyn Fn(&mut Account)| {
            let copy = world.copy_elsewhere(sound);
            world.edit_raw(copy, edit);
            copy
        };
        let invalid = [
            ("of another mint", foreign),
            ("a wallet", wallet.pubkey()),
            ("the mint", addresses::mint(&network.address)),
            ("of the other token program", bent(&|account| account.owner = other_program)),
            ("of no token program", bent(&|account| account.owner = solana_sdk_ids::system_program::ID)),
            ("never opened", bent(&|account| account.data[108] = 0)),
            ("cut off", bent(&|account| account.data.truncate(164))),
            // As long as a multisig, which says nothing of a mint.
            ("a multisig", bent(&|account| account.data.resize(355, 2))),
        ];
        for (what, account) in invalid {
            eprintln!("refused: {what}");
            for places in [[account, sound], [sound, account]] {
                let outcome = create(&mut world, &network, &places, &[1]);
                assert_program_error(outcome, TokenError::InvalidDestination);
            }
        }
        expect_success(create(&mut world, &network, &accounts, &[1]));
    }
}
