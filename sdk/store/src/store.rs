//! Opens a store.

use std::{sync::Arc, time::Duration};

use object_store::{
    BackoffConfig, ObjectStore, RetryConfig,
    aws::{AmazonS3Builder, AmazonS3ConfigKey},
    local::LocalFileSystem,
    path::Path as ObjectPath,
};
use reqwest::Url;

use crate::{Credentials, Location, StoreError, error::in_full, http::Connector};

/// A request that fails is made again this often, within this time: what outlasts that is said.
const RETRIES: usize = 3;
const RETRY_WITHIN: Duration = Duration::from_secs(30);

/// How an S3 store is reached. What is left out comes from the environment, as S3's own tools read it
/// (`AWS_ACCESS_KEY_ID`, `AWS_REGION`, `AWS_ENDPOINT_URL`, …), or from the machine's role.
#[derive(Clone, Debug, Default)]
pub struct Access {
    pub region: Option<String>,
    /// Address of a server that speaks like S3; default: Amazon's.
    pub endpoint: Option<String>,
    pub credentials: Option<Credentials>,
    /// Without credentials, ask unsigned, as anybody may of a public bucket.
    pub anonymous: bool,
}

/// Bundles in a store.
#[derive(Clone)]
pub struct BundleStore {
    pub(crate) objects: Arc<dyn ObjectStore>,
    pub(crate) root: ObjectPath,
    location: Location,
}

impl BundleStore {
    /// Opens the store at `location`: nothing is asked yet. A folder must be there.
    pub fn open(location: &Location, access: &Access) -> Result<Self, StoreError> {
        let unusable =
            |error: object_store::Error| StoreError::Unusable { place: location.to_string(), reason: in_full(&error) };
        let (objects, root): (Arc<dyn ObjectStore>, _) = match location {
            Location::S3 { bucket, prefix } => {
                let builder = s3(bucket, access);
                check(&builder).map_err(|reason| StoreError::Unusable { place: location.to_string(), reason })?;
                (Arc::new(builder.build().map_err(unusable)?), ObjectPath::from(prefix.as_str()))
            }
            Location::Folder(folder) => {
                // A bundle that can be seen is on the disk.
                let files = LocalFileSystem::new_with_prefix(folder).map_err(unusable)?.with_fsync(true);
                (Arc::new(files), ObjectPath::default())
            }
            Location::Web(_) => {
                let reason =
                    "bundles cannot be written to a web server: name s3://bucket/prefix, and the server as the \
                              endpoint"
                        .to_owned();
                return Err(StoreError::Unusable { place: location.to_string(), reason });
            }
        };
        Ok(Self { objects, root, location: location.clone() })
    }

    pub fn location(&self) -> &Location {
        &self.location
    }

    /// Where an object lies, for people. Without a folder: at the location itself.
    pub(crate) fn shown(&self, folder: &str, name: &str) -> String {
        let location = if folder.is_empty() { self.location.clone() } else { self.location.join(folder) };
        location.join(name).to_string()
    }

    /// Where an object lies, for the store.
    pub(crate) fn path(&self, folder: &str, name: &str) -> ObjectPath {
        self.folder_path(folder).join(name)
    }

    pub(crate) fn folder_path(&self, folder: &str) -> ObjectPath {
        if folder.is_empty() { self.root.clone() } else { self.root.clone().join(folder) }
    }
}

fn s3(bucket: &str, access: &Access) -> AmazonS3Builder {
    let retry = RetryConfig { backoff: BackoffConfig::default(), max_retries: RETRIES, retry_timeout: RETRY_WITHIN };
    let mut builder =
        AmazonS3Builder::from_env().with_bucket_name(bucket).with_retry(retry).with_http_connector(Connector);
    if let Some(region) = &access.region {
        builder = builder.with_region(region);
    }
    if let Some(endpoint) = &access.endpoint {
        builder = builder.with_endpoint(endpoint);
    }
    match &access.credentials {
        Some(credentials) => {
            builder = builder
                .with_access_key_id(&credentials.access_key_id)
                .with_secret_access_key(&credentials.secret_access_key);
            if let Some(token) = &credentials.session_token {
                builder = builder.with_token(token);
            }
        }
        None if access.anonymous && !environment_names_credentials() => builder = builder.with_skip_signature(true),
        None => {}
    }
    builder
}

/// Errors unless requests' addresses will be some: the library takes it for granted.
fn check(builder: &AmazonS3Builder) -> Result<(), String> {
    for key in [AmazonS3ConfigKey::Endpoint, AmazonS3ConfigKey::S3Endpoint] {
        let Some(endpoint) = builder.get_config_value(&key) else { continue };
        let web = |url: &Url| url.has_host() && ["http", "https"].contains(&url.scheme());
        if !Url::parse(&endpoint).is_ok_and(|url| web(&url)) {
            return Err(format!("its endpoint is `{endpoint}`: an http:// or https:// address is wanted"));
        }
    }
    match builder.get_config_value(&AmazonS3ConfigKey::Region) {
        Some(region) if region.is_empty() || region.contains(|c: char| !(c.is_ascii_alphanumeric() || c == '-')) => {
            Err(format!("its region is `{region}`: a name such as eu-west-1 is wanted"))
        }
        _ => Ok(()),
    }
}

/// Does the environment say how requests are signed?
fn environment_names_credentials() -> bool {
    [
        "AWS_ACCESS_KEY_ID",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    ]
    .iter()
    .any(|name| std::env::var_os(name).is_some())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn open(text: &str) -> Result<BundleStore, String> {
        let opened = BundleStore::open(&Location::parse(text).unwrap(), &Access::default());
        opened.map_err(|error| error.to_string())
    }

    #[test]
    fn open_takes_buckets_and_folders_that_are_there() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path().to_str().unwrap()).unwrap();
        assert!(store.shown("epoch-00000001", "manifest.json").ends_with("/epoch-00000001/manifest.json"));
        let store = open("s3://bucket/some/prefix").unwrap();
        assert_eq!(store.path("e", "f").to_string(), "some/prefix/e/f");
        assert_eq!(store.shown("e", "f"), "s3://bucket/some/prefix/e/f");
        let refused = open("no/such/folder").err().unwrap();
        assert!(refused.contains("no/such/folder"), "{refused}");
        for (endpoint, region, words) in [
            (Some("ftp:9"), None, "endpoint is `ftp:9`"),
            (Some("http://"), None, "endpoint is `http://`"),
            (None, Some("a b"), "region is `a b`"),
        ] {
            let (endpoint, region) = (endpoint.map(str::to_owned), region.map(str::to_owned));
            let access = Access { endpoint, region, ..Access::default() };
            let refused = BundleStore::open(&Location::parse("s3://b").unwrap(), &access).err().unwrap().to_string();
            assert!(refused.contains("s3://b cannot be set up") && refused.contains(words), "{refused}");
        }
        let refused = open("https://example.org/x").err().unwrap();
        assert!(refused.contains("https://example.org/x") && refused.contains("s3://bucket/prefix"), "{refused}");
    }
}
