//! Is an operator's bond met?

use trellis_core::Amount;
use trellis_registry_interface::state::Operator;

use crate::state::OperatorStake;

/// The operator's own active stake; zero if there is none, or if `stake` is another operator's.
pub fn self_stake_of(operator: &Operator, stake: Option<&OperatorStake>) -> Amount {
    stake
        .filter(|stake| stake.network == operator.network && stake.wallet == operator.wallet)
        .map_or(Amount::ZERO, OperatorStake::self_stake)
}

/// Is the operator's own active stake at least the bond that its devices ask for? Unbonding stake does not count.
///
/// The accounts must have been checked to be the programs' own: on the chain by `Account<…>`, off it by decoding them.
pub fn bond_met(operator: &Operator, stake: Option<&OperatorStake>) -> bool {
    self_stake_of(operator, stake) >= Amount(operator.required_bond)
}
