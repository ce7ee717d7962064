//! Which sequence numbers each device has used in an epoch, as ranges: a device that counts up costs 16 bytes, however
//! many attestations it sends; one that jumps about costs a range a jump.

use std::collections::{BTreeMap, HashMap};

/// A name for a device in memory and in index files: 64 bits of its key. Two devices may share it, so what is found under
/// it is compared with the record itself.
pub type DeviceTag = u64;

/// First and last number of a run.
#[derive(Clone, Copy, Debug)]
struct Run {
    first: u64,
    last: u64,
}

/// Stands in `runs` for a device that has more than one run. It is no run: its first number is after its last.
const SCATTERED: Run = Run { first: 1, last: 0 };

#[derive(Default)]
pub struct Seen {
    runs: HashMap<DeviceTag, Run>,
    /// First number → last number, of each run.
    scattered: HashMap<DeviceTag, BTreeMap<u64, u64>>,
}

impl Seen {
    pub fn contains(&self, device: DeviceTag, sequence: u64) -> bool {
        match self.runs.get(&device) {
            None => false,
            Some(run) if run.first <= run.last => (run.first..=run.last).contains(&sequence),
            Some(_) => self.scattered.get(&device).is_some_and(|runs| run_before(runs, sequence).1),
        }
    }

    pub fn insert(&mut self, device: DeviceTag, sequence: u64) {
        let run = self.runs.entry(device).or_insert(Run { first: sequence, last: sequence });
        if run.first > run.last {
            insert_into(self.scattered.entry(device).or_default(), sequence);
        } else if sequence > run.last && sequence - run.last == 1 {
            run.last = sequence;
        } else if sequence < run.first && run.first - sequence == 1 {
            run.first = sequence;
        } else if !(run.first..=run.last).contains(&sequence) {
            self.scattered.insert(device, BTreeMap::from([(run.first, run.last), (sequence, sequence)]));
            *run = SCATTERED;
        }
    }
}

/// First and last number of the last run that begins at or before `sequence`, and whether it holds it.
fn run_before(runs: &BTreeMap<u64, u64>, sequence: u64) -> (Option<Run>, bool) {
    let found = runs.range(..=sequence).next_back().map(|(&first, &last)| Run { first, last });
    (found, found.is_some_and(|run| sequence <= run.last))
}

fn insert_into(runs: &mut BTreeMap<u64, u64>, sequence: u64) {
    let (before, held) = run_before(runs, sequence);
    if held {
        return;
    }
    // A run that ends right before it grows; so does one that begins right after it; both become one.
    let first = before.filter(|run| run.last.checked_add(1) == Some(sequence)).map_or(sequence, |run| run.first);
    let last = sequence.checked_add(1).and_then(|next| runs.remove(&next)).unwrap_or(sequence);
    runs.insert(first, last);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Against a plain set, at both ends of what can be counted.
        #[test]
        fn any_numbers_in_any_order_are_seen_exactly_once_inserted(
            numbers in prop::collection::vec((0u64..3, prop_oneof![0u64..40, u64::MAX - 20..=u64::MAX]), 0..200),
        ) {
            let (mut seen, mut model) = (Seen::default(), BTreeSet::new());
            for (device, sequence) in numbers {
                prop_assert_eq!(seen.contains(device, sequence), model.contains(&(device, sequence)));
                seen.insert(device, sequence);
                model.insert((device, sequence));
                prop_assert!(seen.contains(device, sequence));
            }
            for device in 0..3 {
                for sequence in (0..42).chain(u64::MAX - 22..=u64::MAX) {
                    prop_assert_eq!(seen.contains(device, sequence), model.contains(&(device, sequence)));
                }
            }
            // Runs that touch are one.
            for runs in seen.scattered.values() {
                let ends = runs.iter().zip(runs.iter().skip(1));
                for ((_, last), (first, _)) in ends {
                    prop_assert!(*first > last + 1, "{runs:?}");
                }
            }
        }
    }

    #[test]
    fn device_that_counts_up_or_down_keeps_one_run() {
        let mut seen = Seen::default();
        for sequence in (500..1_000).chain((0..500).rev()) {
            seen.insert(7, sequence);
        }
        assert!(seen.scattered.is_empty());
        assert!(seen.contains(7, 0) && seen.contains(7, 999) && !seen.contains(7, 1_000) && !seen.contains(8, 0));
    }
}
