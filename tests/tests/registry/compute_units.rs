//! What each instruction of the registry costs, so that a change that makes one dearer is seen.

use trellis_tests::{World, catalogue, outcome::assert_within_compute_units};

/// Searches for the address of an account that it creates, or checks a proof.
const SEARCHES_OR_CHECKS: u64 = 15_000;
const CHANGES: u64 = 7_000;

#[test]
fn registry_instructions_of_the_catalogue_stay_within_their_compute_units() {
    let dear = [
        "create_network",
        "create_class",
        "register_operator",
        "register_device",
        "rotate_key",
        "request_key_recovery",
        "complete_key_recovery",
        "open_suspension_case",
    ];
    for case in catalogue::all().into_iter().filter(|case| case.program == "registry") {
        let mut world = World::new();
        let call = (case.prepare)(&mut world);
        // Together with the signature checks that stand before it.
        let limit = if dear.contains(&case.instruction) { SEARCHES_OR_CHECKS } else { CHANGES };
        let name = format!("{} {}", case.instruction, case.case);
        let outcome = call.run(&mut world, call.instruction.clone());
        assert_within_compute_units(&name, outcome, limit);
    }
}
