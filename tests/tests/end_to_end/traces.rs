//! Traces, as a collector gets them from a real oracle.

use std::collections::BTreeSet;

use base64::{Engine, prelude::BASE64_STANDARD};
use nix::sys::signal::Signal;
use opentelemetry_proto::tonic::trace::v1::Span;
use serde_json::json;

use super::support::{
    collector::Collector,
    device::attest,
    epoch::until_approved,
    free_port, fresh_folder,
    network::{EPOCH_END_UNIX, GENESIS_UNIX, GRACE_SECONDS, Network},
    oracle::Oracle,
};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER: &str = "00f067aa0ba902b7";

/// Sends one reading within a caller's trace; `flags`: `01` if the caller wants it to be traced.
async fn submit(oracle: &Oracle, network: &Network, number: u32, flags: &str) {
    let signed = attest(&network.devices[0], network.address.to_bytes(), GENESIS_UNIX, number);
    let body = json!({ "attestations": [BASE64_STANDARD.encode(signed.to_bytes())] });
    let request = reqwest::Client::new().post(format!("{}/v1/attestations", oracle.url)).json(&body);
    let answer = request.header("traceparent", format!("00-{TRACE}-{CALLER}-{flags}")).send().await.unwrap();
    assert_eq!(answer.status(), 200);
}

fn stop(oracle: &mut Oracle) {
    oracle.process.signal(Signal::SIGTERM);
    let finished = oracle.process.wait();
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(!finished.stderr.contains("panicked"), "{finished:?}");
}

/// Names of the spans right under `parent`.
fn children<'a>(spans: &'a [Span], parent: &Span) -> BTreeSet<&'a str> {
    spans.iter().filter(|span| span.parent_span_id == parent.span_id).map(|span| span.name.as_str()).collect()
}

fn all_within(spans: &[Span], parent: &Span) -> bool {
    let inside = |span: &Span| {
        span.trace_id == parent.trace_id
            && span.start_time_unix_nano >= parent.start_time_unix_nano
            && span.end_time_unix_nano <= parent.end_time_unix_nano
    };
    spans.iter().filter(|span| span.parent_span_id == parent.span_id).all(inside)
}

#[tokio::test(flavor = "multi_thread")]
async fn request_and_close_are_traced_step_by_step_and_the_rest_is_sent_at_the_end() {
    let (network, collector) = (Network::start().await, Collector::start().await);
    network.travel(EPOCH_END_UNIX).await;
    let mut oracle = Oracle::start_with(&fresh_folder("traces"), &network, |settings| {
        let endpoint = &collector.endpoint;
        format!("{settings}[traces]\nendpoint = \"{endpoint}\"\nsample_ratio = 1.0\nservice_name = \"mine\"\n")
    })
    .await;
    submit(&oracle, &network, 0, "01").await;
    submit(&oracle, &network, 1, "00").await;
    network.travel(EPOCH_END_UNIX + GRACE_SECONDS).await;
    until_approved(&network).await;
    stop(&mut oracle);

    let spans = collector.spans();
    assert!(collector.services().iter().all(|name| name == "mine"));
    // The caller's trace goes on, once: the other caller wanted none.
    let ours: Vec<&Span> = spans.iter().filter(|span| hex::encode(&span.trace_id) == TRACE).collect();
    let root: Vec<&&Span> = ours.iter().filter(|span| hex::encode(&span.parent_span_id) == CALLER).collect();
    let [request] = root[..] else { panic!("{ours:?}") };
    assert_eq!(request.name, "POST /v1/attestations");
    assert!(request.attributes.iter().any(|attribute| attribute.key == "http.response.status_code"), "{request:?}");
    assert_eq!(children(&spans, request), ["ingest"].into());
    let ingest = ours.iter().find(|span| span.name == "ingest").unwrap();
    let steps = children(&spans, ingest);
    assert!(["admit", "append", "receipts"].iter().all(|step| steps.contains(step)), "{steps:?}");
    assert!(all_within(&spans, request) && all_within(&spans, ingest));

    let closes = spans.iter().filter(|span| span.name == "close");
    let close = closes.max_by_key(|span| children(&spans, span).len()).unwrap();
    let steps = children(&spans, close);
    assert!(["snapshot", "seal", "bundle", "set_closed"].iter().all(|step| steps.contains(step)), "{steps:?}");
    assert!(all_within(&spans, close));
    let propose = spans.iter().find(|span| span.name == "propose_and_vote").unwrap();
    assert!(children(&spans, propose).contains("transaction"));
    let logged = close.events.iter().any(|event| event.name == "epoch closed");
    assert!(logged, "what is logged inside is not in the trace: {close:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn collector_that_is_away_changes_nothing_but_a_line_in_the_log() {
    let network = Network::start().await;
    network.travel(EPOCH_END_UNIX).await;
    let nowhere = format!("http://127.0.0.1:{}/v1/traces", free_port());
    let mut oracle = Oracle::start_with(&fresh_folder("traces-away"), &network, |settings| {
        format!("{settings}[traces]\nendpoint = \"{nowhere}\"\nsample_ratio = 1.0\n")
    })
    .await;
    for number in 0..20 {
        submit(&oracle, &network, number, "01").await;
    }
    network.travel(EPOCH_END_UNIX + GRACE_SECONDS).await;
    until_approved(&network).await;
    stop(&mut oracle);
    let said = oracle.process.stderr();
    let lines = said.lines().filter(|line| line.contains("the collector does not take them")).count();
    assert_eq!(lines, 1, "{said}");
}
