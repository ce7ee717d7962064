//! HTTPS: whom it lets in, whom it sends away, and that nobody waits for another's handshake.

use std::{os::unix::fs::PermissionsExt, path::Path, sync::Arc, time::Duration};

use axum::{Router, routing::get};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        ClientConfig, RootCertStore,
        crypto::ring,
        pki_types::{CertificateDer, ServerName, pem::PemObject},
    },
};
use trellis_oracle::{
    settings::tls::CertificateFiles,
    tls::{CertificateCell, HandshakeLimits, TlsError, WebListener, load},
};

use crate::certificates::{Authority, HOLDS};

/// As long as a test may take: no handshake of it is ended for its time.
const NEVER: Duration = Duration::from_secs(3_600);

struct Server {
    authority: Authority,
    folder: tempfile::TempDir,
    cell: CertificateCell,
    port: u16,
}

fn issue(authority: &Authority, folder: &Path, name: &str) -> CertificateFiles {
    let (certificate, key) = authority.issue(folder, name, HOLDS);
    CertificateFiles { certificate, key }
}

impl Server {
    async fn start(limits: HandshakeLimits) -> Self {
        let (authority, folder) = (Authority::new(), tempfile::tempdir().unwrap());
        let cell = CertificateCell::new(&load(&issue(&authority, folder.path(), "first")).unwrap());
        let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = tcp.local_addr().unwrap().port();
        let listener = WebListener::tls(tcp, cell.clone(), limits);
        let router = Router::new().route("/", get(|| async { "here" }));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { authority, folder, cell, port }
    }

    fn url(&self) -> String {
        format!("https://127.0.0.1:{}/", self.port)
    }

    async fn tcp(&self) -> TcpStream {
        TcpStream::connect(("127.0.0.1", self.port)).await.unwrap()
    }

    /// A connection that asks for `protocol`, or for none.
    async fn tls(&self, protocol: Option<&str>) -> TlsStream<TcpStream> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(self.authority.pem().as_bytes()).unwrap()).unwrap();
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let builder = builder.with_safe_default_protocol_versions().unwrap();
        let mut config = builder.with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = protocol.into_iter().map(|name| name.as_bytes().to_vec()).collect();
        let name = ServerName::try_from("127.0.0.1").unwrap();
        TlsConnector::from(Arc::new(config)).connect(name, self.tcp().await).await.unwrap()
    }

    /// One new connection that trusts the authority gets an answer.
    async fn assert_answers(&self) {
        let root = reqwest::Certificate::from_pem(self.authority.pem().as_bytes()).unwrap();
        let client = reqwest::Client::builder().add_root_certificate(root).build().unwrap();
        let answer = client.get(self.url()).send().await.unwrap();
        assert_eq!(answer.text().await.unwrap(), "here");
    }
}

fn leaf<'a>(stream: &'a TlsStream<TcpStream>) -> &'a CertificateDer<'a> {
    &stream.get_ref().1.peer_certificates().unwrap()[0]
}

/// One request on a connection that stays open.
async fn ask(stream: &mut TlsStream<TcpStream>) -> String {
    stream.write_all(b"GET / HTTP/1.1\r\nhost: here\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"here") {
        assert_ne!(stream.read_buf(&mut answer).await.unwrap(), 0, "{}", String::from_utf8_lossy(&answer));
    }
    String::from_utf8(answer).unwrap()
}

/// The server has closed the connection.
async fn assert_closed(mut stream: TcpStream) -> Vec<u8> {
    let mut rest = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(30), stream.read_to_end(&mut rest)).await;
    // Whether what we sent was read before it was closed decides how the system says so.
    let _ = read.expect("the connection is open");
    rest
}

#[tokio::test]
async fn https_answers_who_trusts_its_authority_and_nobody_else() {
    let server = Server::start(HandshakeLimits::default()).await;
    server.assert_answers().await;
    let stranger = Authority::new();
    let root = reqwest::Certificate::from_pem(stranger.pem().as_bytes()).unwrap();
    for client in [
        reqwest::Client::new(),
        reqwest::Client::builder().tls_built_in_root_certs(false).add_root_certificate(root).build().unwrap(),
    ] {
        let error = format!("{:?}", client.get(server.url()).send().await.unwrap_err());
        assert!(error.contains("UnknownIssuer"), "{error}");
    }
    server.assert_answers().await;
}

