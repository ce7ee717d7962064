//! Bundles in object stores: S3 and what speaks like it, or a folder.
//!
//! In a store, the bundle of epoch 3 lies below `epoch-00000003/`, file by file as in its folder. The manifest is written
//! last, so a bundle whose manifest can be seen is whole.
//!
//! | module | what it does |
//! |---|---|
//! | [`location`] | `s3://bucket/prefix`, `https://…`, a folder |
//! | [`credentials`] | the keys of an S3 account, from a file that nobody else may read |
//! | [`store`] | opens a store |
//! | [`upload`] | brings a bundle there, and checks that it is there |
//! | [`fetch`] | brings a bundle from there into a folder |
//! | [`error`] | what can go wrong, in words |
#![forbid(unsafe_code)]

pub mod credentials;
pub mod error;
pub mod fetch;
mod http;
pub mod location;
mod source;
pub mod store;
pub mod upload;

pub use credentials::Credentials;
pub use error::StoreError;
pub use fetch::{Fetched, fetch};
pub use location::Location;
pub use store::{Access, BundleStore};
