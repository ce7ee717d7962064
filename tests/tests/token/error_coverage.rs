use strum::VariantArray;
use trellis_tests::coverage::never_asserted;
use trellis_token::error::TokenError;

#[test]
fn token_errors_in_the_tests_leave_none_out() {
    let names = TokenError::VARIANTS.iter().map(|&variant| <&'static str>::from(variant));
    assert_eq!(never_asserted("TokenError", names), Vec::<&str>::new());
}
