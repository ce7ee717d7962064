use strum::VariantArray;
use trellis_staking::error::StakingError;
use trellis_tests::coverage::never_asserted;

#[test]
fn staking_errors_in_the_tests_leave_none_out() {
    let names = StakingError::VARIANTS.iter().map(|&variant| <&'static str>::from(variant));
    assert_eq!(never_asserted("StakingError", names), Vec::<&str>::new());
}
