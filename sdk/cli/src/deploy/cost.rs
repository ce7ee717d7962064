//! What a deployment costs.

use agave_feature_set::set_lamports_per_byte_to_5080::LAMPORTS_PER_BYTE;
use serde::Serialize;
use solana_loader_v3_interface::state::UpgradeableLoaderState;
use trellis_client::chain::fee_lamports;

/// Every account counts for this much more than its data.
const ACCOUNT_OVERHEAD_BYTES: u64 = 128;
/// Compute units that each of a deployment's transactions asks for if it offers a price: enough for the dearest.
pub const COMPUTE_UNITS: u32 = 10_000;
/// Bytes of a program in one transaction, which has 1,232: 65 for the signature, 36 for header and blockhash, 129 for
/// four accounts, 20 for compute units and their price, 22 for the rest of the instruction.
pub const CHUNK_BYTES: usize = 960;
/// Room for growth that a new program gets, in percent of its size. A larger upgrade extends it.
pub const HEADROOM_PERCENT: usize = 10;

/// What storage costs on a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RentRate {
    pub lamports_per_byte: u64,
}

impl RentRate {
    /// On mainnet-beta since the second step of SIMD-0437, which lowers rent in five. A deployment asks the cluster.
    pub const MAINNET: Self = Self { lamports_per_byte: LAMPORTS_PER_BYTE };

    /// From what an account without data must hold.
    pub fn of_empty_account(lamports: u64) -> Self {
        Self { lamports_per_byte: lamports.div_ceil(ACCOUNT_OVERHEAD_BYTES) }
    }

    /// What an account with so many bytes of data must hold.
    pub fn lamports(self, bytes: usize) -> u64 {
        (bytes as u64).saturating_add(ACCOUNT_OVERHEAD_BYTES).saturating_mul(self.lamports_per_byte)
    }
}

/// Fees: what a transaction costs beside rent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct FeeRate {
    /// Millionths of a lamport for a compute unit.
    pub compute_unit_price: u64,
}

impl FeeRate {
    /// The fee of one transaction, with the price of its compute units rounded up.
    pub fn lamports(self, signatures: u64) -> u64 {
        fee_lamports(signatures, COMPUTE_UNITS, self.compute_unit_price)
    }
}

/// What it costs to put a program on a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct DeploymentCost {
    pub program_bytes: usize,
    /// Room that the program gets on the chain: its size and [`HEADROOM_PERCENT`] more.
    pub max_bytes: usize,
    /// Rent of the program's two accounts; stays there as long as the program does.
    pub rent_lamports: u64,
    /// Rent of the buffer; comes back, or becomes part of the program's rent.
    pub buffer_lamports: u64,
    /// Transactions, of which nearly all write a chunk.
    pub transactions: u64,
    /// Fees without a price for compute units.
    pub fee_lamports: u64,
}

/// What it costs to deploy a program of `program_bytes` on mainnet-beta, without a price for compute units and
/// without handing it to another upgrade authority.
pub fn deployment_cost(program_bytes: usize) -> DeploymentCost {
    DeploymentCost::new(program_bytes, RentRate::MAINNET, FeeRate::default())
}

impl DeploymentCost {
    pub fn new(program_bytes: usize, rent: RentRate, fees: FeeRate) -> Self {
        let max_bytes = max_bytes(program_bytes);
        let chunks = chunks(program_bytes);
        Self {
            program_bytes,
            max_bytes,
            rent_lamports: program_rent(max_bytes, rent),
            buffer_lamports: buffer_rent(program_bytes, rent),
            transactions: chunks + 2,
            fee_lamports: write_fees(program_bytes, fees) + fees.lamports(2),
        }
    }
}

/// Room for a new program of so many bytes.
pub fn max_bytes(program_bytes: usize) -> usize {
    program_bytes + (program_bytes * HEADROOM_PERCENT).div_ceil(100)
}

/// Rent of a program's account and of its data account.
pub fn program_rent(max_bytes: usize, rent: RentRate) -> u64 {
    let data = rent.lamports(UpgradeableLoaderState::size_of_programdata(max_bytes));
    data + rent.lamports(UpgradeableLoaderState::size_of_program())
}

pub fn buffer_rent(program_bytes: usize, rent: RentRate) -> u64 {
    rent.lamports(UpgradeableLoaderState::size_of_buffer(program_bytes))
}

/// Fees for creating a buffer (payer and buffer sign) and for writing every chunk.
pub fn write_fees(program_bytes: usize, fees: FeeRate) -> u64 {
    fees.lamports(2) + chunks(program_bytes) * fees.lamports(1)
}

fn chunks(program_bytes: usize) -> u64 {
    program_bytes.div_ceil(CHUNK_BYTES) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deployment_cost_of_100_kilobytes_is_as_computed_by_hand() {
        let cost = deployment_cost(100_000);
        assert_eq!(cost.max_bytes, 110_000);
        assert_eq!(cost.rent_lamports, (110_000 + 45 + 128) * 5_080 + (36 + 128) * 5_080);
        assert_eq!(cost.buffer_lamports, (100_000 + 37 + 128) * 5_080);
        assert_eq!((cost.transactions, cost.fee_lamports), (105 + 2, 105 * 5_000 + 4 * 5_000));
    }

    #[test]
    fn rent_rate_follows_from_an_empty_account() {
        assert_eq!(RentRate::of_empty_account(650_240), RentRate::MAINNET);
        assert_eq!(RentRate::MAINNET.lamports(0), 650_240);
    }

    #[test]
    fn fee_rate_rounds_the_price_of_compute_units_up() {
        assert_eq!(FeeRate { compute_unit_price: 1 }.lamports(1), 5_001);
        assert_eq!(FeeRate { compute_unit_price: 1_000_000 }.lamports(2), 20_000);
        assert_eq!(FeeRate { compute_unit_price: u64::MAX }.lamports(1), 184_467_440_737_095_517 + 5_000);
    }
}
