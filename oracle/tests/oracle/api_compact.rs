//! The compact form over real HTTP: frames in, one signature out; and streams of them.

use std::time::Duration;
use trellis_oracle::log::Log as _;

use axum::body::Bytes;
use reqwest::{Body, Response};
use tokio::sync::mpsc;
use trellis_core::{
    Epoch,
    attestation::{MAX_WIRE_BYTES, SignedAttestation},
    exchange::{Answer, Message, Outcome, append_frame, message_len},
};
use trellis_epoch::{Reason, admission::attestation_id, receipt};

use crate::{
    api_support::{Api, MAX_BATCH, problem},
    closer::closable,
    world::{SUSPENDED, UNREGISTERED, honest_epoch, reading, snapshot},
};

const COMPACT: Option<&str> = Some("application/octet-stream");
const STREAM: &str = "/v1/attestations/stream";
const PATIENCE: Duration = Duration::from_secs(20);

pub fn frames(attestations: &[SignedAttestation]) -> Vec<u8> {
    let mut bytes = Vec::new();
    attestations.iter().for_each(|signed| append_frame(&signed.to_bytes(), &mut bytes));
    bytes
}

pub fn ids(attestations: &[SignedAttestation]) -> Vec<[u8; 32]> {
    attestations.iter().map(attestation_id).collect()
}

async fn answer(response: Response) -> (u16, Answer) {
    let status = response.status().as_u16();
    let bytes = response.bytes().await.unwrap();
    match Message::from_bytes(&bytes) {
        Ok(Message::Answer(answer)) => (status, answer),
        other => panic!("{status}: {other:?}: {}", String::from_utf8_lossy(&bytes)),
    }
}

/// Checks every receipt of an answer and returns their positions.
fn positions(answer: &Answer, attestations: &[SignedAttestation]) -> Vec<Option<u64>> {
    let receipts = answer.receipts(&ids(attestations)).unwrap();
    let checked = receipts.iter().map(|signed| {
        let signed = signed.as_ref()?;
        receipt::verify(signed).unwrap();
        Some(signed.receipt.position)
    });
    checked.collect()
}

#[tokio::test]
async fn frames_are_answered_under_one_signature_that_gives_every_receipt() {
    let api = Api::start().await;
    let good = honest_epoch(1, 0);
    let mut forged = reading(2, 0, 1, 1).signed();
    forged.signature[0] ^= 1;
    let batch = [good[0].clone(), forged, good[1].clone(), reading(UNREGISTERED, 0, 1, 1).signed(), good[0].clone()];
    let (status, first) = answer(api.post_raw(COMPACT, frames(&batch)).await).await;
    assert_eq!(status, 200);
    assert_eq!(positions(&first, &batch), [Some(0), None, Some(1), None, Some(0)]);
    let reason = |outcome: &Outcome| match outcome {
        Outcome::Accepted(place) => {
            assert_eq!(place.epoch, Epoch(0));
            None
        }
        Outcome::Refused { reason } | Outcome::Known { reason, .. } => Some(*reason),
        Outcome::Retry { .. } => panic!("{outcome:?}"),
    };
    let wanted = [None, Some(Reason::BadSignature), None, Some(Reason::UnknownDevice), Some(Reason::ReplayedSequence)];
    let reasons: Vec<_> = first.outcomes.iter().map(reason).collect();
    assert_eq!(reasons, wanted.map(|reason| reason.map(Reason::code)));

    // The same receipts under another answer's signature; JSON and frames are one log.
    let (status, again) = answer(api.post_raw(COMPACT, frames(&good[..2])).await).await;
    assert_eq!((status, positions(&again, &good[..2])), (409, vec![Some(0), Some(1)]));
    let (status, results) = api.submit(&good[..1]).await;
    assert_eq!((status, api.verify_receipt(&results[0]["receipt"], &good[0])), (409, 0));
}

#[tokio::test]
async fn frames_of_refused_work_alone_are_422_and_unsigned() {
    let api = Api::start().await;
    let batch = [reading(SUSPENDED, 0, 1, 1).signed()];
    let (status, answer) = answer(api.post_raw(COMPACT, frames(&batch)).await).await;
    assert_eq!((status, answer.signature), (422, [0; 64]));
    assert_eq!(answer.outcomes, [Outcome::Refused { reason: Reason::SuspendedDevice.code() }]);
    assert_eq!(answer.receipts(&ids(&batch)), Some(vec![None]));
}

