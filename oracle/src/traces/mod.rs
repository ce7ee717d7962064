//! Traces: how long each step of a request and of a close takes, sent to an OpenTelemetry collector.
//!
//! Spans are ordinary `tracing` spans of this crate at DEBUG; without a collector nobody asks for them, and what they
//! cost is a look at a flag. With one, they wait in a bounded queue for a thread of their own; when it is full, or the
//! collector away, they are dropped, and the oracle goes on.

mod sender;

use std::time::Duration;

use axum::{
    extract::{MatchedPath, Request},
    response::Response,
};
use opentelemetry::{propagation::TextMapPropagator, trace::TracerProvider};
use opentelemetry_http::HeaderExtractor;
use opentelemetry_otlp::{ExporterBuildError, Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::{
    Resource,
    propagation::TraceContextPropagator,
    trace::{BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracerProvider},
};
use tracing::{Level, Metadata, Span, field::Empty};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::{Layer, filter::filter_fn};

use crate::settings::traces::TracesSettings;
use sender::Sender;

/// Spans that wait to be sent; more are dropped. Each takes a kilobyte or so.
const MAX_WAITING: usize = 4_096;
const MAX_BATCH: usize = 512;
/// Spans wait no longer than this before they are sent.
const SEND_EVERY: Duration = Duration::from_secs(2);
/// How long the collector may take to answer.
const TIMEOUT: Duration = Duration::from_secs(5);
/// How long what waits may take at the end of the process.
const FLUSH_WITHIN: Duration = Duration::from_secs(3);

/// Why nothing can be traced.
#[derive(Debug, thiserror::Error)]
pub enum TracesError {
    #[error("traces cannot be sent to {endpoint}: {reason}")]
    Exporter { endpoint: String, reason: ExporterBuildError },
    #[error("traces cannot be sent: {0}")]
    Sender(String),
}

/// What sends the traces. To be ended before the process is.
#[derive(Debug)]
pub struct Traces(SdkTracerProvider);

impl Traces {
    /// `None` if the settings name no collector.
    pub fn start(settings: &TracesSettings) -> Result<Option<Self>, TracesError> {
        let Some(endpoint) = &settings.endpoint else { return Ok(None) };
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(Sender::new(TIMEOUT).map_err(|error| TracesError::Sender(error.to_string()))?)
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(endpoint)
            .with_timeout(TIMEOUT)
            .build()
            .map_err(|reason| TracesError::Exporter { endpoint: endpoint.clone(), reason })?;
        let batches = BatchConfigBuilder::default()
            .with_max_queue_size(MAX_WAITING)
            .with_max_export_batch_size(MAX_BATCH)
            .with_scheduled_delay(SEND_EVERY)
            .build();
        let provider = SdkTracerProvider::builder()
            .with_span_processor(BatchSpanProcessor::builder(exporter).with_batch_config(batches).build())
            .with_sampler(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(settings.sample_ratio))))
            .with_resource(Resource::builder().with_service_name(settings.service_name.clone()).build())
            .build();
        Ok(Some(Self(provider)))
    }

    /// What turns this crate's spans into traces, with what is logged inside of them at INFO or above.
    pub fn layer<S>(&self) -> impl Layer<S> + Send + Sync + use<S>
    where
        S: tracing::Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a> + Send + Sync,
    {
        let layer = tracing_opentelemetry::layer().with_tracer(self.0.tracer("trellis-oracle"));
        layer.with_location(false).with_threads(false).with_filter(filter_fn(is_traced))
    }

    /// Sends what waits, or gives up on it. Blocks for a few seconds at most.
    pub fn end(self) {
        if let Err(error) = self.0.shutdown_with_timeout(FLUSH_WITHIN) {
            tracing::warn!(%error, "the last traces were not sent");
        }
    }
}

fn is_traced(metadata: &Metadata<'_>) -> bool {
    metadata.target().starts_with("trellis_oracle") && (metadata.is_span() || *metadata.level() <= Level::INFO)
}

/// The span of an HTTP request. Goes on with the caller's trace (W3C `traceparent`), if there is one.
pub fn request_span(request: &Request) -> Span {
    let route = request.extensions().get::<MatchedPath>().map_or("other", MatchedPath::as_str);
    let span = tracing::debug_span!(
        "request",
        otel.name = format!("{} {route}", request.method()),
        otel.kind = "server",
        http.request.method = %request.method(),
        http.route = route,
        url.path = request.uri().path(),
        http.response.status_code = Empty,
        otel.status_code = Empty,
    );
    if !span.is_disabled() {
        let caller = TraceContextPropagator::new().extract(&HeaderExtractor(request.headers()));
        // It fails only where the span has begun, or nobody traces.
        let _ = span.set_parent(caller);
    }
    span
}

/// Notes the answer in the request's span.
pub fn answered(response: &Response, took: Duration, span: &Span) {
    let status = response.status();
    span.record("http.response.status_code", status.as_u16());
    if status.is_server_error() {
        span.record("otel.status_code", "ERROR");
    }
    tracing::debug!(status = status.as_u16(), ?took, "answered");
}
