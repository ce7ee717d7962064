//! Events in a transaction's logs.
//!
//! Any program can log any bytes. Only what stands between a program's own start and end in the logs is of that program,
//! so a line counts for the innermost program that runs.

use base64::{Engine, prelude::BASE64_STANDARD};
use solana_address::Address;

use super::{Event, EventError};

const DATA: &str = "Program data: ";
const TRUNCATED: &str = "Log truncated";

/// What was found in logs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Events {
    /// In the order in which they happened.
    pub events: Vec<Event>,
    /// What Trellis's programs said and this version cannot read.
    pub unreadable: Vec<EventError>,
    /// The server cut the logs short: there may have been more.
    pub truncated: bool,
}

/// The events of Trellis's programs in `logs`, which are those of a transaction that succeeded: one that failed changed
/// nothing, whatever it logged.
pub fn events_in<S: AsRef<str>>(logs: impl IntoIterator<Item = S>) -> Events {
    let (mut found, mut running) = (Events::default(), Vec::new());
    for line in logs {
        let line = line.as_ref();
        if let Some(encoded) = line.strip_prefix(DATA) {
            // Several slices may be logged at once; an event is the first.
            let first = encoded.split(' ').next().unwrap_or_default();
            let Some(program) = running.last() else { continue };
            let Ok(data) = BASE64_STANDARD.decode(first) else { continue };
            match Event::decode(program, &data) {
                Some(Ok(event)) => found.events.push(event),
                Some(Err(error)) => found.unreadable.push(error),
                None => {}
            }
        } else if line == TRUNCATED {
            found.truncated = true;
        } else if let Some((program, what)) = of_program(line) {
            if what.starts_with("invoke [") {
                running.push(program);
            } else if what == "success" || what.starts_with("failed") {
                running.pop();
            }
        }
    }
    found
}

/// A line of the runtime about a program: `Program ADDRESS what`. What programs log themselves begins with `Program log:` or
/// `Program data:`, so it does not pass for one.
fn of_program(line: &str) -> Option<(Address, &str)> {
    let (program, what) = line.strip_prefix("Program ")?.split_once(' ')?;
    Some((program.parse().ok()?, what))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use anchor_lang::Event as _;

    use super::*;
    use crate::{
        REGISTRY_ID, REWARDS_ID, TOKEN_ID,
        events::{claims::Claimed, token::TokensBurned},
    };

    fn claimed() -> Claimed {
        let (vault, payout_wallet) = (Address::new_from_array([1; 32]), Address::new_from_array([2; 32]));
        Claimed { vault, payout_wallet, epoch: 3, amount: 4, cumulative: 5, operator_index: 6 }
    }

    fn data(bytes: &[u8]) -> String {
        format!("Program data: {}", BASE64_STANDARD.encode(bytes))
    }

    fn invoke(program: Address, depth: usize) -> String {
        format!("Program {program} invoke [{depth}]")
    }

    #[test]
    fn event_counts_for_the_innermost_program_alone() {
        let other = Address::new_from_array([9; 32]);
        let event = data(&claimed().data());
        let logs = [
            event.clone(),
            invoke(other, 1),
            event.clone(),
            format!("Program log: Program {REWARDS_ID} invoke [2]"),
            event.clone(),
            invoke(REWARDS_ID, 2),
            event.clone(),
            invoke(crate::SPL_TOKEN_ID, 3),
            event.clone(),
            format!("Program {} success", crate::SPL_TOKEN_ID),
            format!("Program {REWARDS_ID} consumed 5 of 10 compute units"),
            format!("Program {REWARDS_ID} success"),
            event,
        ];
        let found = events_in(logs);
        assert_eq!(found, Events { events: vec![claimed().into()], ..Events::default() });
        assert_eq!(found.events[0].name(), "Claimed");
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        let burned = TokensBurned {
            network: Address::new_from_array([1; 32]),
            owner: Address::new_from_array([2; 32]),
            amount: 3,
            burned: 9,
            memo: "for nothing".to_owned(),
        };
        let mut short = burned.data();
        short.truncate(20);
        let logs = [
            invoke(TOKEN_ID, 1),
            data(&burned.data()),
            data(&short),
            data(&[7; 9]),
            "Program data: §".to_owned(),
            "Log truncated".to_owned(),
        ];
        let found = events_in(logs);
        assert_eq!(found.events, [burned.into()]);
        assert!(found.truncated);
        let [malformed, unknown] = &found.unreadable[..] else { panic!("{:?}", found.unreadable) };
        assert!(
            matches!(malformed, EventError::Malformed { name: "TokensBurned", program: TOKEN_ID, .. }),
            "{malformed}"
        );
        assert!(unknown.to_string().contains("0707070707"), "{unknown}");
        // An event under another program's name is none.
        let foreign = events_in([invoke(REGISTRY_ID, 1), data(&claimed().data())]);
        assert!(foreign.events.is_empty() && matches!(foreign.unreadable[..], [EventError::Unknown { .. }]));
    }
}
