//! The dashboard's files, served at `/` beside the API.
//!
//! All files are read when the oracle starts and answered from memory: a request names a file in a map and never a path on
//! the disk. A path that a page of the dashboard may have gets `index.html`, which shows that page.

mod assets;

use std::{collections::BTreeMap, path::Path};

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, Response, StatusCode, header},
};

use assets::Asset;
pub use assets::DashboardError;

const INDEX: &str = "/index.html";

/// The built dashboard.
#[derive(Debug)]
pub struct Dashboard {
    /// By path, beginning with `/`.
    assets: BTreeMap<String, Asset>,
    content_security_policy: HeaderValue,
}

impl Dashboard {
    /// Reads the files of `dir`. Pages may connect to the oracle and to `rpc_origin`.
    pub fn read(dir: &Path, rpc_origin: Option<&str>) -> Result<Self, DashboardError> {
        let assets = assets::read_all(dir)?;
        if !assets.contains_key(INDEX) {
            return Err(DashboardError::NoIndex { dir: dir.to_owned() });
        }
        Ok(Self { assets, content_security_policy: policy(rpc_origin) })
    }

    /// The file at `path`, or the page that it names; `None` if neither is there.
    pub fn answer(&self, path: &str, headers: &HeaderMap) -> Option<Response<Body>> {
        let asset = match self.assets.get(path) {
            Some(asset) => asset,
            None if is_page(path, headers) => self.assets.get(INDEX)?,
            None => return None,
        };
        let mut response = asset.response(headers);
        let fixed = response.headers_mut();
        fixed.insert(header::CONTENT_SECURITY_POLICY, self.content_security_policy.clone());
        for (name, value) in [
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::REFERRER_POLICY, "no-referrer"),
            // Wallets may open a window of their own.
            (header::HeaderName::from_static("cross-origin-opener-policy"), "same-origin-allow-popups"),
            // The camera reads a device's QR code.
            (header::HeaderName::from_static("permissions-policy"), "camera=(self), microphone=(), geolocation=()"),
        ] {
            fixed.insert(name, HeaderValue::from_static(value));
        }
        Some(response)
    }
}

/// Is it a browser that asks for a page? Not so below `/v1/`, and not for a name with an ending, which is a file's.
fn is_page(path: &str, headers: &HeaderMap) -> bool {
    let is_file = path.rsplit('/').next().is_some_and(|name| name.contains('.'));
    let accepts = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or("");
    !is_file && !path.starts_with("/v1/") && path != "/v1" && (path == "/" || accepts.contains("text/html"))
}

/// Nothing from elsewhere, nothing inline; WASM recomputes roots.
fn policy(rpc_origin: Option<&str>) -> HeaderValue {
    let connect = rpc_origin.map(|origin| format!(" {origin}")).unwrap_or_default();
    let policy = format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; \
         connect-src 'self'{connect}; manifest-src 'self'; worker-src 'self'; media-src 'self' blob:; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'none'"
    );
    // An origin that no header can hold is left out: the pages then ask no chain.
    HeaderValue::from_str(&policy).unwrap_or_else(|_| HeaderValue::from_static("default-src 'none'"))
}

/// 304 for what the browser has, the file otherwise.
fn status_of(headers: &HeaderMap, tag: &HeaderValue) -> StatusCode {
    match headers.get(header::IF_NONE_MATCH) {
        Some(known) if known == tag => StatusCode::NOT_MODIFIED,
        _ => StatusCode::OK,
    }
}
