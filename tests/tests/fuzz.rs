//! Random instructions by random people over hours of virtual time: whatever they do, the promises about money hold.
//!
//! A run is a list of steps; each picks an action and all its parameters from one number, so that the same list does the
//! same again, and a failing list is shortened until every step in it is needed. A model in plain integers stands beside
//! the chain and says what must be refused, what must go through, and what every balance must be after each instruction.
//!
//! | file | what |
//! |---|---|
//! | `driver` | lists of steps, runs, the account of what was accepted and refused |
//! | `model` | two networks as they must be, with `vault`, `supply` and `staking` |
//! | `attempt` | one instruction, and what must come of it |
//! | `check`, `check_registry`, `check_stakes` | whether the chain is as the model says |
//! | `beginnings` | what is made once, and never again |
//! | `networks`, `operators`, `devices`, `suspensions` | actions of the registry |
//! | `token` | actions of the token program |
//! | `stakes`, `slashes` | actions of the staking program |
//! | `vaults`, `votes`, `roots`, `claims` | actions of the rewards program |
#![allow(clippy::unwrap_used)]

mod fuzz {
    mod attempt;
    mod beginnings;
    mod check;
    mod check_registry;
    mod check_stakes;
    mod claims;
    mod devices;
    mod dice;
    mod driver;
    mod model;
    mod networks;
    mod operators;
    mod roots;
    mod slashes;
    mod stakes;
    mod staking;
    mod supply;
    mod suspensions;
    mod token;
    mod vault;
    mod vaults;
    mod votes;
}
