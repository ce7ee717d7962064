//! Files of readings.

use std::{fs, io::Write};

use trellis_agent::measurement::Measurement;

use crate::support::Listening;

async fn all(mut listening: Listening) -> (Vec<Measurement>, Vec<String>) {
    let mut measured = Vec::new();
    while let Some(one) = listening.next().await {
        measured.push(one.measurement);
    }
    (measured, listening.events().iter().map(ToString::to_string).collect())
}

fn average(start_unix: i64, nanowatts: i128) -> Measurement {
    Measurement::Average { start_unix, nanowatts }
}

#[tokio::test(flavor = "multi_thread")]
async fn table_is_read_line_by_line_and_lines_that_say_nothing_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("readings.csv");
    let long = "9".repeat(70_000);
    let text = format!(
        "\u{feff}turbine,time,\"power_kw\"\r\nA,60,1.5\r\nB,60,9\r\nA,120,\r\n\r\nA,180\nA,240,x\n{long}\nA,300,\"2\"\nA,360,3"
    );
    fs::write(&path, text).unwrap();
    let source = format!("kind = \"csv\"\npath = {path:?}\n[source.only]\nturbine = \"A\"\n");
    let (measured, said) = all(Listening::start(&source)).await;
    let wanted = [average(60, 1_500_000_000_000), average(300, 2_000_000_000_000), average(360, 3_000_000_000_000)];
    assert_eq!(measured, wanted);
    let bad: Vec<&String> = said.iter().filter(|said| said.starts_with("passed over")).collect();
    assert!(bad[0].contains("line 6: it has 2 values, and the first line has 3 names"), "{bad:?}");
    assert!(bad[1].contains("line 7: `x` is no number"), "{bad:?}");
    assert!(bad[2].contains("line 8: it is longer than"), "{bad:?}");
    assert_eq!(bad.len(), 3, "{bad:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn table_without_the_columns_that_are_wanted_says_which() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("readings.csv");
    for (names, wanted) in
        [("when,power_kw", "it has no `time`"), ("time,kilowatts", "it has none of power_w, power_kw")]
    {
        fs::write(&path, format!("{names}\n60,1\n")).unwrap();
        let (measured, said) = all(Listening::start(&format!("kind = \"csv\"\npath = {path:?}\n"))).await;
        assert!(said.iter().any(|said| said.contains(wanted)), "{said:?}");
        assert_eq!(measured, []);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn file_that_grows_is_followed_and_half_a_line_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("readings.jsonl");
    let mut file = fs::File::create(&path).unwrap();
    file.write_all(b"{\"time\": 60, \"power_w\": 1}\n{\"time\": 120, \"power_w\": 2").unwrap();
    let mut listening = Listening::start(&format!("kind = \"json_lines\"\npath = {path:?}\nfollow = true\n"));
    assert_eq!(listening.next().await.unwrap().measurement, average(60, 1_000_000_000));
    file.write_all(b"7}\n").unwrap();
    assert_eq!(listening.next().await.unwrap().measurement, average(120, 27_000_000_000));
}
