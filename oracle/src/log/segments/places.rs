//! Where the records of a segment are, in memory: entries that come in any order and are asked for by device.
//!
//! Sorted runs with an unsorted tail. Runs of like size are merged, so that there are few, and an entry is moved a few
//! times, each time with its neighbours; a search tree goes to another place in memory for each.

use std::ops::{Range, RangeInclusive};

use super::{index::Entry, seen::DeviceTag};

/// A tail of so many entries becomes a run.
const TAIL: usize = 4_096;

#[derive(Clone, Default)]
pub struct Places {
    entries: Vec<Entry>,
    /// Where each run ends; the first begins at 0, each other one where that before it ends, the tail after the last.
    /// Each run is longer than the one after it.
    ends: Vec<usize>,
}

impl Places {
    pub fn insert(&mut self, entry: Entry) {
        self.entries.push(entry);
        let tail = self.tail().start;
        if self.entries.len() - tail < TAIL {
            return;
        }
        self.entries[tail..].sort_unstable();
        self.ends.push(self.entries.len());
        while let Some(number) = self.ends.len().checked_sub(2)
            && self.run(number).len() <= self.run(number + 1).len()
        {
            let both = self.run(number).start..self.run(number + 1).end;
            // Finds the two runs and merges them.
            self.entries[both].sort();
            self.ends.remove(number);
        }
    }

    /// A device's entries with these sequence numbers, in order.
    pub fn find(&self, device: DeviceTag, sequences: RangeInclusive<u64>) -> Vec<Entry> {
        let (first, last) = (Entry::first(device, *sequences.start()), Entry::last(device, *sequences.end()));
        let wanted = first..=last;
        let mut found: Vec<Entry> =
            self.entries[self.tail()].iter().filter(|entry| wanted.contains(entry)).copied().collect();
        for number in 0..self.ends.len() {
            let run = &self.entries[self.run(number)];
            let from = run.partition_point(|entry| *entry < first);
            found.extend(run[from..].iter().take_while(|entry| **entry <= last));
        }
        found.sort_unstable();
        found
    }

    /// All entries, in no order.
    pub fn iter(&self) -> impl Iterator<Item = Entry> {
        self.entries.iter().copied()
    }

    /// All entries, in order.
    pub fn sorted(&self) -> Vec<Entry> {
        let mut entries = self.entries.clone();
        entries.sort();
        entries
    }

    fn run(&self, number: usize) -> Range<usize> {
        number.checked_sub(1).map_or(0, |before| self.ends[before])..self.ends[number]
    }

    fn tail(&self) -> Range<usize> {
        self.ends.last().copied().unwrap_or(0)..self.entries.len()
    }
}

impl From<Vec<Entry>> for Places {
    fn from(mut entries: Vec<Entry>) -> Self {
        entries.sort_unstable();
        Self { ends: vec![entries.len()], entries }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        /// Against a plain search, with runs of several sizes and a tail.
        #[test]
        fn entries_in_any_order_are_found_and_sorted(
            from in prop::collection::vec((0u64..40, 0u64..500), 0..50),
            numbers in prop::collection::vec((0u64..40, 0u64..500), 0..6 * TAIL),
            questions in prop::collection::vec((0u64..41, 0u64..510, 0u64..400), 20),
        ) {
            let entry = |(ordinal, (device, sequence)): (usize, (u64, u64))| {
                Entry { device, sequence, ordinal: ordinal as u32, offset: ordinal as u32 }
            };
            let mut all: Vec<Entry> = from.into_iter().chain(numbers).enumerate().map(entry).collect();
            let mut places = Places::from(all[..all.len().min(50)].to_vec());
            all.iter().skip(50).for_each(|entry| places.insert(*entry));
            all.sort_unstable();
            prop_assert_eq!(places.sorted(), all.clone());
            for (device, first, count) in questions {
                let wanted = |entry: &&Entry| entry.device == device && (first..=first + count).contains(&entry.sequence);
                let plain: Vec<Entry> = all.iter().filter(wanted).copied().collect();
                prop_assert_eq!(places.find(device, first..=first + count), plain);
            }
        }
    }

    #[test]
    fn runs_stay_few() {
        let mut places = Places::default();
        for number in 0..(100 * TAIL as u32) {
            let device = u64::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            places.insert(Entry { device, sequence: 0, ordinal: number, offset: number });
        }
        // As many as there are ones in 100, written in binary.
        assert_eq!(places.ends.len(), 3);
        assert!((0..3).all(|number| places.entries[places.run(number)].is_sorted()));
    }
}
