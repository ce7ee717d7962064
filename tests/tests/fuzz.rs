//! Random instructions by random people over hours of virtual time: whatever they do, the promises about money hold.
//!
//! A run is a list of steps; each picks an action and all its parameters from one number, so that the same list does the
//! same again, and a failing list is shortened until every step in it is needed. A model in plain integers stands beside
//! the chain and says what must be refused, what must go through, and what every balance must be after each instruction.
//!
//! | file | what |
//! |---|---|
//! | `driver` | lists of steps, runs, the account of what was accepted and refused |
//! | `model` | two networks as they must be |
//! | `check` | whether the chain is as the model says |
//! | `registry`, `token`, `roots`, `claims` | actions: one file a group |
#![allow(clippy::unwrap_used)]

mod fuzz {
    mod check;
    mod claims;
    mod dice;
    mod driver;
    mod model;
    mod registry;
    mod roots;
    mod token;
}
