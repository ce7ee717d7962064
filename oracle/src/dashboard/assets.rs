//! One file of the dashboard, and all of them from a folder.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
};

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderValue, Response, StatusCode, header},
};

use super::status_of;

/// Most that is kept in memory. A built dashboard has about two million bytes.
const MAX_BYTES: usize = 64 << 20;
/// Vite puts files with a hash in their name here: what is under such a name never changes.
const HASHED: &str = "/assets/";
const COMPRESSED: &str = ".gz";

/// Why there is no dashboard.
#[derive(Debug, thiserror::Error)]
pub enum DashboardError {
    #[error("cannot read the dashboard's {path}: {source}; `dashboard.dir` names the folder that `make app` built")]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("{dir} has no index.html: `dashboard.dir` is to name the folder that `make app` built")]
    NoIndex { dir: PathBuf },
    #[error("{dir} holds more than {MAX_BYTES} bytes: is it the dashboard's folder?")]
    TooLarge { dir: PathBuf },
}

/// A file, as it is and compressed.
#[derive(Debug)]
pub(super) struct Asset {
    bytes: Bytes,
    gzip: Option<Bytes>,
    content_type: &'static str,
    tag: HeaderValue,
    never_changes: bool,
}

/// Every file below `dir`, by its path from there on. `NAME.gz` is `NAME` compressed.
pub(super) fn read_all(dir: &Path) -> Result<BTreeMap<String, Asset>, DashboardError> {
    let mut files = BTreeMap::new();
    let mut room = MAX_BYTES;
    collect(dir, dir, &mut room, &mut files)?;
    let names: Vec<String> = files.keys().filter(|name| !name.ends_with(COMPRESSED)).cloned().collect();
    let mut assets = BTreeMap::new();
    for name in names {
        let gzip = files.remove(&format!("{name}{COMPRESSED}"));
        if let Some(bytes) = files.remove(&name) {
            assets.insert(name.clone(), Asset::new(&name, bytes, gzip));
        }
    }
    Ok(assets)
}

fn collect(
    root: &Path,
    dir: &Path,
    room: &mut usize,
    files: &mut BTreeMap<String, Bytes>,
) -> Result<(), DashboardError> {
    let unreadable = |path: &Path| {
        let path = path.to_owned();
        move |source| DashboardError::Unreadable { path, source }
    };
    for entry in std::fs::read_dir(dir).map_err(unreadable(dir))? {
        let path = entry.map_err(unreadable(dir))?.path();
        if path.is_dir() {
            collect(root, &path, room, files)?;
            continue;
        }
        let bytes = std::fs::read(&path).map_err(unreadable(&path))?;
        *room = room.checked_sub(bytes.len()).ok_or_else(|| DashboardError::TooLarge { dir: root.to_owned() })?;
        let below = path.strip_prefix(root).unwrap_or(&path);
        files.insert(format!("/{}", below.to_string_lossy()), Bytes::from(bytes));
    }
    Ok(())
}

impl Asset {
    fn new(name: &str, bytes: Bytes, gzip: Option<Bytes>) -> Self {
        let tag = format!("\"{}\"", &blake3::hash(&bytes).to_hex()[..32]);
        let tag = HeaderValue::from_str(&tag).unwrap_or_else(|_| HeaderValue::from_static("\"\""));
        Self { bytes, gzip, content_type: content_type(name), tag, never_changes: name.starts_with(HASHED) }
    }

    pub fn response(&self, asked: &HeaderMap) -> Response<Body> {
        let status = status_of(asked, &self.tag);
        let accepted = asked.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or("");
        let gzip = self.gzip.as_ref().filter(|_| takes_gzip(accepted));
        let body = match status {
            StatusCode::NOT_MODIFIED => Body::empty(),
            _ => Body::from(gzip.unwrap_or(&self.bytes).clone()),
        };
        let mut response = Response::new(body);
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        headers.insert(header::ETAG, self.tag.clone());
        headers.insert(header::VARY, HeaderValue::from_static("accept, accept-encoding"));
        if gzip.is_some() {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        let cache = match self.never_changes {
            true => "public, max-age=31536000, immutable",
            false => "no-cache",
        };
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
        response
    }
}

/// Is gzip among the encodings, and not forbidden by a quality of 0?
fn takes_gzip(accepted: &str) -> bool {
    accepted.split(',').any(|part| {
        let mut words = part.split(';').map(str::trim);
        let is_gzip = words.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
        is_gzip && !words.any(|word| matches!(word, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
    })
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or("") {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "wasm" => "application/wasm",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_taken_where_it_is_named_and_not_forbidden() {
        for taken in ["gzip", "br, gzip", "GZIP;q=0.5", "gzip ; q=1"] {
            assert!(takes_gzip(taken), "{taken}");
        }
        for not in ["", "br", "gzip;q=0", "x-gzip", "identity, gzip; q=0.0"] {
            assert!(!takes_gzip(not), "{not}");
        }
    }

    #[test]
    fn folder_that_is_too_large_or_missing_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::File::create(folder.path().join("big.bin")).unwrap().set_len(MAX_BYTES as u64 + 1).unwrap();
        let refused = read_all(folder.path()).unwrap_err().to_string();
        assert!(refused.contains("holds more than"), "{refused}");
        let missing = read_all(&folder.path().join("nowhere")).unwrap_err().to_string();
        assert!(missing.contains("nowhere") && missing.contains("make app"), "{missing}");
    }
}
