//! Power losses at every byte and in every order. What must always hold: what was committed reaches the oracle, once; no
//! sequence number and no interval is ever sent with two contents.

use proptest::prelude::*;
use trellis_core::WattHours;
use trellis_device::{
    Device, QueueError, RecordError, Settings, Verdict, Work, judge,
    key::{SoftwareKey, is_ed25519_signature},
};

use crate::{
    flash::{Flash, PowerLoss},
    oracle::{INTERVAL_SECONDS, NETWORK, Oracle},
};

const BANK_BYTES: u32 = 4_096;
/// Far after everything.
const NOW_UNIX: i64 = 1_000_000_000;

pub const SETTINGS: Settings =
    Settings { network: NETWORK, interval_seconds: INTERVAL_SECONDS, cell: None, first_counter: WattHours(100) };

pub type TestDevice = Device<SoftwareKey, Flash>;

pub fn open(flash: &Flash) -> Result<TestDevice, QueueError<PowerLoss>> {
    Device::open(SETTINGS, SoftwareKey::from_seed(&[1; 32]), flash.clone())
}

/// One thing that a device does.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// Signs the next interval's work, with an energy that is another each time.
    Record,
    Commit,
    /// Sends what waits; the answer arrives, or is lost on the way.
    Send {
        most: usize,
        answered: bool,
    },
}

/// The device's world, which goes on when the device is off.
struct World {
    flash: Flash,
    oracle: Oracle,
    /// Next interval, and how much was ever measured: so no two readings are alike.
    interval: i64,
    energy: u64,
    /// Intervals that were committed.
    committed: Vec<i64>,
    uncommitted: Vec<i64>,
}

impl World {
    fn new(flash: Flash) -> Self {
        let oracle = Oracle::new(NOW_UNIX);
        Self { flash, oracle, interval: 0, energy: 0, committed: Vec::new(), uncommitted: Vec::new() }
    }

    /// `Err`: the power went, or the queue is full.
    fn step(&mut self, device: &mut TestDevice, step: Step) -> Result<(), ()> {
        match step {
            Step::Record => {
                self.energy += 1;
                let start = self.interval * i64::from(INTERVAL_SECONDS);
                let work = Work::Metered { energy: WattHours(self.energy), meter: WattHours(self.energy) };
                match device.record(start, work, NOW_UNIX) {
                    Ok(_) => self.uncommitted.push(start),
                    // It was in the queue already: before the power went, it was not known to be.
                    Err(RecordError::NotAfterLast { .. }) => {}
                    Err(RecordError::Queue(_)) => return Err(()),
                    Err(error) => panic!("{error}"),
                }
                self.interval += 1;
                Ok(())
            }
            Step::Commit => {
                device.commit().map_err(drop)?;
                self.committed.append(&mut self.uncommitted);
                Ok(())
            }
            Step::Send { most, answered } => {
                let batch = device.batch(most).map_err(drop)?;
                if batch.sequences.is_empty() {
                    return Ok(());
                }
                let answer = self.oracle.take(&batch);
                if !answered {
                    return Ok(());
                }
                let oracles = [self.oracle.address()];
                let verdicts = judge(&batch, &answer, &NETWORK, &oracles, is_ed25519_signature).unwrap();
                assert!(verdicts.iter().all(|verdict| matches!(verdict, Verdict::Accepted(_))), "{verdicts:?}");
                device.settle(&batch.sequences).map_err(drop)
            }
        }
    }

