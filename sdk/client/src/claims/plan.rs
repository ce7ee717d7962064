//! Which operators are paid together.

use std::collections::BTreeMap;

use trellis_core::pda::{OPERATORS_PER_PAGE, claim_slot};

/// Operators whose payout accounts can take tokens, by index: `true` for those that have something to claim. The others
/// may be passed over between two of these.
pub type Operators = BTreeMap<u32, bool>;

/// Neighbours that one `claim_range` pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    pub first_index: u32,
    /// At least one.
    pub count: u32,
}

impl Run {
    /// Indices of its operators.
    pub fn indices(self) -> std::ops::Range<u32> {
        self.first_index..self.first_index.saturating_add(self.count)
    }
}

/// Passing over one operator costs about forty bytes and one of a transaction's 64 accounts, and another run a proof of some
/// hundred bytes: so many who have nothing to claim may lie between two who have.
const MOST_PASSED_OVER: u32 = 8;

/// Splits those who have something to claim into runs of at most `most` operators, each on one claim page and, where it
/// has more than one operator, such that it `fits`. Every one of them is in just one run, and a run begins and ends with
/// one.
pub fn runs(operators: &Operators, most: u32, mut fits: impl FnMut(Run) -> bool) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut next = 0;
    while let Some((first_index, _)) = operators.range(next..).find(|(_, due)| **due) {
        let first_index = *first_index;
        let mut ends = ends(operators, first_index, most.max(1));
        let count = loop {
            // One alone is tried whatever its size: there is no smaller run.
            let Some(count) = ends.pop() else { break 1 };
            if count == 1 || fits(Run { first_index, count }) {
                break count;
            }
        };
        runs.push(Run { first_index, count });
        let Some(after) = first_index.checked_add(count) else { return runs };
        next = after;
    }
    runs
}

/// Lengths that a run from `first` on can have, ascending: each ends with somebody who has something to claim.
fn ends(operators: &Operators, first: u32, most: u32) -> Vec<u32> {
    let (_, position) = claim_slot(first);
    let room_on_page = OPERATORS_PER_PAGE.saturating_sub(u32::try_from(position).unwrap_or(OPERATORS_PER_PAGE));
    let (mut counts, mut passed_over) = (Vec::new(), 0);
    for (offset, (index, due)) in (0..most.min(room_on_page)).zip(operators.range(first..)) {
        if first.checked_add(offset) != Some(*index) {
            break;
        }
        passed_over = if *due { 0 } else { passed_over + 1 };
        if passed_over > MOST_PASSED_OVER {
            break;
        }
        if *due {
            counts.push(offset + 1);
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all(range: std::ops::Range<u32>) -> Operators {
        range.map(|index| (index, true)).collect()
    }

    fn run(first_index: u32, count: u32) -> Run {
        Run { first_index, count }
    }

    #[test]
    fn runs_end_at_pages_gaps_and_the_most_that_are_allowed() {
        assert_eq!(runs(&all(0..10), 4, |_| true), [run(0, 4), run(4, 4), run(8, 2)]);
        assert_eq!(runs(&all(1_020..1_030), 32, |_| true), [run(1_020, 4), run(1_024, 6)]);
        let mut gap = all(0..10);
        gap.remove(&5);
        assert_eq!(runs(&gap, 32, |_| true), [run(0, 5), run(6, 4)], "one without an account is no part of a run");
        assert_eq!(runs(&all(u32::MAX - 1..u32::MAX), 32, |_| true), [run(u32::MAX - 1, 1)]);
        assert_eq!(runs(&Operators::from([(u32::MAX, true)]), 32, |_| true), [run(u32::MAX, 1)]);
        assert_eq!(runs(&Operators::new(), 32, |_| true), []);
    }

    #[test]
    fn those_with_nothing_to_claim_are_passed_over_between_two_but_not_at_the_ends() {
        let mut operators = all(0..30);
        for index in [0, 3, 4, 29] {
            operators.insert(index, false);
        }
        assert_eq!(runs(&operators, 64, |_| true), [run(1, 28)]);
        for index in 3..12 {
            operators.insert(index, false);
        }
        assert_eq!(runs(&operators, 64, |_| true), [run(1, 2), run(12, 17)], "nine are too many to be passed over");
    }

    #[test]
    fn run_that_does_not_fit_is_made_shorter() {
        assert_eq!(runs(&all(0..7), 64, |run| run.count <= 3), [run(0, 3), run(3, 3), run(6, 1)]);
        assert_eq!(runs(&all(0..2), 64, |_| false), [run(0, 1), run(1, 1)], "one alone is always tried");
    }

    proptest! {
        #[test]
        fn everybody_due_is_in_one_run_and_runs_are_whole(
            operators in prop::collection::btree_map(900u32..1_200, any::<bool>(), 0..200),
            most in 1u32..70,
            limit in 1u32..70,
        ) {
            let found = runs(&operators, most, |run| run.count <= limit);
            let mut paid = Vec::new();
            for run in &found {
                prop_assert!(run.count >= 1 && run.count <= most.min(limit).max(1));
                let last = run.first_index + run.count - 1;
                prop_assert_eq!(claim_slot(run.first_index).0, claim_slot(last).0);
                prop_assert!(operators[&run.first_index] && operators[&last]);
                for index in run.indices() {
                    prop_assert!(operators.contains_key(&index), "{} cannot be paid", index);
                    paid.extend(operators[&index].then_some(index));
                }
            }
            let due: Vec<u32> = operators.iter().filter(|(_, due)| **due).map(|(index, _)| *index).collect();
            prop_assert_eq!(paid, due);
        }
    }
}
