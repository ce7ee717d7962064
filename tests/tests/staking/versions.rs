//! No instruction takes an account of a version that it does not know.

use trellis_client::{
    SPL_TOKEN_ID,
    accounts::{Network, Operator, OperatorStake, Position, SlashProposal, StakePool, UnbondingTicket},
    addresses,
    instructions::staking,
};
use trellis_registry::error::RegistryError;
use trellis_staking::error::StakingError;
use trellis_tests::{
    World, assert_program_error,
    catalogue::{self, Call},
    fixtures::COOLDOWN_SECONDS,
};

use super::support::{AMOUNT, staked};

/// Makes the account at `address` one of version 2, if it is of one of the programs; which error that must give.
fn outdate(world: &mut World, address: solana_address::Address) -> Option<u32> {
    let account = world.raw(address)?;
    macro_rules! versioned {
        ($($name:ident => $error:expr),*) => {
            $(if trellis_client::accounts::decode::<$name>(&address, &account).is_ok() {
                world.forge::<$name>(address, |account| account.version = 2);
                return Some($error);
            })*
        };
    }
    let (registry, staking) = (RegistryError::UnknownVersion.code(), StakingError::UnknownVersion.code());
    versioned!(
        Network => registry, Operator => registry, StakePool => staking, OperatorStake => staking,
        Position => staking, UnbondingTicket => staking, SlashProposal => staking
    );
    None
}

#[test]
fn every_instruction_with_an_account_of_another_version_is_refused() {
    let cases = catalogue::all().into_iter().filter(|case| case.program == "staking");
    let mut looked_at = 0;
    for case in cases {
        let mut world = World::new();
        let call: Call = (case.prepare)(&mut world);
        for meta in &call.instruction.accounts {
            let before = world.raw(meta.pubkey);
            let Some(error) = outdate(&mut world, meta.pubkey) else { continue };
            eprintln!("{} {}: {}", case.instruction, case.case, meta.pubkey);
            assert_program_error(call.run(&mut world, call.instruction.clone()), error);
            world.put_raw(meta.pubkey, before.unwrap());
            looked_at += 1;
        }
        trellis_tests::expect_success(call.run(&mut world, call.instruction.clone()));
    }
    assert!(looked_at > 40, "{looked_at}");
}

#[test]
fn ticket_of_another_version_is_refused() {
    let mut world = World::new();
    let stage = staked(&mut world);
    let ticket = world.unstake(&stage, 0, 2, None, AMOUNT);
    world.advance(i64::from(COOLDOWN_SECONDS));
    let address = addresses::unbonding_ticket(&ticket.position, 0);
    world.forge::<UnbondingTicket>(address, |ticket| ticket.version = 0);
    let withdraw = staking::withdraw(stage.pool.address, SPL_TOKEN_ID, &ticket, stage.tokens[2]);
    assert_program_error(world.run(withdraw, &[]), StakingError::UnknownVersion);
}