    /// With power for good, everything committed reaches the oracle, and nothing that the oracle took is unknown.
    fn finish(mut self) {
        let mut device = open(&self.flash).unwrap();
        while device.pending() > 0 {
            self.step(&mut device, Step::Send { most: 3, answered: true }).unwrap();
        }
        let taken: Vec<i64> = self.oracle.taken.values().map(|(one, _)| one.attestation.interval_start_unix).collect();
        for start in &self.committed {
            assert!(taken.contains(start), "the reading of {start} was committed, and is lost");
        }
        // The device still works.
        self.interval = self.interval.max(taken.len() as i64 + 1_000);
        self.step(&mut device, Step::Record).unwrap();
        self.step(&mut device, Step::Commit).unwrap();
        self.step(&mut device, Step::Send { most: 9, answered: true }).unwrap();
        assert_eq!((device.pending(), self.oracle.taken.len()), (0, taken.len() + 1));
    }
}

/// Some of everything, more than a bank holds, so that banks change too.
const SCRIPT: [Step; 26] = {
    use Step::{Commit, Record, Send};
    let lost = Send { most: 2, answered: false };
    let answered = Send { most: 3, answered: true };
    [
        Record, Commit, Record, Record, Commit, lost, answered, Record, Commit, Record, Commit, Record, Commit,
        answered, Record, Record, Record, Commit, Record, Commit, lost, answered, Record, Commit, answered, Record,
    ]
};

/// Plays `SCRIPT` with a power loss after `cut` bytes, and goes on after it.
fn play(cut: u64, survives: impl Fn(usize) -> bool, tells: bool) {
    let flash = Flash::new(1_024);
    let mut world = World::new(if tells { flash.telling() } else { flash });
    world.flash.cut_after(cut);
    let mut is_cut = false;
    let mut device = open(&world.flash).ok();
    for step in SCRIPT {
        let done = match &mut device {
            Some(device) => world.step(device, step),
            None => Err(()),
        };
        // Full without a power loss is no reason to start again.
        if done.is_err() && !is_cut && world.flash.written() >= cut {
            is_cut = true;
            drop(device.take());
            world.uncommitted.clear();
            world.flash.power_on(&survives);
            device = Some(open(&world.flash).unwrap());
            let _ = world.step(device.as_mut().unwrap(), step);
        }
    }
    drop(device);
    world.flash.power_on(|_| true);
    world.finish();
}

#[test]
fn power_lost_at_every_byte_loses_nothing_committed_and_uses_no_number_twice() {
    let whole = Flash::new(1_024);
    let mut world = World::new(whole.clone());
    let mut device = open(&whole).unwrap();
    SCRIPT.iter().for_each(|step| {
        let _ = world.step(&mut device, *step);
    });
    let bytes = whole.written();
    assert!(bytes > 3_000, "{bytes}");
    for cut in 0..=bytes {
        // All of what was on the way survives, none, or every second piece; on storage that tells how full it is, and not.
        play(cut, |_| true, cut % 2 == 0);
        play(cut, |_| false, cut % 2 == 1);
        if cut % 5 == 0 {
            play(cut, |piece| piece % 2 == 1, cut % 2 == 0);
        }
    }
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => Just(Step::Record),
        3 => Just(Step::Commit),
        2 => (1usize..5, any::<bool>()).prop_map(|(most, answered)| Step::Send { most, answered }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Any sequence of steps, with power losses anywhere, one after the other, in which any part of what was on its way
    /// survives.
    #[test]
    fn power_lost_again_and_again_loses_nothing_committed_and_uses_no_number_twice(
        lives in prop::collection::vec((prop::collection::vec(step(), 1..40), 0u64..6_000, any::<u64>()), 1..8),
        tells: bool,
    ) {
        let flash = Flash::new(BANK_BYTES);
        let mut world = World::new(if tells { flash.telling() } else { flash });
        for (steps, cut, seed) in lives {
            world.flash.cut_after(cut);
            if let Ok(mut device) = open(&world.flash) {
                // Without power nothing works any more; a full queue takes work again when some is settled.
                for step in steps {
                    let _ = world.step(&mut device, step);
                }
            }
            world.uncommitted.clear();
            world.flash.power_on(|piece| seed >> (piece % 64) & 1 == 1);
        }
        world.finish();
    }
}