#[tokio::test]
async fn bodies_that_are_no_frames_are_400_and_store_nothing() {
    let api = Api::start().await;
    let good = frames(&honest_epoch(1, 0)[..1]);
    let long = u16::try_from(MAX_WIRE_BYTES + 1).unwrap().to_le_bytes();
    for (body, words) in [
        (good[..good.len() - 1].to_vec(), "attestation 0: the last frame lacks 1 bytes"),
        ([&good[..], &[7]].concat(), "attestation 1: the last frame lacks 1 bytes"),
        ([&good[..], &[0, 0]].concat(), "holds 0 bytes"),
        ([&good[..], &long].concat(), "an attestation has from 1 to"),
    ] {
        let problem = problem(api.post_raw(COMPACT, body).await).await;
        assert_eq!((problem.status, problem.code.as_str()), (400, "frame"));
        assert!(problem.detail.contains(words), "{problem:?}");
    }
    let empty = problem(api.post_raw(COMPACT, vec![]).await).await;
    assert_eq!((empty.status, empty.code.as_str()), (400, "empty"));
    let many = problem(api.post_raw(COMPACT, [1, 0, 9].repeat(MAX_BATCH + 1)).await).await;
    assert_eq!((many.status, many.code.as_str()), (413, "batch_too_large"));
    assert_eq!(api.log.len().unwrap(), 0);
}

/// A stream whose body is sent piece by piece.
struct Streaming {
    pieces: mpsc::UnboundedSender<Bytes>,
    response: Response,
    buffer: Vec<u8>,
}

