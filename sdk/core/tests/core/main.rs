//! The rules that chain and oracle share, held against independent vectors, definitions and layouts written by hand.
#![allow(clippy::unwrap_used)]

mod attestation;
mod attestation_layout;
mod breaker;
mod corrections;
mod device_key;
mod exchange;
mod h3;
mod leaves;
mod merkle_properties;
mod merkle_range;
mod merkle_vectors;
mod net_emission;
mod precompile;
mod registration;
mod root_content;
mod signed_by_oracle;
