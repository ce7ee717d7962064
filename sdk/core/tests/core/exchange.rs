//! Frames and answers: byte for byte, cut anywhere, and with receipts that stand alone.

use proptest::prelude::*;
use trellis_core::{
    Epoch,
    attestation::MAX_WIRE_BYTES,
    exchange::{Answer, FrameError, Message, MessageError, Outcome, Place, append_frame, message_len, next_frame},
    receipt::{Receipt, ReceiptTree},
};

fn place(position: u64) -> Place {
    Place { epoch: Epoch(2), position, received_unix: -1 }
}

#[test]
fn answer_by_hand_has_these_bytes() {
    let outcomes = vec![
        Outcome::Accepted(place(9)),
        Outcome::Refused { reason: 0x0105 },
        Outcome::Known { reason: 6, place: place(8) },
        Outcome::Retry { after_seconds: 300 },
    ];
    let answer = Answer { network: [1; 32], oracle: [2; 32], signature: [3; 64], outcomes };
    let place = |position| [2, 0, 0, 0, 0, 0, 0, 0, position, 0, 0, 0, 0, 0, 0, 0].into_iter().chain([0xff; 8]);
    let mut bytes: Vec<u8> = vec![193, 0, 0, 0, 1, 4, 0, 0, 0];
    bytes.extend([1; 32].into_iter().chain([2; 32]).chain([3; 64]));
    bytes.extend([0].into_iter().chain(place(9)));
    bytes.extend([1, 5, 1]);
    bytes.extend([2, 6, 0].into_iter().chain(place(8)));
    bytes.extend([3, 44, 1, 0, 0]);
    let message = Message::Answer(answer);
    assert_eq!(message.to_bytes(), bytes);
    assert_eq!(Message::from_bytes(&bytes), Ok(message));
}

#[test]
fn problem_is_its_words_and_nothing_but_text() {
    let message = Message::Problem("frame: too long".into());
    let bytes = message.to_bytes();
    assert_eq!(bytes, [&[16, 0, 0, 0, 2], &b"frame: too long"[..]].concat());
    assert_eq!(Message::from_bytes(&bytes), Ok(message));
    assert_eq!(Message::from_bytes(&[2, 0, 0, 0, 2, 0xff]), Err(MessageError::Malformed));
}

#[test]
fn bytes_that_are_no_message_are_refused() {
    assert_eq!(message_len(&[1, 0, 0]), Ok(None));
    let empty = MessageError::Length { bytes: 0 };
    assert_eq!(message_len(&[0; 4]), Err(empty));
    assert!(empty.to_string().contains("0 bytes"));
    let huge = message_len(&[0xff; 4]).unwrap_err();
    assert_eq!(huge, MessageError::Length { bytes: u32::MAX as usize });
    assert_eq!(Message::from_bytes(&[1, 0, 0, 0, 9]), Err(MessageError::Malformed), "kind 9");
    let answer = Answer { network: [1; 32], oracle: [2; 32], signature: [3; 64], outcomes: vec![] };
    let good = Message::Answer(answer).to_bytes();
    for (at, value) in [(0, 134), (4, 3), (5, 1)] {
        let mut bad = good.clone();
        bad[at] = value;
        assert_eq!(Message::from_bytes(&bad), Err(MessageError::Malformed), "byte {at}");
    }
    assert!(MessageError::Malformed.to_string().contains("no message"));
}

#[test]
fn frames_that_lie_about_their_length_are_refused() {
    let frame = |bytes: &[u8]| next_frame(&mut &bytes[..]).map(|frame| frame.map(<[u8]>::len));
    assert_eq!(frame(&[]), Ok(None));
    assert_eq!(frame(&[5]), Err(FrameError::Truncated { missing: 1 }));
    assert_eq!(frame(&[5, 0, 1]), Err(FrameError::Truncated { missing: 4 }));
    assert_eq!(frame(&[0, 0, 1]), Err(FrameError::Length { bytes: 0 }));
    let long = MAX_WIRE_BYTES + 1;
    let error = frame(&(long as u16).to_le_bytes()).unwrap_err();
    assert_eq!(error, FrameError::Length { bytes: long });
    assert!(error.to_string().contains(&long.to_string()));
    assert!(FrameError::Truncated { missing: 4 }.to_string().contains("lacks 4 bytes"));
}

