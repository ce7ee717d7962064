//! What it costs to put a program on a cluster.

use std::fs;

use trellis_tests::{World, world::deploy_folder};

/// Largest program that Trellis allows itself.
const MAX_PROGRAM_BYTES: u64 = 100 * 1024;
/// Accounts of the upgradeable loader, without the program's bytes: program, program data, buffer.
const PROGRAM_BYTES: u64 = 36;
const PROGRAM_DATA_HEADER_BYTES: u64 = 45;
const BUFFER_HEADER_BYTES: u64 = 37;
/// Bytes of a program that one transaction of 1,232 bytes writes, with one signature and nothing else in it.
const WRITE_BYTES: u64 = 1_012;

/// Size and rents of a program.
pub struct Deployment {
    pub program: &'static str,
    pub bytes: u64,
    /// Locked while the program is there: its account and its program data.
    pub rent_lamports: u64,
    /// Locked while it is being written: the buffer. Moves into the program data in the end.
    pub buffer_lamports: u64,
    /// Creating the buffer, the writes, the deployment.
    pub transactions: u64,
}

pub fn measure(program: &'static str) -> Deployment {
    let path = deploy_folder().join(format!("trellis_{program}.so"));
    let bytes = fs::metadata(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())).len();
    let world = World::new();
    let rent = |bytes: u64| world.svm.minimum_balance_for_rent_exemption(bytes as usize);
    Deployment {
        program,
        bytes,
        rent_lamports: rent(PROGRAM_BYTES) + rent(PROGRAM_DATA_HEADER_BYTES + bytes),
        buffer_lamports: rent(BUFFER_HEADER_BYTES + bytes),
        transactions: bytes.div_ceil(WRITE_BYTES) + 2,
    }
}

#[test]
fn programs_as_built_have_at_most_100_kib() {
    for program in super::programs::all() {
        let bytes = measure(program.name).bytes;
        assert!(bytes <= MAX_PROGRAM_BYTES, "{} has {bytes} bytes", program.name);
    }
}
