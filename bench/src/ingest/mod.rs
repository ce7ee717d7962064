//! What the ingest and soak benches are made of: servers and load generators, each in a process of its own.

pub mod bodies;
pub mod http;
pub mod latency;
pub mod load;
pub mod nats;
pub mod server;
pub mod soaking;
