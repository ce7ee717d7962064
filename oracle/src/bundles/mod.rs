//! Bundles of closed epochs: copied to a store, and deleted here when nothing needs them any more.
//!
//! Copying and deleting is a task of its own: a store that is away delays neither closing nor posting.
//!
//! | module | what it does |
//! |---|---|
//! | [`book`] | which bundles are copied, which are deleted: a small file beside the log |
//! | [`retention`] | which bundles may be deleted |
//! | [`keeper`] | the task |

pub mod book;
pub mod keeper;
pub mod retention;

pub use book::{Book, Gone};
pub use keeper::Keeper;
pub use retention::Retention;

use anyhow::{Context, Result, ensure};
use trellis_store::{BundleStore, Location};

use crate::settings::Settings;

/// The store that the settings name, if they do.
pub fn open_store(settings: &Settings) -> Result<Option<BundleStore>> {
    let Some(location) = settings.bundles.location()? else { return Ok(None) };
    let store = BundleStore::open(&location, &settings.bundles.access()?);
    let store = store.context("`bundles.url` of the settings")?;
    if let Location::Folder(folder) = &location {
        // A copy of itself would be deleted with it.
        let ours = settings.bundle_dir.canonicalize();
        let same = ours.is_ok_and(|ours| folder.canonicalize().is_ok_and(|folder| folder == ours));
        ensure!(!same, "`bundles.url` is `{location}`: that is the bundle folder itself; name another one");
    }
    Ok(Some(store))
}
