//! What can go wrong with a store, in words.

use std::{error::Error, io, path::PathBuf};

use trellis_epoch::bundle::BundleError;

/// Why a store could not be used, or does not hold what it should.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("`{location}` is no place for bundles: {reason}")]
    Location { location: String, reason: &'static str },
    #[error("the credentials file {path}: {reason}", path = path.display())]
    Credentials { path: PathBuf, reason: String },
    #[error("the store {place} cannot be set up: {reason}")]
    Unusable { place: String, reason: String },
    #[error("{place}: there is no such bucket; create it, or correct the name")]
    NoBucket { place: String },
    #[error("{place}: the store refuses these credentials: {reason}")]
    Refused { place: String, reason: String },
    #[error("{place}: there is no such object in the store")]
    Missing { place: String },
    #[error("{place}: the store does not answer as it should: {reason}")]
    Failing { place: String, reason: String },
    #[error("{place} holds another bundle ({existing}) than ours ({ours}): give this oracle a prefix of its own")]
    OtherBundle { place: String, existing: String, ours: String },
    #[error("{place} has {actual} bytes, the manifest says {wanted}: the object was changed")]
    WrongSize { place: String, actual: u64, wanted: u64 },
    #[error("{place} has BLAKE3 {actual}, the manifest says {wanted}: the object was changed")]
    WrongContent { place: String, actual: String, wanted: String },
    #[error("{place} is longer than {limit} bytes: this is no bundle")]
    TooLong { place: String, limit: u64 },
    #[error("cannot read or write {path}: {source}", path = path.display())]
    Disk { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Bundle(#[from] BundleError),
}

impl StoreError {
    /// Is something not there, or not to be seen by us?
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Missing { .. } | Self::Refused { .. })
    }

    /// What a request for `place` failed with.
    pub(crate) fn of_request(place: impl ToString, error: &object_store::Error) -> Self {
        let (place, said) = (place.to_string(), in_full(error));
        let server = said_by_server(&said);
        // Listing does not tell a refusal from other failures.
        let refused = server.as_ref().is_some_and(|server| REFUSALS.iter().any(|code| server.starts_with(code)));
        if said.contains("NoSuchBucket") {
            return Self::NoBucket { place };
        }
        match error {
            object_store::Error::NotFound { .. } => Self::Missing { place },
            object_store::Error::PermissionDenied { .. } | object_store::Error::Unauthenticated { .. } => {
                Self::Refused { place, reason: server.unwrap_or_else(|| "it answers 401 or 403".to_owned()) }
            }
            _ if refused => Self::Refused { place, reason: server.unwrap_or(said) },
            _ => Self::Failing { place, reason: server.unwrap_or(said) },
        }
    }
}

/// Codes of S3.
const REFUSALS: [&str; 5] =
    ["AccessDenied", "ExpiredToken", "InvalidAccessKeyId", "InvalidToken", "SignatureDoesNotMatch"];

/// The error and its causes, each once.
pub(crate) fn in_full(error: &dyn Error) -> String {
    let mut said = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_said = cause.to_string();
        if !said.contains(&cause_said) {
            said = format!("{said}: {cause_said}");
        }
        source = cause.source();
    }
    said
}

/// Code and message of an answer of S3, which is XML.
fn said_by_server(text: &str) -> Option<String> {
    let tag = |name: &str| {
        let (_, rest) = text.split_once(&format!("<{name}>"))?;
        rest.split_once(&format!("</{name}>")).map(|(inner, _)| inner.trim().to_owned())
    };
    let code = tag("Code")?;
    Some(tag("Message").map_or(code.clone(), |message| format!("{code}: {message}")))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn of(error: object_store::Error) -> String {
        StoreError::of_request("s3://b/x", &error).to_string()
    }

    #[test]
    fn of_request_says_what_the_server_said_in_one_line() {
        let body = "<?xml version=\"1.0\"?>\n<Error>\n<Code>SlowDown</Code>\n<Message>Less, please.</Message></Error>";
        let error = object_store::Error::Generic { store: "S3", source: body.into() };
        assert_eq!(of(error), "s3://b/x: the store does not answer as it should: SlowDown: Less, please.");
        let body = "<Error><Code>NoSuchBucket</Code></Error>";
        let error = object_store::Error::NotFound { path: "x".to_owned(), source: body.into() };
        assert!(of(error).contains("no such bucket"));
        let error = object_store::Error::NotFound { path: "x".to_owned(), source: "".into() };
        assert!(of(error).contains("no such object"));
        let body = "<Code>SignatureDoesNotMatch</Code>";
        let error = object_store::Error::PermissionDenied { path: "x".to_owned(), source: body.into() };
        assert!(of(error).ends_with("refuses these credentials: SignatureDoesNotMatch"));
        let error = object_store::Error::Generic { store: "S3", source: body.into() };
        assert!(of(error).ends_with("refuses these credentials: SignatureDoesNotMatch"));
        let error = object_store::Error::Unauthenticated { path: "x".to_owned(), source: "long".into() };
        assert!(of(error).ends_with("refuses these credentials: it answers 401 or 403"));
    }
}
