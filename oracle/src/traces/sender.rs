//! Sends spans to the collector over HTTP, from the thread that gathers them.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use tokio::runtime::Runtime;

/// What goes wrong is said at most this often.
const SAY_EVERY: Duration = Duration::from_secs(300);
/// Longest answer that is read.
const MAX_ANSWER_BYTES: usize = 64 * 1_024;

/// Has a runtime of its own: spans are sent while the oracle's may be busy, or over.
#[derive(Debug)]
pub struct Sender {
    runtime: Runtime,
    http: reqwest::Client,
    said: Mutex<Option<Instant>>,
}

impl Sender {
    pub fn new(timeout: Duration) -> Result<Self, HttpError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let http = reqwest::Client::builder().timeout(timeout).redirect(reqwest::redirect::Policy::none()).build()?;
        Ok(Self { runtime, http, said: Mutex::default() })
    }

    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let mut response = self.http.execute(request.try_into()?).await?;
        let mut answer = Response::builder().status(response.status());
        if let Some(headers) = answer.headers_mut() {
            *headers = response.headers().clone();
        }
        let mut body = Vec::new();
        while let Some(part) = response.chunk().await? {
            if body.len() + part.len() > MAX_ANSWER_BYTES {
                return Err("the collector's answer is too long".into());
            }
            body.extend_from_slice(&part);
        }
        Ok(answer.body(body.into())?)
    }

    fn say(&self, problem: &str) {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        if said.is_none_or(|at| at.elapsed() > SAY_EVERY) {
            *said = Some(Instant::now());
            tracing::warn!(problem, "traces are lost: the collector does not take them");
        }
    }
}

#[async_trait]
impl HttpClient for Sender {
    /// Blocks: whoever calls is a thread that does nothing else.
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let answered = self.runtime.block_on(self.send(request));
        match &answered {
            Ok(response) if response.status().is_success() => {}
            Ok(response) => self.say(&format!("it answers {}", response.status())),
            Err(error) => self.say(&trellis_client::in_words(error.as_ref())),
        }
        answered
    }
}
