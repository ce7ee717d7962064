//! Files as answers, read as they are sent.

use std::path::Path;

use axum::{
    body::{Body, Bytes},
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use futures_util::stream;
use tokio::{fs::File, io::AsyncReadExt};

use super::ApiError;

/// Read at a time.
const CHUNK_BYTES: usize = 256 << 10;

/// The file's bytes; `None` if it is not there. Its name is its content's hash, or below one: it never changes.
pub async fn immutable(path: &Path) -> Result<Option<Response>, ApiError> {
    let file = match File::open(path).await {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(ApiError::internal)?,
    };
    let bytes = file.metadata().await.map_err(ApiError::internal)?.len();
    let chunks = stream::try_unfold(file, |mut file| async move {
        let mut chunk = vec![0; CHUNK_BYTES];
        let read = file.read(&mut chunk).await?;
        chunk.truncate(read);
        Ok::<_, std::io::Error>((read > 0).then(|| (Bytes::from(chunk), file)))
    });
    let mut response = Body::from_stream(chunks).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.insert(header::CONTENT_LENGTH, bytes.into());
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    Ok(Some(response))
}
