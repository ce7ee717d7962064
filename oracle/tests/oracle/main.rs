//! The oracle without a chain: log, closing of epochs, and the API over real HTTP.
#![allow(clippy::unwrap_used)]

mod api_compact;
mod api_concurrency;
mod api_directory;
mod api_get;
mod api_input;
mod api_limits;
mod api_post;
mod api_support;
mod appender;
mod bundle_book;
mod bundle_store;
mod certificates;
mod closer;
mod closer_crash;
mod dashboard;
mod deploy_files;
mod ingest_pool;
mod jetstream;
mod log_damage;
mod log_full_disk;
mod log_kill;
mod log_seal;
mod log_segments;
mod log_store;
mod mosquitto;
mod mqtt;
mod mqtt_away;
mod mqtt_device;
mod nats;
mod openapi;
mod operations;
mod peers;
mod peers_bundles;
mod peers_store;
mod relay;
mod secure_element;
mod statements;
mod tls;
#[path = "../../../sdk/epoch/tests/support/mod.rs"]
mod world;
