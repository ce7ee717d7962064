//! Tests against real chains.

#![allow(clippy::unwrap_used)]

mod programs;
mod start;
mod support;
mod time;
