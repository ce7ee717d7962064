//! The dashboard's files beside the API.

use std::{fs, path::Path, sync::Arc};

use reqwest::{Client, Method, Response, StatusCode, header};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use trellis_oracle::{
    api,
    dashboard::{Dashboard, DashboardError},
};

use crate::api_support::{Api, serve};

const HTML: &str = "text/html,application/xhtml+xml,*/*;q=0.8";

fn built(dir: &Path) {
    fs::create_dir_all(dir.join("assets")).unwrap();
    fs::write(dir.join("index.html"), "<!doctype html><title>Trellis</title>").unwrap();
    fs::write(dir.join("assets/index-abc.js"), "console.log(1)").unwrap();
    fs::write(dir.join("assets/index-abc.js.gz"), b"\x1f\x8bcompressed").unwrap();
    fs::write(dir.join("manifest.webmanifest"), "{}").unwrap();
}

/// The API with a dashboard, and an address to ask it at.
async fn start(dir: &Path) -> (Api, String) {
    let api = Api::start().await;
    let dashboard = Dashboard::read(dir, Some("https://rpc.example.org")).unwrap();
    let state = api::ApiState { dashboard: Some(Arc::new(dashboard)), ..api.state.clone() };
    let url = serve(api::router(state)).await;
    (api, url)
}

async fn get(url: &str, path: &str, headers: &[(header::HeaderName, &str)]) -> Response {
    let request = headers
        .iter()
        .fold(Client::new().get(format!("{url}{path}")), |request, (name, value)| request.header(name, *value));
    request.send().await.unwrap()
}

/// An answer as it comes: a client might unpack it.
async fn raw(url: &str, path: &str, encodings: &str) -> String {
    let address = url.strip_prefix("http://").unwrap();
    let mut connection = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.0\r\nhost: oracle\r\naccept-encoding: {encodings}\r\n\r\n");
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

fn said(response: &Response, name: header::HeaderName) -> String {
    response.headers().get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
}

#[tokio::test]
async fn pages_and_files_are_served_and_everything_else_is_the_api() {
    let folder = tempfile::tempdir().unwrap();
    built(folder.path());
    let (_api, url) = start(folder.path()).await;
    for path in ["/", "/index.html", "/epochs/6", "/operators/4Q8TDc3b89NisNB4YyfBAwcuMEG7yHeirR2T9LTb6BAG"] {
        let page = get(&url, path, &[(header::ACCEPT, HTML)]).await;
        assert_eq!(
            (page.status(), said(&page, header::CONTENT_TYPE).as_str()),
            (StatusCode::OK, "text/html; charset=utf-8")
        );
        assert!(page.text().await.unwrap().contains("<title>Trellis"), "{path}");
    }
    let manifest = get(&url, "/manifest.webmanifest", &[]).await;
    assert_eq!(said(&manifest, header::CONTENT_TYPE), "application/manifest+json");
    assert_eq!(get(&url, "/v1/status", &[(header::ACCEPT, HTML)]).await.status(), StatusCode::OK);
    for (path, accept) in [
        ("/v1/nothing", HTML),
        ("/v1", HTML),
        ("/missing.js", HTML),
        ("/assets/index-abd.js", HTML),
        ("/epochs/6", "application/json"),
        ("/../Cargo.toml", HTML),
        ("/assets/../../Cargo.toml", HTML),
        ("/%2e%2e/Cargo.toml", HTML),
        ("/assets/index-abc.js.gz", HTML),
    ] {
        let missing = get(&url, path, &[(header::ACCEPT, accept)]).await;
        assert_eq!(missing.status(), StatusCode::NOT_FOUND, "{path}");
        assert_eq!(said(&missing, header::CONTENT_TYPE), "application/json", "{path}");
    }
    let posted =
        Client::new().request(Method::POST, format!("{url}/epochs/6")).header(header::ACCEPT, HTML).send().await;
    assert_eq!(posted.unwrap().status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn pages_may_load_nothing_from_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    built(folder.path());
    let (_api, url) = start(folder.path()).await;
    let page = get(&url, "/", &[]).await;
    let policy = said(&page, header::CONTENT_SECURITY_POLICY);
    assert!(policy.starts_with("default-src 'none';"), "{policy}");
    assert!(policy.contains("connect-src 'self' https://rpc.example.org;"), "{policy}");
    for never in ["unsafe-inline", "'unsafe-eval'", "*"] {
        assert!(!policy.contains(never), "{policy}");
    }
    assert_eq!(said(&page, header::X_CONTENT_TYPE_OPTIONS), "nosniff");
    assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
}

#[tokio::test]
async fn hashed_files_are_kept_for_ever_and_the_page_is_asked_for_again() {
    let folder = tempfile::tempdir().unwrap();
    built(folder.path());
    let (_api, url) = start(folder.path()).await;
    let script = raw(&url, "/assets/index-abc.js", "identity").await;
    assert!(script.contains("cache-control: public, max-age=31536000, immutable"), "{script}");
    assert!(script.ends_with("\r\n\r\nconsole.log(1)"), "{script}");
    let packed = raw(&url, "/assets/index-abc.js", "br, gzip").await;
    assert!(packed.contains("content-encoding: gzip") && packed.ends_with("compressed"), "{packed}");

    let page = get(&url, "/", &[]).await;
    assert_eq!(said(&page, header::CACHE_CONTROL), "no-cache");
    let tag = said(&page, header::ETAG);
    let again = get(&url, "/", &[(header::IF_NONE_MATCH, &tag)]).await;
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    assert!(again.bytes().await.unwrap().is_empty());
    let other = get(&url, "/", &[(header::IF_NONE_MATCH, "\"other\"")]).await;
    assert_eq!(other.status(), StatusCode::OK);
}

#[tokio::test]
async fn oracle_without_a_dashboard_serves_no_pages() {
    let api = Api::start().await;
    let answer = get(&api.url, "/", &[(header::ACCEPT, HTML)]).await;
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
}

#[test]
fn folder_that_is_no_dashboard_is_refused_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let refused = Dashboard::read(folder.path(), None).unwrap_err();
    assert!(matches!(refused, DashboardError::NoIndex { .. }));
    assert!(refused.to_string().contains("make app"), "{refused}");
    let missing = Dashboard::read(&folder.path().join("dist"), None).unwrap_err();
    assert!(matches!(missing, DashboardError::Unreadable { .. }));
    let large = folder.path().join("large");
    fs::create_dir(&large).unwrap();
    fs::File::create(large.join("index.html")).unwrap().set_len((64 << 20) + 1).unwrap();
    assert!(matches!(Dashboard::read(&large, None).unwrap_err(), DashboardError::TooLarge { .. }));
}
