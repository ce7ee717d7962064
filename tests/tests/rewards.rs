//! Tests of the rewards program: one file an instruction, then the claims' cost and the properties of many of them.
#![allow(clippy::unwrap_used)]

mod rewards {
    mod claim;
    mod claim_accounts;
    mod claim_cost;
    mod claim_payout;
    mod claim_property;
    mod claim_range;
    mod claim_range_accounts;
    mod claim_range_cost;
    mod claim_roots;
    mod claim_size;
    mod claim_state;
    mod close_proposal;
    mod co_owned;
    mod create_vault;
    mod create_vault_accounts;
    mod error_coverage;
    mod finalize_root;
    mod finalize_root_accounts;
    mod finalize_root_breaker;
    mod finalize_root_promise;
    mod open_page;
    mod pause_vault;
    mod propose_root;
    mod propose_root_accounts;
    mod retire_vault;
    mod set_oracles;
    mod set_oracles_accounts;
    mod support;
    mod sweep_vault;
    mod token_2022;
    mod unpause_vault;
    mod update_vault;
    mod veto_root;
    mod vote_root;
    mod vote_root_accounts;
    mod vote_root_change;
    mod vote_root_weight;
    mod votes_property;
    mod withdraw_proposal;
    mod withdraw_vote;
}
