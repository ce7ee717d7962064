//! An oracle's receipt, as the dashboard hands it over.
//!
//! ```text
//! network 32 ‖ attestation id 32 ‖ epoch u64 ‖ position u64 ‖ received i64 ‖ oracle 32 ‖ index u32 ‖ count u32 ‖ root 32
//! ‖ signature 64 ‖ path (32 each)      (little endian)
//! ```

use ed25519_zebra::{Signature, VerificationKey};
use trellis_core::{
    Epoch,
    ed25519::is_small_order,
    receipt::{Receipt, ReceiptError, SignedReceipt},
};

/// What was found. The numbers are those that a page gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Found {
    /// The oracle that the receipt names has signed it.
    Holds = 0,
    NotUnderRoot = 1,
    WrongSignature = 2,
    /// The bytes are no receipt.
    Malformed = 3,
}

/// Is it what the oracle that it names has signed?
pub fn check(bytes: &[u8]) -> Found {
    let Some(signed) = read(bytes) else { return Found::Malformed };
    match signed.verify(is_signature) {
        Ok(()) => Found::Holds,
        Err(ReceiptError::NotUnderRoot) => Found::NotUnderRoot,
        Err(ReceiptError::WrongSignature) => Found::WrongSignature,
    }
}

fn read(mut bytes: &[u8]) -> Option<SignedReceipt> {
    let receipt = Receipt {
        network: take(&mut bytes)?,
        attestation_id: take(&mut bytes)?,
        epoch: Epoch(u64::from_le_bytes(take(&mut bytes)?)),
        position: u64::from_le_bytes(take(&mut bytes)?),
        received_unix: i64::from_le_bytes(take(&mut bytes)?),
    };
    let (oracle, index, count) = (take(&mut bytes)?, take(&mut bytes)?, take(&mut bytes)?);
    let (index, count) = (u32::from_le_bytes(index), u32::from_le_bytes(count));
    let (root, signature) = (take(&mut bytes)?, take(&mut bytes)?);
    let (path, rest) = bytes.as_chunks();
    rest.is_empty().then(|| SignedReceipt { receipt, oracle, index, count, root, path: path.to_vec(), signature })
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (first, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*first)
}

/// As oracles and the command line have it: by ZIP-215, and not for keys of small order.
fn is_signature(key: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> bool {
    !is_small_order(key)
        && VerificationKey::try_from(*key).is_ok_and(|key| key.verify(&Signature::from(*signature), message).is_ok())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use alloc::vec::Vec;

    use trellis_epoch::receipt::{ReceiptJson, verify};

    use super::*;

    /// One that `sdk/epoch` has tried out with real signatures.
    fn golden() -> SignedReceipt {
        let json: ReceiptJson = serde_json::from_str(include_str!("../../epoch/tests/vectors/receipt.json")).unwrap();
        SignedReceipt::from(&json)
    }

    fn bytes(signed: &SignedReceipt) -> Vec<u8> {
        let Receipt { network, attestation_id, epoch, position, received_unix } = &signed.receipt;
        let numbers = [epoch.get().to_le_bytes(), position.to_le_bytes(), received_unix.to_le_bytes()].concat();
        let place = [signed.index.to_le_bytes(), signed.count.to_le_bytes()].concat();
        let parts: [&[u8]; 8] = [
            network,
            attestation_id,
            &numbers,
            &signed.oracle,
            &place,
            &signed.root,
            &signed.signature,
            signed.path.as_flattened(),
        ];
        parts.concat()
    }

    #[test]
    fn check_of_a_receipt_that_an_oracle_signed_holds() {
        assert_eq!(check(&bytes(&golden())), Found::Holds);
    }

    /// Any bit of it, and the answer is that of the crate which the command line uses.
    #[test]
    fn check_with_any_bit_changed_finds_what_the_sdk_finds() {
        let golden = bytes(&golden());
        for bit in 0..golden.len() * 8 {
            let mut changed = golden.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let sdk = match verify(&read(&changed).unwrap()) {
                Ok(()) => Found::Holds,
                Err(ReceiptError::NotUnderRoot) => Found::NotUnderRoot,
                Err(ReceiptError::WrongSignature) => Found::WrongSignature,
            };
            assert_eq!(check(&changed), sdk, "bit {bit}");
            assert_ne!(sdk, Found::Holds, "bit {bit}");
        }
    }

    #[test]
    fn check_of_bytes_that_are_no_receipt_says_so() {
        let golden = bytes(&golden());
        assert_eq!(check(&[]), Found::Malformed);
        assert_eq!(check(&golden[..golden.len() - 1]), Found::Malformed);
        assert_eq!(check(&[&golden[..], &[0]].concat()), Found::Malformed);
        assert_eq!(check(&golden[..golden.len() - 32]), Found::NotUnderRoot, "without its path");
    }

    #[test]
    fn check_of_a_key_that_anybody_can_sign_for_finds_no_signature() {
        let mut signed = golden();
        (signed.oracle, signed.signature) = ([0; 32], [0; 64]);
        (signed.oracle[0], signed.signature[0]) = (1, 1);
        assert_eq!(check(&bytes(&signed)), Found::WrongSignature);
    }
}
