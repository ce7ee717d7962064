//! What must hold of every instruction, asserted over the catalogue of calls: see [`trellis_tests::catalogue`].
#![allow(clippy::unwrap_used)]

mod catalogue {
    mod cost_page;
    mod costs;
    mod deployment;
    mod idl;
    mod mutations;
    mod programs;
    mod security;
    mod swaps;
    mod table;
}
