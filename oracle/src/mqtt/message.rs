//! What a message holds, and its answer.

use serde::Serialize;
use serde_json::json;
use trellis_core::{DeviceKey, attestation::SignedAttestation};
use trellis_epoch::encoding::base58;

use super::topics::{Form, Inbound};
use crate::ingest::Answer;

/// Longest payload that is taken.
pub const MAX_PAYLOAD_BYTES: usize = 64 * 1_024;
/// Longest packet that the broker may send: it drops longer ones, so this leaves room to answer what is too long.
pub const MAX_PACKET_BYTES: u32 = 128 * 1_024;

/// No attestation of a batch is shorter. So a message's length bounds its answer's.
pub const MIN_FRAME_BYTES: usize = 100;

/// Why nothing of a message was taken in. It is told to the sender, and the message is over with it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MessageError {
    #[error("`{device}` in the topic is no device key: base58 of 32 bytes (ed25519) or 33 (P-256) is wanted")]
    Topic { device: String },
    #[error(
        "attestation {position} is signed for device {found}, and the topic is that of {wanted}: send each device's own"
    )]
    WrongDevice { position: usize, found: String, wanted: String },
    #[error("{bytes} bytes are too many for one message: at most {}", MAX_PAYLOAD_BYTES)]
    TooLarge { bytes: usize },
    #[error("the message holds no attestation")]
    Empty,
    #[error(
        "attestation {position} is cut off: {wanted} bytes are announced and {found} left; each begins with its length, u16 LE"
    )]
    Frame { position: usize, wanted: usize, found: usize },
    #[error("attestation {position} has {bytes} bytes: no attestation is shorter than {}", MIN_FRAME_BYTES)]
    Short { position: usize, bytes: usize },
    #[error("more than {most} attestations are too many for one message")]
    TooMany { most: usize },
}

impl MessageError {
    /// Stable name for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Topic { .. } => "topic",
            Self::WrongDevice { .. } => "wrong_device",
            Self::TooLarge { .. } => "message_too_large",
            Self::Empty => "empty",
            Self::Frame { .. } | Self::Short { .. } => "frame",
            Self::TooMany { .. } => "batch_too_large",
        }
    }
}

/// The wire bytes of each attestation in the message, at most `max_batch` of them. All that can be read are the topic's
/// device's; what cannot be read is ingest's to refuse.
pub fn wires(topic: &Inbound<'_>, payload: &[u8], max_batch: usize) -> Result<Vec<Vec<u8>>, MessageError> {
    let device = topic.key().ok_or_else(|| MessageError::Topic { device: topic.device.to_owned() })?;
    if payload.len() > MAX_PAYLOAD_BYTES {
        return Err(MessageError::TooLarge { bytes: payload.len() });
    }
    if payload.is_empty() {
        return Err(MessageError::Empty);
    }
    let wires = match topic.form {
        Form::One => vec![payload.to_vec()],
        Form::Batch => frames(payload, max_batch)?,
    };
    for (position, wire) in wires.iter().enumerate() {
        require_device(position, wire, &device)?;
    }
    Ok(wires)
}

fn require_device(position: usize, wire: &[u8], wanted: &DeviceKey) -> Result<(), MessageError> {
    match SignedAttestation::from_bytes(wire) {
        Ok(signed) if signed.attestation.device != *wanted => Err(MessageError::WrongDevice {
            position,
            found: base58::encode(signed.attestation.device.bytes()),
            wanted: base58::encode(wanted.bytes()),
        }),
        _ => Ok(()),
    }
}

fn frames(payload: &[u8], max_batch: usize) -> Result<Vec<Vec<u8>>, MessageError> {
    let (mut wires, mut rest) = (Vec::new(), payload);
    while !rest.is_empty() {
        let position = wires.len();
        if position == max_batch {
            return Err(MessageError::TooMany { most: max_batch });
        }
        let Some((length, after)) = rest.split_first_chunk::<2>() else {
            return Err(MessageError::Frame { position, wanted: 2, found: rest.len() });
        };
        let wanted = usize::from(u16::from_le_bytes(*length));
        let Some((wire, after)) = after.split_at_checked(wanted) else {
            return Err(MessageError::Frame { position, wanted, found: after.len() });
        };
        if wanted < MIN_FRAME_BYTES {
            return Err(MessageError::Short { position, bytes: wanted });
        }
        wires.push(wire.to_vec());
        rest = after;
    }
    Ok(wires)
}

