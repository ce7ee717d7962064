//! What was acknowledged survives `kill -9` at any moment.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
};

use trellis_core::Epoch;
use trellis_oracle::log::{Append, Appended, Log, start};

use crate::{
    log_store::{open, record},
    world::{INTERVALS_PER_EPOCH, reading},
};

/// Set for the process that is killed: the folder of its log.
const FOLDER: &str = "TRELLIS_TEST_KILLED_LOG";

/// Appends without end, three records a request, and says each number once it is acknowledged.
fn append_until_killed(folder: &Path) {
    let store = Arc::new(open(folder).unwrap());
    let first = store.len().unwrap() as i64;
    let (appender, _writer) = start(store, 100).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for request in 0.. {
        let numbers = first + 3 * request..first + 3 * (request + 1);
        let records = numbers.clone().map(|number| record(&reading(1, number, 0, 0), number)).collect();
        runtime.block_on(appender.append(records)).unwrap();
        for number in numbers {
            println!("acknowledged {number}");
        }
    }
}

#[test]
fn acknowledged_records_survive_kill_9_and_are_stored_once() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        append_until_killed(Path::new(&folder));
    }
    let folder = tempfile::tempdir().unwrap();
    for acknowledgements in [1, 10, 40] {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "log_kill::acknowledged_records_survive_kill_9_and_are_stored_once", "--nocapture"])
            .env(FOLDER, folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let numbers = lines.filter_map(|line| line.strip_prefix("acknowledged ")?.parse::<i64>().ok());
        let heard: Vec<i64> = numbers.take(acknowledgements).collect();
        // SIGKILL, while the next request is on its way.
        child.kill().unwrap();
        child.wait().unwrap();

        assert_eq!(heard.len(), acknowledgements);
        let store = open(folder.path()).unwrap();
        let last = store.len().unwrap() as i64 - 1;
        assert!(heard.iter().all(|number| *number <= last), "{heard:?} of which {last} is the last on the disk");
        assert_eq!((last + 1) % 3, 0, "a request is stored whole or not at all");
        for number in heard {
            let again = store.append(&[record(&reading(1, number, 0, 0), 1_000_000)]).unwrap();
            let (epoch, position) =
                (Epoch((number / INTERVALS_PER_EPOCH) as u64), (number % INTERVALS_PER_EPOCH) as u64);
            let wanted = Appended::AlreadyStored { epoch, position, received_unix: number };
            assert_eq!(again, [wanted]);
        }
    }
}
