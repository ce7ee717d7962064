//! A receipt's signing bytes.

use proptest::prelude::*;
use trellis_core::{attestation, receipt, receipt::Receipt};

#[test]
fn receipt_by_hand_signs_this_layout() {
    let receipt = Receipt { network: [0x11; 32], attestation_id: [0x22; 32], position: 0x0102, received_unix: -2 };
    let mut bytes = b"trellis:receipt:v1\0".to_vec();
    bytes.extend([0x11; 32]);
    bytes.extend([0x22; 32]);
    bytes.extend([2, 1, 0, 0, 0, 0, 0, 0]);
    bytes.extend([0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
    assert_eq!(receipt.signing_bytes(), bytes);
}

#[test]
fn domains_of_receipts_and_attestations_are_no_prefix_of_each_other() {
    let (receipts, attestations) = (receipt::DOMAIN.as_slice(), attestation::DOMAIN.as_slice());
    assert!(!receipts.starts_with(attestations) && !attestations.starts_with(receipts));
}

proptest! {
    #[test]
    fn signing_bytes_of_different_receipts_differ(
        left in any::<([u8; 32], [u8; 32], u64, i64)>(), right in any::<([u8; 32], [u8; 32], u64, i64)>(),
        keep in any::<[bool; 4]>(),
    ) {
        let receipt = |fields: ([u8; 32], [u8; 32], u64, i64)| Receipt {
            network: fields.0, attestation_id: fields.1, position: fields.2, received_unix: fields.3,
        };
        // Some fields stay the same, so that one alone must make the difference.
        let mixed = (
            if keep[0] { left.0 } else { right.0 },
            if keep[1] { left.1 } else { right.1 },
            if keep[2] { left.2 } else { right.2 },
            if keep[3] { left.3 } else { right.3 },
        );
        let (left, mixed) = (receipt(left), receipt(mixed));
        prop_assert_eq!(left.signing_bytes() == mixed.signing_bytes(), left == mixed);
    }
}
