//! What it costs to put a program on a cluster: as `trellis deploy` computes it.

use std::fs;

use trellis_cli::deploy::{DeploymentCost, RentRate, deployment_cost};
use trellis_tests::{World, world::deploy_folder};

/// Largest program that Trellis wants.
const MAX_PROGRAM_BYTES: usize = 100 * 1024;

pub fn measure(program: &str) -> DeploymentCost {
    let path = deploy_folder().join(format!("trellis_{program}.so"));
    let bytes = fs::metadata(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())).len();
    deployment_cost(bytes as usize)
}

#[test]
fn programs_as_built_stay_within_their_limits() {
    for program in super::programs::all() {
        let bytes = measure(program.name).program_bytes;
        assert!(bytes <= MAX_PROGRAM_BYTES, "{} has {bytes} bytes, {MAX_PROGRAM_BYTES} allowed", program.name);
    }
}

/// Else the page would have rents of two kinds.
#[test]
fn rent_of_the_test_chain_is_that_of_mainnet() {
    let world = World::new();
    let empty = world.svm.minimum_balance_for_rent_exemption(0);
    assert_eq!(RentRate::of_empty_account(empty), RentRate::MAINNET);
}
