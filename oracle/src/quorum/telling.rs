//! What an oracle tells of a round: its status, its alarms.

use solana_address::Address;
use trellis_client::accounts::Vault;
use trellis_core::Epoch;

use super::{
    round::{Judged, QuorumWorker},
    turns::Turns,
    verdict::{Current, Verdict},
    view::{ProposalView, QuorumView, WaitingView},
};
use crate::alarms;

impl QuorumWorker {
    /// The status and the alarms.
    pub(super) fn tell(
        &self,
        current: &Current,
        vault: &Vault,
        (turns, round): (&Turns, Option<u64>),
        waiting: &[Address],
        is_late: bool,
        judged: &[Judged],
    ) {
        let (epoch, now_unix) = (current.epoch, self.worker.clock.now_unix());
        let leader = turns.leader(round.unwrap_or(0)).and_then(|place| vault.oracles.get(place));
        let problem = |oracle: &Address| self.exchange.problems.of(oracle);
        let view = QuorumView {
            epoch: epoch.get(),
            round,
            leader: leader.map(Address::to_string),
            waiting_for: waiting
                .iter()
                .map(|oracle| WaitingView { oracle: oracle.to_string(), problem: problem(oracle) })
                .collect(),
            proposals: judged.iter().map(|judged| proposal_view(vault, judged)).collect(),
        };
        self.worker.shared.update(|shared| shared.quorum = Some(view));
        let wrong = judged.iter().filter_map(|(proposed, verdict)| match verdict {
            Verdict::Wrong(detail) => {
                Some(format!("oracle {} proposes what is not right: {detail}", proposed.oracle()))
            }
            _ => None,
        });
        self.alarms.set(alarms::ROOT_REFUSED, listed(epoch, wrong), now_unix);
        let missing = waiting.iter().filter(|_| is_late).map(|oracle| {
            let problem = problem(oracle).unwrap_or_else(|| "it has not sealed the epoch".to_owned());
            format!("nothing came from oracle {oracle}: {problem}")
        });
        self.alarms.set(alarms::PEER_MISSING, listed(epoch, missing), now_unix);
        let contradicted = self.exchange.store.contradicted(epoch).into_iter().map(|oracle| {
            format!("oracle {oracle} signed two lists of what it acknowledged; both are kept in the data folder")
        });
        self.alarms.set(alarms::PEER_CONTRADICTS, listed(epoch, contradicted), now_unix);
    }
}

fn proposal_view(vault: &Vault, (proposed, verdict): &Judged) -> ProposalView {
    ProposalView {
        oracle: proposed.oracle().to_string(),
        bundle_hash: hex::encode(proposed.proposal.bundle_hash),
        approved: usize::from(vault.approved) == proposed.place + 1,
        verdict: verdict.name(),
        detail: verdict.detail().map(str::to_owned),
    }
}

fn listed(epoch: Epoch, problems: impl Iterator<Item = String>) -> Option<String> {
    let problems: Vec<String> = problems.collect();
    (!problems.is_empty()).then(|| format!("epoch {epoch}: {}", problems.join("; ")))
}
