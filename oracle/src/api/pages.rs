//! Whatever is no path of the API: a page or a file of the dashboard, or nothing.

use axum::{
    extract::State,
    http::{HeaderMap, Method, Uri},
    response::{IntoResponse, Response},
};

use super::{ApiState, error};

pub async fn page(State(state): State<ApiState>, method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let reads = method == Method::GET || method == Method::HEAD;
    let dashboard = state.dashboard.as_ref().filter(|_| reads);
    match dashboard.and_then(|dashboard| dashboard.answer(uri.path(), &headers)) {
        Some(answer) => answer,
        None => error::no_such_path(uri).await.into_response(),
    }
}