#[tokio::test]
async fn https_speaks_http_1_and_http_2_as_the_caller_asks() {
    let server = Server::start(HandshakeLimits::default()).await;
    for protocol in [None, Some("http/1.1")] {
        let mut stream = server.tls(protocol).await;
        assert_eq!(stream.get_ref().1.alpn_protocol(), protocol.map(str::as_bytes));
        assert!(ask(&mut stream).await.starts_with("HTTP/1.1 200"));
    }
    let stream = server.tls(Some("h2")).await;
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(b"h2".as_slice()));
    let (mut sender, connection) = h2::client::handshake(stream).await.unwrap();
    tokio::spawn(connection);
    let request = axum::http::Request::get(server.url()).body(()).unwrap();
    let (answer, _) = sender.send_request(request, true).unwrap();
    let mut answer = answer.await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.body_mut().data().await.unwrap().unwrap(), "here".as_bytes());
}

#[tokio::test]
async fn plain_http_on_the_tls_port_is_closed_with_an_alert() {
    let server = Server::start(HandshakeLimits { time: NEVER, ..HandshakeLimits::default() }).await;
    let mut stream = server.tcp().await;
    stream.write_all(b"GET / HTTP/1.1\r\nhost: here\r\n\r\n").await.unwrap();
    let said = assert_closed(stream).await;
    // TLS's alert, or nothing; never an answer.
    assert!(said.is_empty() || said[0] == 0x15, "{}", String::from_utf8_lossy(&said));
    server.assert_answers().await;
}

#[tokio::test]
async fn slow_handshakes_keep_nobody_waiting_and_the_oldest_make_room() {
    let server = Server::start(HandshakeLimits { time: NEVER, most: 3 }).await;
    let mut half = server.tcp().await;
    // The beginning of a handshake, and no more.
    half.write_all(&[0x16, 3, 1, 2]).await.unwrap();
    server.assert_answers().await;
    let idle = [server.tcp().await, server.tcp().await, server.tcp().await];
    assert_closed(half).await;
    server.assert_answers().await;
    let [oldest, ..] = idle;
    assert_closed(oldest).await;
}

#[tokio::test]
async fn handshake_that_takes_too_long_is_ended() {
    let limits = HandshakeLimits { time: Duration::from_millis(50), ..HandshakeLimits::default() };
    let server = Server::start(limits).await;
    assert_closed(server.tcp().await).await;
}

#[tokio::test]
async fn new_certificate_is_for_new_connections_and_open_ones_go_on() {
    let server = Server::start(HandshakeLimits::default()).await;
    let mut before = server.tls(None).await;
    ask(&mut before).await;
    server.cell.set(&load(&issue(&server.authority, server.folder.path(), "second")).unwrap());
    let after = server.tls(None).await;
    assert_ne!(leaf(&before), leaf(&after));
    let second = std::fs::read(server.folder.path().join("second.pem")).unwrap();
    assert_eq!(*leaf(&after), CertificateDer::from_pem_slice(&second).unwrap());
    assert!(ask(&mut before).await.starts_with("HTTP/1.1 200"));
}

#[test]
fn load_names_the_file_that_cannot_be_used_and_why() {
    let (authority, folder) = (Authority::new(), tempfile::tempdir().unwrap());
    let good = issue(&authority, folder.path(), "good");
    let loaded = load(&good).unwrap();
    // 2020-01-01 and 2090-01-01.
    assert_eq!((loaded.not_before_unix, loaded.not_after_unix), (1_577_836_800, 3_786_912_000));
    let other = issue(&authority, folder.path(), "other");
    let write = |name: &str, content: &str, mode: u32| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        path
    };
    let garbage = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    for (content, words) in [
        ("", "no certificate in it"),
        ("hello", "no certificate in it"),
        ("-----BEGIN CERTIFICATE-----\n%%\n-----END CERTIFICATE-----\n", "no PEM"),
        (garbage, "none by X.509"),
    ] {
        let certificate = write("bad.pem", content, 0o644);
        let error = load(&CertificateFiles { certificate, ..good.clone() }).unwrap_err();
        assert!(matches!(&error, TlsError::Certificate { .. }), "{error}");
        let said = error.to_string();
        assert!(said.contains("bad.pem") && said.contains(words), "{said}");
    }
    let absent = folder.path().join("absent");
    let error = load(&CertificateFiles { certificate: absent.clone(), ..good.clone() }).unwrap_err().to_string();
    assert!(error.contains("absent") && error.contains("No such file"), "{error}");

    let text = std::fs::read_to_string(&good.key).unwrap();
    for (key, words) in [
        (absent, "No such file"),
        (write("open.key", &text, 0o640), "chmod 600"),
        (write("bad.key", "hello", 0o600), "no private key in PEM"),
    ] {
        let error = load(&CertificateFiles { key, ..good.clone() }).unwrap_err();
        assert!(matches!(&error, TlsError::Key(said) if said.contains(words)), "{error}");
    }
    let error = load(&CertificateFiles { key: other.key, ..good }).unwrap_err();
    assert!(matches!(error, TlsError::Pair { .. }), "{error}");
    assert!(error.to_string().contains("good.pem") && error.to_string().contains("other.key"), "{error}");
}
