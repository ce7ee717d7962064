//! What of an agent's events is said to people: all but what comes again and again while nothing is wrong.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use trellis_agent::event::Event;

/// Receipts are said at most this often while more is waiting to be sent: 70,000 readings are no 1,000 lines.
const RECEIPTS_EVERY: Duration = Duration::from_secs(10);

const USUAL_WAIT: &str = "waiting: a reading is signed when its interval is over; this is not said again";

/// Receipts that were not said yet.
#[derive(Default)]
struct Receipts {
    count: usize,
    epochs: BTreeSet<u64>,
    waiting: usize,
}

/// What was said, and what is still to be.
#[derive(Default)]
pub struct Words {
    said_usual_wait: bool,
    unsaid: Receipts,
    said_receipts_at: Option<Instant>,
}

impl Words {
    /// The lines to be said now that `event` has happened.
    pub fn lines(&mut self, event: Event, now: Instant) -> Vec<String> {
        match event {
            Event::Waiting { is_usual: true, .. } => match std::mem::replace(&mut self.said_usual_wait, true) {
                true => Vec::new(),
                false => vec![USUAL_WAIT.to_owned()],
            },
            Event::Accepted { count, epochs, waiting } => {
                self.unsaid.count += count;
                self.unsaid.epochs.extend(epochs);
                self.unsaid.waiting = waiting;
                let was_said = self.said_receipts_at.is_some_and(|said| now.duration_since(said) < RECEIPTS_EVERY);
                match waiting > 0 && was_said {
                    true => Vec::new(),
                    false => self.receipts(now).into_iter().collect(),
                }
            }
            event => self.receipts(now).into_iter().chain([event.to_string()]).collect(),
        }
    }

    fn receipts(&mut self, now: Instant) -> Option<String> {
        let Receipts { count, epochs, waiting } = std::mem::take(&mut self.unsaid);
        (count > 0).then(|| {
            self.said_receipts_at = Some(now);
            Event::Accepted { count, epochs: epochs.into_iter().collect(), waiting }.to_string()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(is_usual: bool) -> Event {
        Event::Waiting { why: "the interval is not over".to_owned(), is_usual }
    }

    fn accepted(count: usize, epoch: u64, waiting: usize) -> Event {
        Event::Accepted { count, epochs: vec![epoch], waiting }
    }

    #[test]
    fn waiting_for_the_end_of_an_interval_is_said_once_and_anything_else_always() {
        let (mut words, now) = (Words::default(), Instant::now());
        assert_eq!(words.lines(waiting(true), now), [USUAL_WAIT]);
        assert!(words.lines(waiting(true), now).is_empty());
        for _ in 0..2 {
            assert_eq!(words.lines(waiting(false), now), ["waiting: the interval is not over"]);
            let away = Event::SourceAway { problem: "gone".to_owned() };
            assert_eq!(words.lines(away, now), ["the source cannot be read: gone; tried again and again"]);
        }
    }

    #[test]
    fn reading_that_was_accepted_is_a_line_while_nothing_waits() {
        let (mut words, now) = (Words::default(), Instant::now());
        for _ in 0..2 {
            let lines = words.lines(accepted(1, 7, 0), now);
            assert_eq!(lines, ["accepted: 1 reading, for epoch 7; receipts are kept, 0 left to send"]);
        }
    }

    #[test]
    fn many_receipts_are_summed_up_and_none_is_left_out() {
        let (mut words, start) = (Words::default(), Instant::now());
        let at = |milliseconds| start + Duration::from_millis(milliseconds);
        assert_eq!(words.lines(accepted(64, 7, 300), at(0)).len(), 1);
        assert!(words.lines(accepted(64, 7, 236), at(100)).is_empty());
        assert!(words.lines(accepted(64, 8, 172), at(9_999)).is_empty());
        let lines = words.lines(accepted(64, 8, 108), at(10_000));
        assert_eq!(lines, ["accepted: 192 readings, for epoch 7, 8; receipts are kept, 108 left to send"]);
        assert!(words.lines(accepted(64, 8, 44), at(10_001)).is_empty());
        // What was held back stands before what came after it.
        let lines = words.lines(Event::Stopped { waiting: 44 }, at(10_002));
        assert!(
            matches!(lines.as_slice(), [receipts, stopped]
            if receipts.contains("64 readings") && stopped.starts_with("stopped; ")),
            "{lines:?}"
        );
        assert!(words.lines(Event::Stopped { waiting: 44 }, at(10_003)).len() == 1);
    }
}
