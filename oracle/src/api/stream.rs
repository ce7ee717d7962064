//! `POST /v1/attestations/stream`: a body of any length, taken in as it arrives and answered as it goes.
//!
//! ```text
//! body ─► reader ─► a group: waits for room ─► ingest ─► its answer ─► response
//! ```
//!
//! The reader cuts the body into groups of what has arrived, and goes on only when there is room for the next one: it
//! reads no faster than the log takes. A few groups are under way at a time, and are answered in order. What was
//! answered holds, whatever becomes of the connection.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    body::{Body, BodyDataStream, Bytes},
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures_util::{FutureExt, StreamExt, stream};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch},
    task::JoinHandle,
    time::timeout,
};
use trellis_core::exchange::{self, FrameError, MAX_FRAME_BYTES, Message};

use super::{
    ApiError, ApiState,
    attestations::{COMPACT, media_type, unsupported},
    limits::Client,
};
use crate::{
    ingest::{Ingest, Taken},
    limits::AddressLimit,
    log::AppendError,
    metrics::Metrics,
};

/// Streams at the same time.
const MAX_STREAMS: usize = 32;
/// Most attestations that are answered together.
const GROUP: usize = 512;
/// Groups of a stream that are under way.
const IN_FLIGHT: usize = 4;
/// A stream that brings nothing, or takes no answer, for this long is ended.
const IDLE: Duration = Duration::from_secs(30);

/// What all streams share.
#[derive(Clone)]
pub struct Streams {
    room: Arc<Semaphore>,
    /// Streams end when the oracle does.
    stop: watch::Receiver<bool>,
}

impl Streams {
    pub fn new(stop: watch::Receiver<bool>) -> Self {
        Self { room: Arc::new(Semaphore::new(MAX_STREAMS)), stop }
    }
}

/// What the response is made of, in order.
enum Part {
    Taking(JoinHandle<Result<Taken, AppendError>>),
    /// Why it ends here.
    Problem(ApiError),
}

pub async fn stream(
    State(state): State<ApiState>,
    client: Client,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    client.check(&state.refused)?;
    if media_type(&headers) != COMPACT {
        return Err(unsupported(&headers, "`application/octet-stream`"));
    }
    let place = Arc::clone(&state.streams.room).try_acquire_owned().map_err(|_| {
        let detail = format!("{MAX_STREAMS} streams are open, and no more are taken; try again in a second");
        ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "busy", detail)
    })?;
    let (parts, answers) = mpsc::channel(IN_FLIGHT);
    let answering = Answering { client, refused: state.refused.clone(), metrics: state.metrics.clone() };
    let reader = Reader { ingest: state.ingest, client, refused: state.refused, parts, body: body.into_data_stream() };
    // It ends with the body, and soon after the response is dropped.
    tokio::spawn(reader.run(state.streams.stop, place));
    let messages = stream::unfold(Some((answers, answering)), |open| async move {
        let (mut answers, answering) = open?;
        Some(match answering.message(answers.recv().await?).await {
            Ok(message) => (Ok::<_, Infallible>(message), Some((answers, answering))),
            // The last word. Groups behind it may be taken in all the same: sending them again gives their receipts.
            Err(problem) => (Ok(Message::Problem(problem.in_words()).to_bytes()), None),
        })
    });
    Ok(([(header::CONTENT_TYPE, COMPACT)], Body::from_stream(messages)).into_response())
}

/// Waits for groups to be taken in and tells what became of them.
struct Answering {
    client: Client,
    refused: AddressLimit,
    metrics: Metrics,
}

impl Answering {
    async fn message(&self, part: Part) -> Result<Vec<u8>, ApiError> {
        let taken = match part {
            Part::Taking(taking) => taking.await.map_err(ApiError::internal)??,
            Part::Problem(problem) => return Err(problem),
        };
        let tally = taken.tally();
        tally.count(&self.metrics);
        self.client.charge(&self.refused, tally.refused_in_all());
        Ok(taken.message())
    }
}

/// Reads the body.
struct Reader {
    ingest: Ingest,
    client: Client,
    refused: AddressLimit,
    parts: mpsc::Sender<Part>,
    body: BodyDataStream,
}

