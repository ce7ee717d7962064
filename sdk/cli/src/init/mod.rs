//! A new network's folder, from a few answers.
//!
//! | module | what is in it |
//! |---|---|
//! | [`answers`] | what is asked, what it may be, and what it is if nobody says |
//! | [`questions`] | asking at the terminal |
//! | [`files`] | the folder: keys, `network.toml`, `policy.toml`, `oracle.toml`, `trellis.toml` |

pub mod answers;
pub mod files;
pub mod questions;

pub use answers::{Answers, Settled};