fn outcome() -> impl Strategy<Value = Outcome> {
    let place = any::<(u64, u64, i64)>().prop_map(|(epoch, position, received_unix)| Place {
        epoch: Epoch(epoch),
        position,
        received_unix,
    });
    prop_oneof![
        place.clone().prop_map(Outcome::Accepted),
        any::<u16>().prop_map(|reason| Outcome::Refused { reason }),
        (any::<u16>(), place).prop_map(|(reason, place)| Outcome::Known { reason, place }),
        any::<u32>().prop_map(|after_seconds| Outcome::Retry { after_seconds }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn frames_come_back_as_they_were(
        wires in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..MAX_WIRE_BYTES), 0..6),
    ) {
        let mut bytes = Vec::new();
        wires.iter().for_each(|wire| append_frame(wire, &mut bytes));
        let mut rest = bytes.as_slice();
        for wire in &wires {
            prop_assert_eq!(next_frame(&mut rest).unwrap(), Some(wire.as_slice()));
        }
        prop_assert_eq!(next_frame(&mut rest), Ok(None));
    }

    /// One encoding for one answer, and no part of it passes for a whole one.
    #[test]
    fn answers_come_back_as_they_were_and_no_part_of_one_does(
        outcomes in prop::collection::vec(outcome(), 0..20), cut in any::<prop::sample::Index>(),
    ) {
        let message = Message::Answer(Answer { network: [4; 32], oracle: [5; 32], signature: [6; 64], outcomes });
        let bytes = message.to_bytes();
        prop_assert_eq!(message_len(&bytes), Ok(Some(bytes.len())));
        prop_assert_eq!(Message::from_bytes(&bytes), Ok(message));
        prop_assert!(Message::from_bytes(&bytes[..cut.index(bytes.len())]).is_err());
        prop_assert!(Message::from_bytes(&[bytes, vec![0]].concat()).is_err());
    }

    /// Whoever has the ids has the very receipts that the oracle signed.
    #[test]
    fn receipts_of_an_answer_are_those_of_its_places(outcomes in prop::collection::vec(outcome(), 0..20)) {
        let ids: Vec<[u8; 32]> = (0..outcomes.len()).map(|number| [number as u8; 32]).collect();
        let answer = Answer { network: [4; 32], oracle: [5; 32], signature: [6; 64], outcomes: outcomes.clone() };
        let receipts: Vec<Receipt> = outcomes.iter().zip(&ids).filter_map(|(outcome, id)| {
            let Place { epoch, position, received_unix } = *outcome.place()?;
            Some(Receipt { network: [4; 32], attestation_id: *id, epoch, position, received_unix })
        }).collect();
        let root = ReceiptTree::new(&receipts).map(|tree| tree.root());
        let found = answer.receipts(&ids).unwrap();
        prop_assert_eq!(found.len(), outcomes.len());
        let mut wanted = receipts.iter();
        for (signed, outcome) in found.iter().zip(&outcomes) {
            prop_assert_eq!(signed.is_some(), outcome.place().is_some());
            let Some(signed) = signed else { continue };
            prop_assert_eq!(Some(&signed.receipt), wanted.next());
            prop_assert_eq!(signed.verify(|oracle, message, signature| {
                *oracle == [5; 32] && *signature == [6; 64] && root.unwrap().signing_bytes() == message
            }), Ok(()));
        }
        prop_assert_eq!(answer.receipts(&[&ids[..], &[[0xff; 32]]].concat()), None);
    }
}