impl Reader {
    /// Until the body ends, something is wrong with it, nobody takes answers any more, or the oracle stops.
    async fn run(mut self, stop: watch::Receiver<bool>, _place: OwnedSemaphorePermit) {
        let parts = self.parts.clone();
        let problem = tokio::select! {
            biased;
            () = told(stop) => Some(ApiError::from(AppendError::Stopping)),
            ended = self.read() => ended.err(),
        };
        if let Some(problem) = problem {
            let _ = timeout(IDLE, parts.send(Part::Problem(problem))).await;
        }
    }

    async fn read(&mut self) -> Result<(), ApiError> {
        let mut buffer: Vec<u8> = Vec::new();
        loop {
            let Some(chunk) = self.next_chunk().await? else {
                return match exchange::next_frame(&mut buffer.as_slice()) {
                    Ok(_) => Ok(()),
                    Err(error) => Err(frame(error)),
                };
            };
            buffer.extend_from_slice(&chunk);
            // What has arrived already is answered together.
            while buffer.len() < GROUP * MAX_FRAME_BYTES / 4
                && let Some(Some(chunk)) = self.body.next().now_or_never()
            {
                buffer.extend_from_slice(&chunk.map_err(broken)?);
            }
            let mut rest = buffer.as_slice();
            loop {
                let (wires, bad) = cut(&mut rest, GROUP.min(self.ingest.most_at_once()));
                if wires.is_empty() && bad.is_none() {
                    break;
                }
                self.take(wires).await?;
                bad.map_or(Ok(()), |error| Err(frame(error)))?;
            }
            let taken = buffer.len() - rest.len();
            buffer.drain(..taken);
        }
    }

    async fn next_chunk(&mut self) -> Result<Option<Bytes>, ApiError> {
        match timeout(IDLE, self.body.next()).await {
            Ok(chunk) => chunk.transpose().map_err(broken),
            Err(_) => Err(ApiError::new(StatusCode::REQUEST_TIMEOUT, "idle", idle("brought nothing"))),
        }
    }

    /// Hands a group in once there is room for it.
    async fn take(&mut self, wires: Vec<Vec<u8>>) -> Result<(), ApiError> {
        if wires.is_empty() {
            return Ok(());
        }
        self.client.check(&self.refused)?;
        let room = self.ingest.room_for(wires.len()).await?;
        let ingest = self.ingest.clone();
        let taking = tokio::spawn(async move { ingest.take_in(wires, room).await });
        match timeout(IDLE, self.parts.send(Part::Taking(taking))).await {
            Ok(Ok(())) => Ok(()),
            // Nobody listens any more, or not for long: what was handed in is taken in, and can be asked for again.
            Ok(Err(_)) | Err(_) => Err(ApiError::new(StatusCode::REQUEST_TIMEOUT, "idle", idle("took no answer"))),
        }
    }
}

/// Ends when the oracle is to stop.
async fn told(mut stop: watch::Receiver<bool>) {
    // An error means that the sender is gone: the process is ending.
    let _ = stop.wait_for(|stop| *stop).await;
}

fn idle(what: &str) -> String {
    format!("the stream {what} for {} s", IDLE.as_secs())
}

fn broken(error: axum::Error) -> ApiError {
    ApiError::bad_request("body", format!("the body cannot be read on: {error}"))
}

fn frame(error: FrameError) -> ApiError {
    ApiError::bad_request("frame", error.to_string())
}

/// Takes at most `most` whole frames off `bytes`; and what is wrong with the one behind them.
fn cut(bytes: &mut &[u8], most: usize) -> (Vec<Vec<u8>>, Option<FrameError>) {
    let mut wires = Vec::new();
    while wires.len() < most {
        match exchange::next_frame(bytes) {
            Ok(Some(wire)) => wires.push(wire.to_vec()),
            // The rest of it is to come.
            Ok(None) | Err(FrameError::Truncated { .. }) => return (wires, None),
            Err(error) => return (wires, Some(error)),
        }
    }
    (wires, None)
}
