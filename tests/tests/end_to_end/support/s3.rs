//! A server that speaks like S3 (moto), and a store that fails as told in front of it.

use std::{
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, Method, StatusCode, Uri},
    response::{IntoResponse, Response},
};

use super::{eventually, free_port, process::Process, python};

/// Not with its extra `server`, which brings everything for all of Amazon's services.
const MOTO: &str = "moto[s3]==5.2.5 flask==3.1.3 flask-cors==6.0.5";
pub const BUCKET: &str = "trellis";
/// Looks like a signature. A server that is not strict looks no closer.
const SIGNED: &str =
    "AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=x";

/// An S3 server with one bucket, whose objects are in memory.
pub struct S3 {
    pub url: String,
    http: reqwest::Client,
    program: PathBuf,
    _process: Process,
}

impl S3 {
    /// One that takes any credentials.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// One that, after these many first requests, takes only what is signed with keys that it gave out.
    pub async fn start_strict(open_requests: u32) -> Self {
        Self::start_with(&[("INITIAL_NO_AUTH_ACTION_COUNT", open_requests.to_string())]).await
    }

    async fn start_with(environment: &[(&str, String)]) -> Self {
        let program = tokio::task::spawn_blocking(|| python::program(MOTO, "moto_server")).await.unwrap();
        let port = free_port();
        let process = Process::spawn(&program, |command| {
            let command = command.args(["-H", "127.0.0.1", "-p", &port.to_string()]);
            environment.iter().fold(command, |command, (name, value)| command.env(name, value))
        });
        let address = ("127.0.0.1", port);
        tokio::task::block_in_place(|| eventually("moto", || std::net::TcpStream::connect(address).ok()));
        Self { url: format!("http://127.0.0.1:{port}"), http: reqwest::Client::new(), program, _process: process }
    }

