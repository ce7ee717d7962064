//! When a change of the payout wallet counts. The reference is a list of all changes ever asked for.

use bytemuck::Zeroable;
use proptest::prelude::*;
use solana_address::Address;
use solana_signer::Signer;
use trellis_client::{accounts::Operator, instructions::registry::set_payout_wallet};
use trellis_core::Epoch;
use trellis_registry::{error::RegistryError, event::PayoutWalletSet};
use trellis_tests::{
    Refusal, START_UNIX, World, assert_event, assert_program_error, assert_same, code, expect_success,
    fixtures::{EPOCH_SECONDS, NetworkFixture, OperatorFixture},
    refusal::NOT_WRITABLE,
    tamper,
};

/// A network whose epoch 0 starts an hour from now, with an operator.
fn before_genesis() -> (World, NetworkFixture, OperatorFixture) {
    let mut world = World::new();
    let network = world.create_network_with(|args| args.genesis_unix += 3_600);
    let operator = world.register_operator(&network);
    (world, network, operator)
}

fn set(world: &mut World, network: &NetworkFixture, operator: &OperatorFixture, wallet: Address) -> u64 {
    let set = set_payout_wallet(operator.wallet.pubkey(), network.address, wallet);
    let metadata = expect_success(world.run(set, &[&operator.wallet]));
    let effective_epoch = world.account::<Operator>(operator.address).payout_effective_epoch;
    let event = PayoutWalletSet {
        network: network.address,
        operator: operator.address,
        payout_wallet: wallet,
        effective_epoch,
    };
    assert_event(&metadata, &event);
    effective_epoch
}

#[test]
fn set_payout_wallet_counts_from_the_next_epoch_on() {
    let mut world = World::new();
    let network = world.create_network();
    let operator = world.register_operator(&network);
    let before = world.account::<Operator>(operator.address);
    world.set_time(START_UNIX + 5 * i64::from(EPOCH_SECONDS));
    let wallet = world.some_address();

    assert_eq!(set(&mut world, &network, &operator, wallet), 6);

    let wanted = Operator { next_payout_wallet: wallet, payout_effective_epoch: 6, ..before };
    let after = world.account::<Operator>(operator.address);
    assert_same(&after, &wanted);
    let paid = |epoch| after.payout_wallet_at(Epoch(epoch));
    assert_eq!(
        [paid(0), paid(5), paid(6), paid(u64::MAX)],
        [before.payout_wallet, before.payout_wallet, wallet, wallet]
    );
}

#[test]
fn set_payout_wallet_before_genesis_counts_from_epoch_0_on() {
    let (mut world, network, operator) = before_genesis();
    let (first, second, third) = (world.some_address(), world.some_address(), world.some_address());
    assert_eq!(set(&mut world, &network, &operator, first), 0);
    assert_eq!(set(&mut world, &network, &operator, second), 0);
    assert_eq!(world.account::<Operator>(operator.address).payout_wallet_at(Epoch(0)), second);
    world.advance(3_600);
    assert_eq!(set(&mut world, &network, &operator, third), 1);
    let account = world.account::<Operator>(operator.address);
    assert_eq!((account.payout_wallet_at(Epoch(0)), account.payout_wallet_at(Epoch(1))), (second, third));
}

#[test]
fn set_payout_wallet_twice_in_an_epoch_keeps_the_last_and_in_two_epochs_both() {
    let mut world = World::new();
    let network = world.create_network();
    let operator = world.register_operator(&network);
    let [one, two, three] = [(); 3].map(|()| world.some_address());
    set(&mut world, &network, &operator, one);
    set(&mut world, &network, &operator, two);
    world.advance(i64::from(EPOCH_SECONDS) - 1);
    let account = world.account::<Operator>(operator.address);
    assert_eq!((account.payout_wallet_at(Epoch(0)), account.payout_wallet_at(Epoch(1))), (operator.payout_wallet, two));
    world.advance(1);
    set(&mut world, &network, &operator, three);
    let account = world.account::<Operator>(operator.address);
    assert_eq!((account.payout_wallet_at(Epoch(1)), account.payout_wallet_at(Epoch(2))), (two, three));
    assert_eq!(account.payout_since_epoch, 1);
}

#[test]
fn set_payout_wallet_by_anybody_but_the_operator_is_refused() {
    let (mut world, network, operator) = before_genesis();
    let thief = world.register_operator(&network);
    for signer in [&thief.wallet, &network.authority, &network.guardian] {
        let own = set_payout_wallet(operator.wallet.pubkey(), network.address, signer.pubkey());
        let bent = tamper::swap(own, operator.wallet.pubkey(), signer.pubkey());
        assert_program_error(world.run(bent, &[signer]), RegistryError::NotOperatorWallet);
    }
    let nowhere = set_payout_wallet(operator.wallet.pubkey(), network.address, Address::default());
    assert_program_error(world.run(nowhere, &[&operator.wallet]), RegistryError::ZeroAddress);
}

#[test]
fn set_payout_wallet_with_bent_accounts_is_refused() {
    let (mut world, network, operator) = before_genesis();
    let other = world.create_network();
    let wallet = world.some_address();
    let sound = set_payout_wallet(operator.wallet.pubkey(), network.address, wallet);
    let mut refusals = world.impostors(&sound, network.address);
    refusals.extend(world.impostors(&sound, operator.address));
    refusals.extend([
        Refusal::new(
            "another network, whose epoch is another",
            tamper::swap(sound.clone(), network.address, other.address),
            code(RegistryError::WrongNetwork),
        ),
        Refusal::new("not writable", tamper::read_only(sound.clone(), operator.address), NOT_WRITABLE),
    ]);
    world.assert_refused(sound.clone(), &[&operator.wallet], refusals);
    world.forge::<Operator>(operator.address, |account| account.version = 2);
    assert_program_error(world.run(sound, &[&operator.wallet]), RegistryError::UnknownVersion);
}

proptest! {
    /// Changes in ascending epochs, several in some of them, from before genesis on.
    #[test]
    fn schedule_payout_wallet_of_any_changes_pays_as_the_list_of_them_says(
        steps in prop::collection::vec((0..4u64, any::<bool>()), 1..20),
    ) {
        let wallet = |number: usize| Address::new_from_array([number as u8 + 1; 32]);
        let mut operator = Operator { payout_wallet: wallet(0), ..Operator::zeroed() };
        let mut changes = vec![(0, wallet(0))];
        let mut now = None;
        for (number, (step, enters)) in steps.into_iter().enumerate() {
            now = match now {
                None if !enters => None,
                None => Some(step),
                Some(epoch) => Some(epoch + step),
            };
            operator.schedule_payout_wallet(wallet(number + 1), now.map(Epoch)).unwrap();
            changes.push((now.map_or(0, |epoch| epoch + 1), wallet(number + 1)));
            let paid = |epoch| changes.iter().rev().find(|(from, _)| *from <= epoch).unwrap().1;
            for epoch in operator.payout_since_epoch..operator.payout_effective_epoch + 3 {
                prop_assert_eq!(operator.payout_wallet_at(Epoch(epoch)), paid(epoch));
            }
            // The current epoch and the one before the change are always known.
            prop_assert!(operator.payout_since_epoch <= now.unwrap_or(0));
        }
    }
}
