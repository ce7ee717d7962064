#![allow(clippy::unwrap_used)]

use solana_keypair::Keypair;
use solana_system_interface::instruction::transfer;
use trellis_epoch::encoding::base58;

use super::*;

const NETWORK: Address = Address::new_from_array([1; 32]);
const DEVICE: DeviceKey = DeviceKey::Ed25519([2; 32]);

fn key(number: u8) -> Keypair {
    Keypair::new_from_array([number; 32])
}

fn offer(makes_operator: bool, lifetime: Lifetime) -> Offer {
    let device = addresses::device(&NETWORK, &DEVICE);
    Offer { network: NETWORK, device, from: key(3).pubkey(), to: key(4).pubkey(), makes_operator, lifetime }
}

fn plain() -> Offer {
    offer(false, Lifetime::Blockhash(Hash::new_from_array([5; 32])))
}

fn read(text: &str) -> Result<Unaccepted, OfferError> {
    Offer::read(text, &NETWORK, &DEVICE, &key(4).pubkey())
}

/// A transaction of these instructions, paid for and signed by the giver.
fn signed(instructions: &[Instruction]) -> String {
    let message = Message::new_with_blockhash(instructions, Some(&key(3).pubkey()), &Hash::new_from_array([5; 32]));
    let mut signatures = vec![Signature::default(); usize::from(message.header.num_required_signatures)];
    let message = VersionedMessage::Legacy(message);
    signatures[0] = key(3).sign_message(&message.serialize());
    BASE64_STANDARD.encode(wincode::serialize(&VersionedTransaction { signatures, message }).unwrap())
}

#[test]
fn offer_is_read_as_it_was_made_and_accepted_by_the_second_signature_alone() {
    let nonce = Lifetime::Nonce { account: Address::new_from_array([6; 32]), value: Hash::new_from_array([7; 32]) };
    for made in [plain(), offer(true, plain().lifetime), offer(false, nonce), offer(true, nonce)] {
        let text = made.sign(&key(3)).unwrap();
        let wrapped: String = text.chars().flat_map(|character| [character, '\n']).collect();
        let unaccepted = read(&wrapped).unwrap();
        assert_eq!(unaccepted.offer, made);
        let transaction = unaccepted.accept(&key(4)).unwrap();
        let message = transaction.message.serialize();
        assert_eq!(transaction.signatures, [3, 4].map(|number| key(number).sign_message(&message)));
    }
}

#[test]
fn offer_for_somebody_or_something_else_is_refused() {
    let text = plain().sign(&key(3)).unwrap();
    let by = |network: Address, device: DeviceKey, own: u8| Offer::read(&text, &network, &device, &key(own).pubkey());
    let to = key(4).pubkey();
    assert_eq!(by(NETWORK, DEVICE, 3).unwrap_err(), OfferError::OwnOffer { to });
    assert_eq!(by(NETWORK, DEVICE, 8).unwrap_err(), OfferError::OtherTaker { to, own: key(8).pubkey() });
    assert_eq!(by(NETWORK, DeviceKey::Ed25519([9; 32]), 4).unwrap_err(), OfferError::OtherDevice);
    assert_eq!(by(Address::new_from_array([9; 32]), DEVICE, 4).unwrap_err(), OfferError::OtherDevice);
}

#[test]
fn offer_that_does_more_or_less_or_otherwise_is_refused() {
    let (offered, to) = (plain().instructions(), key(4).pubkey());
    let with = |more: Instruction| [&offered[..], &[more]].concat();
    let mut read_only = offered.clone();
    read_only[0].accounts[4].is_writable = false;
    let payout = registry::register_operator(key(3).pubkey(), to, NETWORK, key(3).pubkey());
    let elsewhere = registry::set_payout_wallet(to, NETWORK, key(3).pubkey());
    for instructions in [
        // What the taker's signature would do beside the transfer.
        with(transfer(&to, &key(3).pubkey(), 1)),
        with(elsewhere),
        [&[transfer(&to, &key(3).pubkey(), 1)], &offered[..]].concat(),
        [&[payout], &offered[..]].concat(),
        with(offered[0].clone()),
        read_only,
        // The taker signs, and the device stands in it; nothing is transferred.
        vec![transfer(&to, &plain().device, 1)],
    ] {
        assert_eq!(read(&signed(&instructions)).unwrap_err(), OfferError::NotATransfer);
    }
    // Somebody third is to sign, or nobody but the giver.
    let third = with(transfer(&key(9).pubkey(), &to, 1));
    assert_eq!(read(&signed(&third)).unwrap_err(), OfferError::NotATransfer);
    assert_eq!(read(&signed(&[transfer(&key(3).pubkey(), &to, 1)])).unwrap_err(), OfferError::NotATransfer);
}

#[test]
fn offer_that_was_changed_after_it_was_signed_is_refused_whatever_was_changed() {
    let whole = BASE64_STANDARD.decode(plain().sign(&key(3)).unwrap()).unwrap();
    for place in 0..whole.len() {
        let mut changed = whole.clone();
        changed[place] ^= 1;
        // The taker's place for a signature is filled in anew.
        let is_left_empty = (65..129).contains(&place);
        assert_eq!(read(&BASE64_STANDARD.encode(changed)).is_ok(), is_left_empty, "byte {place}");
    }
    let other_lifetime = offer(false, Lifetime::Blockhash(Hash::new_from_array([8; 32]))).sign(&key(9)).unwrap();
    assert_eq!(read(&other_lifetime).unwrap_err(), OfferError::BadSignature { from: key(3).pubkey() });
}

#[test]
fn what_is_no_offer_is_refused() {
    let whole = plain().sign(&key(3)).unwrap();
    for text in
        ["", "AAAA", "no base64!", &whole[..whole.len() - 4], &format!("{whole}AAAA"), &base58::encode(&[1; 32])]
    {
        assert_eq!(read(text).unwrap_err(), OfferError::NotAnOffer, "{text}");
    }
}