    /// A request about the bucket, or what `rest` names in it.
    fn object(&self, method: Method, rest: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method, format!("{}/{BUCKET}{rest}", self.url));
        request.header("authorization", SIGNED)
    }

    /// Panics unless it succeeds.
    async fn send(&self, request: reqwest::RequestBuilder) -> Vec<u8> {
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let body = answer.bytes().await.unwrap().to_vec();
        assert!(status.is_success(), "{status}: {}", String::from_utf8_lossy(&body));
        body
    }

    pub async fn create_bucket(&self) {
        self.send(self.object(Method::PUT, "")).await;
    }

    /// With requests that Amazon's own library signs.
    pub async fn create_bucket_with(&self, id: &str, secret: &str) {
        let code = format!(
            "import boto3; boto3.client('s3', endpoint_url='{}', region_name='us-east-1', aws_access_key_id='{id}', \
             aws_secret_access_key='{secret}').create_bucket(Bucket='{BUCKET}')",
            self.url
        );
        let python = self.program.with_file_name("python3");
        let create = move || python::run(Command::new(python).args(["-c", &code]));
        tokio::task::spawn_blocking(create).await.unwrap();
    }

    /// Lets anybody read the objects.
    pub async fn publish(&self) {
        let policy = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::{BUCKET}/*"}}]}}"#
        );
        let request = self.object(Method::PUT, "?policy").header("content-type", "application/json");
        self.send(request.body(policy)).await;
    }

    pub async fn get(&self, object: &str) -> Vec<u8> {
        self.send(self.object(Method::GET, &format!("/{object}"))).await
    }

    pub async fn put(&self, object: &str, bytes: Vec<u8>) {
        self.send(self.object(Method::PUT, &format!("/{object}")).body(bytes)).await;
    }

    pub async fn delete(&self, object: &str) {
        self.send(self.object(Method::DELETE, &format!("/{object}"))).await;
    }

    /// The names of all objects, in order.
    pub async fn objects(&self) -> Vec<String> {
        let listed = self.send(self.object(Method::GET, "?list-type=2")).await;
        let listed = String::from_utf8(listed).unwrap();
        listed.split("<Key>").skip(1).map(|rest| rest.split("</Key>").next().unwrap().to_owned()).collect()
    }

    /// Makes an account that may do everything, and returns its key's id and secret. Takes three of the first requests.
    pub async fn account(&self) -> (String, String) {
        let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
        let ask = |action: &str, more: &[(&str, &str)]| {
            let mut form = vec![("Action", action), ("Version", "2010-05-08"), ("UserName", "trellis")];
            form.extend_from_slice(more);
            let body = form.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect::<Vec<_>>();
            let request = self.http.post(&self.url).header("content-type", "application/x-www-form-urlencoded");
            // By the name of the service in it, requests find their way.
            let signed = SIGNED.replace("/s3/", "/iam/");
            self.send(request.header("authorization", signed).body(body.join("&")))
        };
        ask("CreateUser", &[]).await;
        ask("PutUserPolicy", &[("PolicyName", "all"), ("PolicyDocument", policy)]).await;
        let made = String::from_utf8(ask("CreateAccessKey", &[]).await).unwrap();
        let tag = |name: &str| {
            let rest = made.split(&format!("<{name}>")).nth(1).unwrap_or_else(|| panic!("{made}"));
            rest.split('<').next().unwrap().to_owned()
        };
        (tag("AccessKeyId"), tag("SecretAccessKey"))
    }
}

/// Everything but letters and digits as %XX.
fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

/// Writes a credentials file that only its owner may read.
pub fn write_credentials(path: &Path, id: &str, secret: &str) {
    std::fs::write(path, format!("[default]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\n")).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

/// Of a request's method, and its path with the query.
type Rule = Box<dyn FnMut(&Method, &str) -> Option<u16> + Send>;

/// Passes requests on to an S3 server, but for those that its rule answers itself with a status. Ends with the test.
pub struct FaultyStore {
    pub url: String,
    shared: Arc<Shared>,
}

struct Shared {
    upstream: String,
    http: reqwest::Client,
    rule: Mutex<Rule>,
    /// Everything that was asked, as in [`Rule`].
    asked: Mutex<Vec<(Method, String)>>,
}

impl FaultyStore {
    pub async fn start(upstream: &str) -> Self {
        let shared = Arc::new(Shared {
            upstream: upstream.to_owned(),
            http: reqwest::Client::new(),
            rule: Mutex::new(Box::new(|_, _| None)),
            asked: Mutex::default(),
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).layer(DefaultBodyLimit::disable()).with_state(Arc::clone(&shared));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, shared }
    }

    /// From now on, `rule` says what becomes of a method and a path: a status, or `None` to pass it on.
    pub fn set(&self, rule: impl FnMut(&Method, &str) -> Option<u16> + Send + 'static) {
        *self.shared.rule.lock().unwrap() = Box::new(rule);
    }

    pub fn heal(&self) {
        self.set(|_, _| None);
    }

    /// How often `method` was asked for a path with `part` in it.
    pub fn count(&self, method: &Method, part: &str) -> usize {
        let asked = self.shared.asked.lock().unwrap();
        asked.iter().filter(|(asked, path)| asked == method && path.contains(part)).count()
    }
}

async fn answer(
    State(shared): State<Arc<Shared>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    shared.asked.lock().unwrap().push((method.clone(), path.to_owned()));
    let fault = (shared.rule.lock().unwrap())(&method, path);
    if let Some(status) = fault {
        return StatusCode::from_u16(status).unwrap().into_response();
    }
    let request = shared.http.request(method, format!("{}{path}", shared.upstream)).headers(headers).body(body);
    let Ok(answer) = request.send().await else { return StatusCode::BAD_GATEWAY.into_response() };
    let mut response = Response::builder().status(answer.status());
    for (name, value) in answer.headers() {
        // The body is passed on whole.
        if name != "transfer-encoding" {
            response = response.header(name, value);
        }
    }
    let body = answer.bytes().await.unwrap_or_default();
    response.body(Body::from(body)).unwrap()
}

/// The settings' group for a store at `endpoint`, with the credentials file in the oracle's folder.
pub fn group(endpoint: &str, more: &str) -> String {
    format!(
        "\n[bundles]\nurl = \"s3://{BUCKET}/some/prefix\"\nendpoint = \"{endpoint}\"\nregion = \"us-east-1\"\n\
         credentials = \"s3-credentials\"\n{more}\n"
    )
}
