//! What each instruction of the staking program costs, so that a change that makes one dearer is seen; and that every
//! swap of an account for its twin is refused.

use trellis_tests::{World, catalogue, expect_success, outcome::assert_within_compute_units, tamper};

#[test]
fn staking_instructions_stay_within_their_compute_units() {
    for case in catalogue::all().into_iter().filter(|case| case.program == "staking") {
        let mut world = World::new();
        let call = (case.prepare)(&mut world);
        let limit = match (case.instruction, case.case.as_str()) {
            ("create_pool", _) => 20_000,
            ("delegate", "after a slash, with rewards") => 20_000,
            _ => 16_000,
        };
        let outcome = call.run(&mut world, call.instruction.clone());
        assert_within_compute_units(&format!("{} {}", case.instruction, case.case), outcome, limit);
    }
}

#[test]
fn staking_instructions_with_an_account_of_others_are_refused() {
    for case in catalogue::all().into_iter().filter(|case| case.program == "staking") {
        let mut world = World::new();
        let call = (case.prepare)(&mut world);
        for &(account, twin) in &call.twins {
            let bent = tamper::swap(call.instruction.clone(), account, twin);
            // A signature that is not at hand is as good a refusal as any: the twin's owner is somebody else.
            if bent.accounts.iter().any(|meta| meta.is_signer && meta.pubkey == twin) {
                continue;
            }
            let outcome = call.run(&mut world, bent);
            assert!(outcome.is_err(), "{} {}: {account} for {twin}", case.instruction, case.case);
        }
        expect_success(call.run(&mut world, call.instruction.clone()));
    }
}
