use strum::VariantArray;
use trellis_rewards::error::RewardsError;
use trellis_tests::coverage::never_asserted;

/// A new error needs a test that reaches it.
#[test]
fn every_error_of_the_program_is_named_by_a_test() {
    let unnamed = never_asserted("RewardsError", RewardsError::VARIANTS.iter().map(<&str>::from));
    assert!(unnamed.is_empty(), "no test names {unnamed:?}");
}
