//! Events in a transaction's logs.

use anchor_lang::Event;
use base64::{Engine, prelude::BASE64_STANDARD};
use litesvm::types::TransactionMetadata;

const DATA_PREFIX: &str = "Program data: ";

/// Bytes of every event in the logs, discriminators included.
pub fn events(metadata: &TransactionMetadata) -> Vec<Vec<u8>> {
    let encoded = metadata.logs.iter().filter_map(|line| line.strip_prefix(DATA_PREFIX));
    encoded
        .map(|text| match BASE64_STANDARD.decode(text) {
            Ok(bytes) => bytes,
            Err(error) => panic!("log data that is not base64: {text}: {error}"),
        })
        .collect()
}

/// The transaction emitted `event`, and nothing else. Compares every field: the bytes must be the same.
#[track_caller]
pub fn assert_event(metadata: &TransactionMetadata, event: &impl Event) {
    assert_eq!(events(metadata), [event.data()], "logs: {:#?}", metadata.logs);
}

/// The transaction emitted nothing.
#[track_caller]
pub fn assert_no_event(metadata: &TransactionMetadata) {
    assert_eq!(events(metadata), Vec::<Vec<u8>>::new(), "logs: {:#?}", metadata.logs);
}