impl Streaming {
    async fn open(api: &Api) -> Self {
        let (pieces, queue) = mpsc::unbounded_channel::<Bytes>();
        let body = futures_util::stream::unfold(queue, |mut queue| async move {
            Some((Ok::<_, std::convert::Infallible>(queue.recv().await?), queue))
        });
        let request =
            api.client.post(format!("{}{STREAM}", api.url)).header("content-type", "application/octet-stream");
        let response = request.body(Body::wrap_stream(body)).send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "application/octet-stream");
        Self { pieces, response, buffer: Vec::new() }
    }

    fn send(&self, bytes: &[u8]) {
        self.pieces.send(Bytes::copy_from_slice(bytes)).unwrap();
    }

    /// The next message; `None` at the response's end.
    async fn next(&mut self) -> Option<Message> {
        loop {
            if let Some(length) = message_len(&self.buffer).unwrap()
                && length <= self.buffer.len()
            {
                let rest = self.buffer.split_off(length);
                return Some(Message::from_bytes(&std::mem::replace(&mut self.buffer, rest)).unwrap());
            }
            let chunk = tokio::time::timeout(PATIENCE, self.response.chunk()).await.expect("an answer");
            self.buffer.extend_from_slice(&chunk.unwrap()?);
        }
    }

    async fn next_answer(&mut self) -> Answer {
        match self.next().await {
            Some(Message::Answer(answer)) => answer,
            other => panic!("{other:?}"),
        }
    }

    /// As many outcomes as there are `attestations`, whatever groups they came in; their positions.
    async fn positions(&mut self, attestations: &[SignedAttestation]) -> Vec<Option<u64>> {
        let mut found = Vec::new();
        while found.len() < attestations.len() {
            let answer = self.next_answer().await;
            let group = &attestations[found.len()..][..answer.outcomes.len()];
            found.extend(positions(&answer, group));
        }
        found
    }

    async fn problem(&mut self) -> String {
        let Some(Message::Problem(words)) = self.next().await else { panic!("no problem was said") };
        assert_eq!(self.next().await, None, "it is the last word");
        words
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn stream_is_answered_as_it_goes_and_ends_with_its_body() {
    let api = Api::start().await;
    let good = [honest_epoch(1, 0), honest_epoch(2, 0), honest_epoch(3, 0)].concat();
    let mut streaming = Streaming::open(&api).await;
    // The first is answered before anything else is sent; a frame may be cut anywhere.
    let bytes = frames(&good);
    let one = frames(&good[..1]).len();
    streaming.send(&bytes[..one]);
    assert_eq!(streaming.positions(&good[..1]).await, [Some(0)]);
    assert_eq!(api.log.len().unwrap(), 1);
    for piece in bytes[one..].chunks(100) {
        streaming.send(piece);
    }
    // Groups are judged side by side, so that they need not reach the log in order.
    let mut rest = streaming.positions(&good[1..]).await;
    rest.sort_unstable();
    assert_eq!(rest, (1..good.len() as u64).map(Some).collect::<Vec<_>>());
    drop(std::mem::replace(&mut streaming.pieces, mpsc::unbounded_channel().0));
    assert_eq!(streaming.next().await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn stream_longer_than_all_room_is_taken_to_its_end() {
    // Room for four at a time: the stream waits, and nothing is refused as busy.
    let api = Api::start_with(snapshot(), 4).await;
    let good: Vec<_> =
        (0..12).flat_map(|interval| [1, 2, 3, 5].map(|device| reading(device, interval, 0, 0).signed())).collect();
    let all: Vec<_> = (0..20u64)
        .flat_map(|round| {
            good.iter().map(move |signed| {
                let device = [1, 2, 3, 5]
                    .into_iter()
                    .find(|device| crate::world::device_key(*device) == signed.attestation.device);
                let mut attestation = signed.attestation.clone();
                attestation.sequence += 1_000 * round;
                crate::world::sign(device.unwrap(), attestation)
            })
        })
        .collect();
    let mut streaming = Streaming::open(&api).await;
    all.chunks(7).for_each(|some| streaming.send(&frames(some)));
    // Half of them lie in epoch 0, half in epoch 1, and each epoch counts by itself.
    let mut positions = streaming.positions(&all).await;
    positions.sort_unstable();
    let half = all.len() as u64 / 2;
    assert_eq!(positions, (0..half).flat_map(|position| [Some(position); 2]).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn stream_that_breaks_off_keeps_what_was_answered() {
    let api = Api::start().await;
    let good = honest_epoch(1, 0);
    let mut streaming = Streaming::open(&api).await;
    let bytes = frames(&good);
    streaming.send(&bytes[..bytes.len() - 10]);
    let stored = streaming.positions(&good[..5]).await;
    drop(streaming);
    // The last was never whole; it is sent again with all others, which keep their receipts.
    let (status, answer) = answer(api.post_raw(COMPACT, bytes).await).await;
    assert_eq!(status, 200);
    let again = positions(&answer, &good);
    assert_eq!((&again[..5], again[5]), (&stored[..], Some(5)));
    assert_eq!(api.log.len().unwrap(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn stream_with_a_bad_frame_ends_there_in_words_after_what_was_good() {
    let api = Api::start().await;
    let good = honest_epoch(1, 0);
    let mut streaming = Streaming::open(&api).await;
    streaming.send(&[&frames(&good)[..], &[0, 0, 1]].concat());
    assert_eq!(streaming.positions(&good).await.len(), 6);
    assert!(streaming.problem().await.starts_with("frame: a frame says that it holds 0 bytes"));

    let mut streaming = Streaming::open(&api).await;
    streaming.send(&[1]);
    drop(std::mem::replace(&mut streaming.pieces, mpsc::unbounded_channel().0));
    assert_eq!(streaming.problem().await, "frame: the last frame lacks 1 bytes");
}

#[tokio::test(flavor = "multi_thread")]
async fn stream_of_a_stopping_oracle_ends_in_words() {
    let api = Api::start_at(closable(1), snapshot(), 100).await;
    let mut streaming = Streaming::open(&api).await;
    let good = honest_epoch(1, 0);
    streaming.send(&frames(&good));
    assert_eq!(streaming.positions(&good).await.len(), 6);
    api.stopping.send(true).unwrap();
    assert!(streaming.problem().await.contains("the oracle is stopping"));
}

#[tokio::test(flavor = "multi_thread")]
async fn stream_of_another_type_is_415_and_one_too_many_503() {
    let api = Api::start().await;
    let request = api.client.post(format!("{}{STREAM}", api.url)).header("content-type", "application/json").body("{}");
    let response = crate::openapi::checked("post", STREAM, request.send().await.unwrap()).await;
    let refused = problem(response).await;
    assert_eq!((refused.status, refused.code.as_str()), (415, "content_type"));
    let mut open = Vec::new();
    for _ in 0..32 {
        open.push(Streaming::open(&api).await);
    }
    let request = api.client.post(format!("{}{STREAM}", api.url)).header("content-type", "application/octet-stream");
    let response = crate::openapi::checked("post", STREAM, request.send().await.unwrap()).await;
    assert_eq!(response.headers()["retry-after"], "1");
    let refused = problem(response).await;
    assert_eq!((refused.status, refused.code.as_str()), (503, "busy"));
    assert!(refused.detail.contains("32 streams"), "{refused:?}");
}
