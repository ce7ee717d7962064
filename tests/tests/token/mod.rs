mod burn;
mod compute_units;
mod create_emission;
mod create_emission_authority;
mod create_emission_destinations;
mod create_mint;
mod emit_epochs;
mod emit_epochs_accounts;
mod emit_epochs_many;
mod emit_epochs_recycled;
mod emit_epochs_schedule;
mod error_coverage;
mod mint_authority;
mod supply_model;

use solana_address::Address;
use solana_instruction::Instruction;
use trellis_client::{accounts::Emission, instructions::token};
use trellis_tests::World;

/// Emits `count` epochs from `first_epoch` on, into what the emission at `address` names.
fn emit_epochs(world: &World, address: Address, first_epoch: u64, count: u8) -> Instruction {
    token::emit_epochs(&world.account::<Emission>(address), first_epoch, count)
}
