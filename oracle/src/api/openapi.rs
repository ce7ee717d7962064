//! `GET /v1/openapi.json`: what this API is, for programs.
//!
//! The document is written by hand in `oracle/openapi.json`. Every answer that the tests get is checked against it, so
//! a route, an answer or a field that it does not name fails them.

use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};

/// OpenAPI 3.1.
pub const DOCUMENT: &str = include_str!("../../openapi.json");

pub async fn document() -> Response {
    let mut response = DOCUMENT.into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