#[derive(Serialize)]
struct Results<'a> {
    results: &'a [Answer],
}

/// The same body as `POST /v1/attestations` answers with.
pub fn answer_body(answers: &[Answer]) -> Vec<u8> {
    // Serializing strings and numbers into memory cannot fail.
    serde_json::to_vec(&Results { results: answers }).unwrap_or_default()
}

/// The same shape as HTTP's errors.
pub fn error_body(code: &str, detail: &str) -> Vec<u8> {
    json!({ "error": { "code": code, "detail": detail } }).to_string().into_bytes()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn framed(wires: &[Vec<u8>]) -> Vec<u8> {
        let frame = |wire: &Vec<u8>| [&u16::try_from(wire.len()).unwrap().to_le_bytes()[..], wire].concat();
        wires.iter().flat_map(frame).collect()
    }

    proptest! {
        #[test]
        fn frames_give_back_what_was_framed(wires in prop::collection::vec(prop::collection::vec(any::<u8>(), 100..140), 0..20)) {
            prop_assert_eq!(frames(&framed(&wires), 20), Ok(wires));
        }

        #[test]
        fn frames_that_are_cut_off_are_refused_or_end_earlier(
            wires in prop::collection::vec(prop::collection::vec(any::<u8>(), 100..140), 1..20),
            cut in 1usize..140,
        ) {
            let whole = framed(&wires);
            let part = &whole[..whole.len().saturating_sub(cut)];
            match frames(part, 20) {
                Ok(fewer) => prop_assert!(wires.starts_with(&fewer) && fewer.len() < wires.len()),
                Err(error) => prop_assert!(matches!(error, MessageError::Frame { .. }), "{}", error),
            }
        }

        #[test]
        fn wires_never_panics(payload in prop::collection::vec(0..=200u8, 0..600), device in ".{0,50}", batch: bool) {
            let form = if batch { Form::Batch } else { Form::One };
            let _ = wires(&Inbound { device: &device, form }, &payload, 7);
        }
    }

    #[test]
    fn wires_says_what_is_wrong_with_a_message() {
        let key = base58::encode(&[9; 32]);
        let of = |device: &str, form, payload: &[u8]| wires(&Inbound { device, form }, payload, 2).unwrap_err();
        let cases = [
            (of("x", Form::One, &[1]), "topic", "`x` in the topic is no device key"),
            (of(&key, Form::One, &[]), "empty", "no attestation"),
            (of(&key, Form::Batch, &[]), "empty", "no attestation"),
            (of(&key, Form::One, &[1; MAX_PAYLOAD_BYTES + 1]), "message_too_large", "65537 bytes"),
            (of(&key, Form::Batch, &[1]), "frame", "attestation 0 is cut off: 2 bytes are announced and 1 left"),
            (of(&key, Form::Batch, &[200, 0, 7]), "frame", "attestation 0 is cut off: 200 bytes are announced and 1"),
            (of(&key, Form::Batch, &[1, 0, 7]), "frame", "attestation 0 has 1 bytes"),
            (
                of(&key, Form::Batch, &framed(&[vec![7; 100], vec![7; 100], vec![7; 100]])),
                "batch_too_large",
                "more than 2",
            ),
        ];
        for (error, code, words) in cases {
            assert_eq!(error.code(), code);
            assert!(error.to_string().contains(words), "{error}");
        }
        // What is no attestation is ingest's to refuse.
        assert_eq!(wires(&Inbound { device: &key, form: Form::One }, &[1], 2), Ok(vec![vec![1]]));
    }
}
