//! Whose turn it is: pure functions of the chain's clock and the oracle set.
//!
//! Time after the exchange is cut into rounds of one leader timeout. Round k is led by the member at place
//! (epoch + k) mod n of the set. Everybody's first choice in a round is the proposal of its leader, then those of the
//! other members from the epoch's first leader on. So, if a proposal is one that a threshold of oracles finds right, all
//! of them vote for it in its proposer's round at the latest, wherever their votes were before.

use trellis_core::Epoch;

/// How long things take, by the chain's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    pub grace_seconds: u32,
    pub exchange_seconds: u32,
    pub leader_seconds: u32,
}

/// The turns of one epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turns {
    pub epoch: Epoch,
    /// Members of the oracle set.
    pub members: usize,
    /// End of the exchange: round 0 begins.
    pub begin_unix: i64,
    pub leader_seconds: u32,
}

impl Turns {
    /// The round at `now_unix`; `None` while the exchange may still run.
    pub fn round(&self, now_unix: i64) -> Option<u64> {
        let since = u64::try_from(now_unix.checked_sub(self.begin_unix)?).ok()?;
        Some(since / u64::from(self.leader_seconds.max(1)))
    }

    /// Place in the oracle set of the leader of `round`; `None` for a set without members.
    pub fn leader(&self, round: u64) -> Option<usize> {
        let members = u64::try_from(self.members).ok().filter(|members| *members > 0)?;
        // Both are less than the number of members, which is at most 32.
        let place = (self.epoch.get() % members + round % members) % members;
        usize::try_from(place).ok()
    }

    /// All places in the order in which their proposals are preferred in `round`.
    pub fn preference(&self, round: u64) -> Vec<usize> {
        let leader = self.leader(round);
        let ranks =
            (0..self.members as u64).filter_map(|rank| self.leader(rank)).filter(|place| Some(*place) != leader);
        leader.into_iter().chain(ranks).collect()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn turns(epoch: u64, members: usize) -> Turns {
        Turns { epoch: Epoch(epoch), members, begin_unix: 1_000, leader_seconds: 60 }
    }

    #[test]
    fn rounds_begin_when_the_exchange_ends_and_take_a_leader_timeout_each() {
        let turns = turns(0, 4);
        for (now, round) in
            [(0, None), (999, None), (1_000, Some(0)), (1_059, Some(0)), (1_060, Some(1)), (1_300, Some(5))]
        {
            assert_eq!(turns.round(now), round, "{now}");
        }
        assert_eq!(turns.round(i64::MIN), None);
    }

    #[test]
    fn leader_moves_on_with_the_epoch_and_with_each_round() {
        assert_eq!((0..5).map(|round| turns(0, 4).leader(round).unwrap()).collect::<Vec<_>>(), [0, 1, 2, 3, 0]);
        assert_eq!((0..4).map(|round| turns(6, 4).leader(round).unwrap()).collect::<Vec<_>>(), [2, 3, 0, 1]);
        assert_eq!(turns(6, 4).preference(0), [2, 3, 0, 1]);
        assert_eq!(turns(6, 4).preference(2), [0, 2, 3, 1]);
        assert_eq!(turns(6, 0).leader(0), None);
    }

    /// The proposal that is approved when every member votes, round after round, for the first that it finds right:
    /// `right[oracle][proposal]`. Ballots move until one is approved.
    fn approved(turns: &Turns, right: &[Vec<bool>], threshold: usize) -> Option<usize> {
        let mut ballots = vec![None; turns.members];
        for round in 0..turns.members as u64 {
            for oracle in 0..turns.members {
                let choice = turns.preference(round).into_iter().find(|proposal| right[oracle][*proposal]);
                ballots[oracle] = choice.or(ballots[oracle]);
                let votes = |proposal| ballots.iter().filter(|ballot| **ballot == Some(proposal)).count();
                if let Some(approved) = (0..turns.members).find(|proposal| votes(*proposal) >= threshold) {
                    return Some(approved);
                }
            }
        }
        None
    }

    proptest! {
        #[test]
        fn what_a_threshold_finds_right_is_approved_within_a_round_for_each_member(
            epoch: u64,
            right in (1usize..=9).prop_flat_map(|members| {
                proptest::collection::vec(proptest::collection::vec(any::<bool>(), members), members)
            })
        ) {
            let members = right.len();
            let threshold = (2 * members).div_ceil(3);
            let supporters = |proposal: usize| right.iter().filter(|finds| finds[proposal]).count();
            let approved = approved(&turns(epoch, members), &right, threshold);
            match approved {
                Some(approved) => prop_assert!(supporters(approved) >= threshold),
                None => prop_assert!((0..members).all(|proposal| supporters(proposal) < threshold)),
            }
        }

        #[test]
        fn every_member_leads_once_in_as_many_rounds_and_every_round_ranks_all(
            epoch: u64, members in 1usize..=32, round: u64
        ) {
            let turns = turns(epoch, members);
            let mut leaders: Vec<_> =
                (0..members as u64).map(|step| turns.leader((round % (u64::MAX / 2)) + step).unwrap()).collect();
            leaders.sort_unstable();
            prop_assert_eq!(leaders, (0..members).collect::<Vec<_>>());
            let mut ranked = turns.preference(round);
            prop_assert_eq!(ranked.first().copied(), turns.leader(round));
            ranked.sort_unstable();
            prop_assert_eq!(ranked, (0..members).collect::<Vec<_>>());
        }
    }
}
