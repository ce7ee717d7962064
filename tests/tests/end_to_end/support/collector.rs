//! A collector of OpenTelemetry traces: takes what a real one takes, and shows it.

use std::sync::{Arc, Mutex};

use axum::{Router, body::Bytes, extract::State, http::StatusCode, routing::post};
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest, common::v1::any_value::Value, trace::v1::Span,
};
use prost::Message;

#[derive(Clone, Default)]
struct Taken {
    spans: Arc<Mutex<Vec<Span>>>,
    services: Arc<Mutex<Vec<String>>>,
}

pub struct Collector {
    pub endpoint: String,
    taken: Taken,
}

impl Collector {
    pub async fn start() -> Self {
        let taken = Taken::default();
        let router = Router::new().route("/v1/traces", post(take)).with_state(taken.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}/v1/traces", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { endpoint, taken }
    }

    pub fn spans(&self) -> Vec<Span> {
        self.taken.spans.lock().unwrap().clone()
    }

    pub fn services(&self) -> Vec<String> {
        self.taken.services.lock().unwrap().clone()
    }
}

async fn take(State(taken): State<Taken>, body: Bytes) -> StatusCode {
    let Ok(request) = ExportTraceServiceRequest::decode(body) else { return StatusCode::BAD_REQUEST };
    for of_resource in request.resource_spans {
        for attribute in of_resource.resource.unwrap_or_default().attributes {
            if let (true, Some(Value::StringValue(name))) =
                (attribute.key == "service.name", attribute.value.and_then(|value| value.value))
            {
                taken.services.lock().unwrap().push(name);
            }
        }
        let spans = of_resource.scope_spans.into_iter().flat_map(|of_scope| of_scope.spans);
        taken.spans.lock().unwrap().extend(spans);
    }
    StatusCode::OK
}
