//! How far the oracles are with an epoch, as the status tells it.

use serde::Serialize;

/// The epoch that is next to be decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct QuorumView {
    pub epoch: u64,
    /// Counts leader timeouts since the exchange ended; absent while it runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub round: Option<u64>,
    /// The oracle whose turn it is to propose, or will be after the exchange.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leader: Option<String>,
    /// Oracles whose work for the epoch is not here.
    pub waiting_for: Vec<WaitingView>,
    /// What is proposed on the chain.
    pub proposals: Vec<ProposalView>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WaitingView {
    pub oracle: String,
    /// What went wrong last; absent if it merely has not come so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProposalView {
    pub oracle: String,
    pub bundle_hash: String,
    /// Do all its votes together reach the threshold?
    pub approved: bool,
    /// What this oracle finds: `pending`, `right`, `wrong`, or `unknown`: it could not be looked at.
    pub verdict: &'static str,
    /// With `wrong`, what differs; with `unknown`, why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}
