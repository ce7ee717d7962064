//! Random emits and burns on the VM against plain sums: promise 1's other side, that no more is minted than the cap.

use proptest::prelude::*;
use solana_signer::Signer;
use trellis_client::{SPL_TOKEN_ID, TOKEN_2022_ID, accounts::Emission, instructions::token::burn};
use trellis_core::Epoch;
use trellis_tests::{World, expect_success, fixtures::EmissionFixture};

use super::emit_epochs;

#[derive(Clone, Copy, Debug)]
enum Action {
    Emit {
        count: u8,
    },
    /// A part, in 256ths, of what the account holds: 0 the treasury, then the destinations.
    Burn {
        account: usize,
        part: u8,
    },
    /// The same past the program: never comes back.
    BurnDirectly {
        account: usize,
        part: u8,
    },
}

fn actions() -> impl Strategy<Value = Vec<Action>> {
    let action = prop_oneof![
        3 => (1..=5_u8).prop_map(|count| Action::Emit { count }),
        3 => (0..3_usize, any::<u8>()).prop_map(|(account, part)| Action::Burn { account, part }),
        1 => (0..3_usize, any::<u8>()).prop_map(|(account, part)| Action::BurnDirectly { account, part }),
    ];
    prop::collection::vec(action, 1..40)
}

/// Sums from scratch, in numbers that cannot overflow.
struct Model {
    schedule: trellis_core::emission::Schedule,
    recycle_bps: u128,
    recycle_epoch_cap: u128,
    shares_bps: [u128; 2],
    next_epoch: u64,
    burned: u128,
    recycled: u128,
    /// Of the treasury and the destinations.
    held: [u128; 3],
}

impl Model {
    fn emit(&mut self, count: u8) {
        for _ in 0..count {
            let scheduled = u128::from(self.schedule.emission_of(Epoch(self.next_epoch)).unwrap().get());
            let extra = (self.burned * self.recycle_bps / 10_000 - self.recycled).min(self.recycle_epoch_cap);
            let amount = scheduled + extra;
            let parts = self.shares_bps.map(|share_bps| amount * share_bps / 10_000);
            self.held[0] += amount - parts[0] - parts[1];
            self.held[1] += parts[0];
            self.held[2] += parts[1];
            self.recycled += extra;
            self.next_epoch += 1;
        }
    }

    fn burn(&mut self, account: usize, amount: u128, counts: bool) {
        self.held[account] -= amount;
        self.burned += if counts { amount } else { 0 };
    }
}

fn assert_agrees(world: &World, fixture: &EmissionFixture, model: &Model) {
    let emission = world.account::<Emission>(fixture.address);
    let accounts = [fixture.treasury, fixture.destinations[0], fixture.destinations[1]];
    let held = accounts.map(|account| u128::from(world.tokens_in(account)));
    assert_eq!(held, model.held);
    assert_eq!((u128::from(emission.burned), u128::from(emission.recycled)), (model.burned, model.recycled));
    assert_eq!(emission.next_epoch, model.next_epoch);
    let supply = world.supply_of(fixture.mint);
    assert_eq!(u128::from(supply), held.iter().sum::<u128>());
    assert!(supply <= emission.cap && emission.emitted <= emission.cap);
}

fn act(world: &mut World, fixture: &EmissionFixture, model: &mut Model, action: Action) {
    let accounts = [fixture.treasury, fixture.destinations[0], fixture.destinations[1]];
    let part_of = |world: &World, account: usize, part: u8| {
        (u128::from(world.tokens_in(accounts[account])) * u128::from(part) / 255) as u64
    };
    match action {
        Action::Emit { count } => {
            expect_success(world.run(emit_epochs(world, fixture.address, model.next_epoch, count), &[]));
            model.emit(count);
        }
        Action::Burn { account, part } => {
            let (amount, owner) = (part_of(world, account, part), &fixture.owners[account]);
            if amount > 0 {
                let emission = world.account(fixture.address);
                let burn = burn(owner.pubkey(), &emission, accounts[account], amount, "random");
                expect_success(world.run(burn, &[owner]));
                model.burn(account, u128::from(amount), true);
            }
        }
        Action::BurnDirectly { account, part } => {
            let (amount, owner) = (part_of(world, account, part), &fixture.owners[account]);
            let (tokens, mint) = (&accounts[account], &fixture.mint);
            let direct =
                spl_token_interface::instruction::burn(&SPL_TOKEN_ID, tokens, mint, &owner.pubkey(), &[], amount);
            let mut direct = direct.unwrap();
            direct.program_id = world.account::<Emission>(fixture.address).token_program;
            expect_success(world.run(direct, &[owner]));
            model.burn(account, u128::from(amount), false);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn supply_after_any_emits_and_burns_is_what_a_plain_sum_says(
        actions in actions(),
        token_2022: bool,
        first in prop_oneof![1..=1_000_u64, 1..=u64::MAX / 64],
        recycle_bps in prop_oneof![Just(0_u16), Just(10_000), 0..=10_000_u16],
        recycle_epoch_cap in prop_oneof![Just(u64::MAX), 1..=500_u64],
        shares in (1..=5_000_u16, 1..=5_000_u16),
    ) {
        let mut world = World::new();
        let token_program = if token_2022 { TOKEN_2022_ID } else { SPL_TOKEN_ID };
        let fixture = world.emission_to(token_program, &[shares.0, shares.1], |args| {
            (args.first_amount, args.cap) = (first, first.saturating_mul(20));
            (args.decay_every_epochs, args.decay_bps) = (3, 700);
            (args.recycle_bps, args.recycle_epoch_cap) = (recycle_bps, recycle_epoch_cap);
        });
        world.advance_past(&fixture.network, Epoch(1_000));
        let emission = world.account::<Emission>(fixture.address);
        let mut model = Model {
            schedule: emission.schedule(),
            recycle_bps: recycle_bps.into(),
            recycle_epoch_cap: recycle_epoch_cap.into(),
            shares_bps: [shares.0.into(), shares.1.into()],
            next_epoch: 0,
            burned: 0,
            recycled: 0,
            held: [0; 3],
        };
        for action in actions {
            act(&mut world, &fixture, &mut model, action);
            assert_agrees(&world, &fixture, &model);
        }
    }
}
