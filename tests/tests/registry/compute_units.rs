//! What each instruction of the registry costs, so that a change that makes one dearer is seen.

use trellis_tests::{World, catalogue, outcome::assert_within_compute_units};

/// Creates an account, whose address is searched for.
const CREATES: u64 = 15_000;
const CHANGES: u64 = 6_000;

#[test]
fn registry_instructions_of_the_catalogue_stay_within_their_compute_units() {
    let creating = [
        "create_network",
        "create_class",
        "register_operator",
        "register_device",
        "register_device_by_proof",
        "rotate_key",
        "complete_key_recovery",
        "open_suspension_case",
    ];
    for case in catalogue::all().into_iter().filter(|case| case.program == "registry") {
        let mut world = World::new();
        let call = (case.prepare)(&mut world);
        // What stands before it costs units of its own: the signature checks.
        let limit = if creating.contains(&case.instruction) { CREATES } else { CHANGES };
        let name = format!("{} {}", case.instruction, case.case);
        let outcome = call.run(&mut world, call.instruction.clone());
        assert_within_compute_units(&name, outcome, limit);
    }
}
