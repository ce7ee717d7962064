use strum::VariantArray;
use trellis_registry::error::RegistryError;
use trellis_tests::coverage::never_asserted;

#[test]
fn registry_errors_in_the_tests_leave_none_out() {
    let names = RegistryError::VARIANTS.iter().map(|&variant| <&'static str>::from(variant));
    assert_eq!(never_asserted("RegistryError", names), Vec::<&str>::new());
}
