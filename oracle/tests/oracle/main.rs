//! The oracle without a chain: log, closing of epochs, and the API over real HTTP.
#![allow(clippy::unwrap_used)]

mod api_concurrency;
mod api_get;
mod api_input;
mod api_post;
mod api_support;
mod appender;
mod bundle_book;
mod bundle_store;
mod closer;
mod closer_crash;
mod deploy_files;
mod log_kill;
mod log_store;
mod openapi;
mod operations;
mod secure_element;
#[path = "../../../sdk/epoch/tests/support/mod.rs"]
mod world;
