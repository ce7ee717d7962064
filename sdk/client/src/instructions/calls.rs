//! Which instruction it is, for whoever pays for instructions that others made.

use anchor_lang::Discriminator;
use solana_address::Address;
use trellis_registry::instruction as registry;
use trellis_rewards::instruction as rewards;

use crate::{REGISTRY_ID, REWARDS_ID};

/// An instruction of Trellis's programs, by what somebody who pays for it must know. The places are those of its accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// Payer, wallet, network.
    RegisterOperator,
    /// Payer, wallet, the device's key, maker, network.
    RegisterDevice,
    /// Wallet, operator, class, device.
    SetLocation,
    /// Vault.
    Claim,
    /// Vault.
    ClaimRange,
    /// Any other.
    Other,
}

/// The instruction of `program` with this data.
pub fn call(program: &Address, data: &[u8]) -> Call {
    let known: [(Address, &[u8], Call); 5] = [
        (REGISTRY_ID, registry::RegisterOperator::DISCRIMINATOR, Call::RegisterOperator),
        (REGISTRY_ID, registry::RegisterDevice::DISCRIMINATOR, Call::RegisterDevice),
        (REGISTRY_ID, registry::SetLocation::DISCRIMINATOR, Call::SetLocation),
        (REWARDS_ID, rewards::Claim::DISCRIMINATOR, Call::Claim),
        (REWARDS_ID, rewards::ClaimRange::DISCRIMINATOR, Call::ClaimRange),
    ];
    let found = known.iter().find(|(id, discriminator, _)| id == program && data.starts_with(discriminator));
    found.map_or(Call::Other, |(_, _, call)| *call)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instructions::{registry as build, rewards as build_rewards};

    #[test]
    fn calls_are_told_apart_and_no_other_passes_for_one() {
        let [a, b, c] = [1, 2, 3].map(|byte| Address::new_from_array([byte; 32]));
        let claim = build_rewards::ClaimArgs { epoch: 0, operator_index: 0, cumulative: 1, proof: Vec::new() };
        let range = build_rewards::ClaimRangeArgs { epoch: 0, first_index: 0, cumulatives: vec![1], proof: Vec::new() };
        for (instruction, wanted) in [
            (build::register_operator(a, b, c, a), Call::RegisterOperator),
            (build::register_device(a, b, c, None, a, 0), Call::RegisterDevice),
            (build::set_location(a, b, 0, c, 7), Call::SetLocation),
            (build_rewards::claim(a, b, claim), Call::Claim),
            (build_rewards::claim_range(a, &[b], crate::SPL_TOKEN_ID, range), Call::ClaimRange),
            (build::retire_device(a, b, c, a), Call::Other),
            (build_rewards::open_page(a, b, 0), Call::Other),
        ] {
            assert_eq!(call(&instruction.program_id, &instruction.data), wanted);
            assert_eq!(call(&solana_sdk_ids::system_program::ID, &instruction.data), Call::Other);
        }
        assert_eq!(call(&REGISTRY_ID, &[]), Call::Other);
    }
}
