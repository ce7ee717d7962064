//! What can be read from: a store, a web server. Files come piece by piece.

use std::pin::Pin;

use futures_util::{Stream, StreamExt};
use object_store::ObjectStoreExt;
use reqwest::{Client, StatusCode};

use crate::{Access, BundleStore, Location, StoreError, error::in_full, http};

/// A file's pieces.
pub(crate) type Pieces = Pin<Box<dyn Stream<Item = Result<Vec<u8>, StoreError>> + Send>>;

/// Where bundles are read from.
pub(crate) enum Source {
    Store(BundleStore),
    Web(Client, String),
}

impl Source {
    /// What lies at `location`, for reading alone.
    pub fn open(location: &Location, access: &Access) -> Result<Self, StoreError> {
        match location {
            Location::Web(url) => match http::client() {
                Ok(client) => Ok(Self::Web(client, url.clone())),
                Err(error) => Err(StoreError::Unusable { place: url.clone(), reason: in_full(&error) }),
            },
            _ => Ok(Self::Store(BundleStore::open(location, access)?)),
        }
    }

    /// Begins to read `name` of `folder`; an empty name of a folder is the place itself.
    pub async fn get(&self, folder: &str, name: &str) -> Result<Pieces, StoreError> {
        match self {
            Self::Store(store) => store.get(folder, name).await,
            Self::Web(client, url) => {
                let url = if folder.is_empty() { format!("{url}/{name}") } else { format!("{url}/{folder}/{name}") };
                get_web(client, url).await
            }
        }
    }
}

impl BundleStore {
    pub(crate) async fn get(&self, folder: &str, name: &str) -> Result<Pieces, StoreError> {
        let place = self.shown(folder, name);
        let got = self.objects.get(&self.path(folder, name)).await;
        let pieces = got.map_err(|error| StoreError::of_request(&place, &error))?.into_stream();
        Ok(Box::pin(pieces.map(move |piece| match piece {
            Ok(bytes) => Ok(bytes.to_vec()),
            Err(error) => Err(StoreError::of_request(&place, &error)),
        })))
    }
}

async fn get_web(client: &Client, url: String) -> Result<Pieces, StoreError> {
    let failing = |place: &str, error: reqwest::Error| {
        let (place, reason) = (place.to_owned(), in_full(&error.without_url()));
        StoreError::Failing { place, reason }
    };
    let answer = client.get(&url).send().await.map_err(|error| failing(&url, error))?;
    match answer.status() {
        StatusCode::OK => {}
        StatusCode::NOT_FOUND | StatusCode::GONE => return Err(StoreError::Missing { place: url }),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            return Err(StoreError::Refused { place: url, reason: answer.status().to_string() });
        }
        status => return Err(StoreError::Failing { place: url, reason: format!("it answers {status}") }),
    }
    Ok(Box::pin(futures_util::stream::try_unfold((answer, url), move |(mut answer, url)| async move {
        let piece = answer.chunk().await.map_err(|error| failing(&url, error))?;
        Ok(piece.map(|bytes| (bytes.to_vec(), (answer, url))))
    })))
}
