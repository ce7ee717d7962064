//! Tests of the rewards program: one file an instruction, then the claims' cost and the properties of many of them.
#![allow(clippy::unwrap_used)]

mod rewards {
    mod claim;
    mod claim_accounts;
    mod claim_cost;
    mod claim_payout;
    mod claim_property;
    mod claim_roots;
    mod claim_state;
    mod close_proposal;
    mod create_vault;
    mod create_vault_accounts;
    mod error_coverage;
    mod finalize_root;
    mod finalize_root_accounts;
    mod finalize_root_promise;
    mod open_page;
    mod propose_root;
    mod propose_root_accounts;
    mod set_oracles;
    mod set_oracles_accounts;
    mod support;
    mod veto_root;
    mod vote_root;
    mod vote_root_accounts;
    mod vote_root_weight;
}
