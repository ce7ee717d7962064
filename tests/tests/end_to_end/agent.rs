//! `trellis agent`: a device in software, from real readings to tokens, through kills of the agent and of the oracle.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::Write,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use ed25519_dalek::{Signature, SigningKey, VerifyingKey};
use nix::sys::signal::Signal;
use serde_json::Value;
use solana_keypair::Keypair;
use solana_signer::Signer;
use trellis_client::instructions::registry;
use trellis_core::{attestation::SignedAttestation, receipt::SignedReceipt};
use trellis_epoch::{
    admission::attestation_id,
    encoding::base58,
    receipt::{self, ReceiptJson},
};

use super::support::{
    epoch::{assert_claim_pays, assert_posted_once, pass_challenge_window, until_approved},
    eventually, fresh_folder,
    network::{EPOCH_END_UNIX, GRACE_SECONDS, Network, Rules},
    oracle::{Oracle, write_key},
    process::{Finished, Process, assert_refused, program, trellis},
};

/// La Haute Borne's: ten-minute readings of turbines of 2,050 kW.
const RULES: Rules = Rules {
    policy: "version = 1\n[energy]\ninterval_seconds = 600\ntolerance_bps = 500\n",
    rated_power_watts: 2_050_000,
};
const TURBINE: &str = "R80711";
/// Readings of a day.
const DAY: usize = 144;

/// A turbine's readings of the day that epoch 0 is, as the machine wrote them, among those of another one.
fn real_readings() -> Vec<String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sdk/cli/data/la_haute_borne_2014-02-04_7d.csv");
    let text = fs::read_to_string(file).unwrap();
    let of =
        |turbine: &str| text.lines().filter(|line| line.starts_with(turbine)).take(DAY).map(str::to_owned).collect();
    let (ours, theirs): (Vec<String>, Vec<String>) = (of(TURBINE), of("R80721"));
    let both = ours.into_iter().zip(theirs).flat_map(|(ours, theirs)| [theirs, ours]);
    std::iter::once(text.lines().next().unwrap().to_owned()).chain(both).collect()
}

/// A device's folder, made by `trellis agent init`.
struct Agent {
    folder: PathBuf,
}

impl Agent {
    /// With a key that the network knows, as if it had been moved here from another machine; or with a new one.
    fn init(folder: PathBuf, key: Option<&SigningKey>, oracle: &Oracle, source: &[&str]) -> Self {
        if let Some(key) = key {
            fs::create_dir_all(&folder).unwrap();
            write_key(&folder.join("device-key.json"), &Keypair::new_from_array(key.to_bytes()));
        }
        let made = trellis(&[&["agent", "init", folder.to_str().unwrap(), "--oracle", &oracle.url], source].concat());
        assert_eq!(made.code, Some(0), "{made:?}");
        Self { folder }
    }

    fn append_settings(&self, text: &str) {
        let mut file = File::options().append(true).open(self.folder.join("agent.toml")).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    fn start(&self) -> Process {
        Process::spawn(&program("trellis"), |command| command.args(["agent", "run"]).arg(&self.folder))
    }

    /// All lines of the receipts' files, whole ones.
    fn receipts(&self) -> Vec<Value> {
        let Ok(files) = fs::read_dir(self.folder.join("data/receipts")) else { return Vec::new() };
        let texts = files.map(|file| fs::read_to_string(file.unwrap().path()).unwrap());
        let lines = texts.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>());
        lines.filter_map(|line| serde_json::from_str(&line).ok()).collect()
    }

    fn until_receipts(&self, process: &mut Process, count: usize) {
        eventually(&format!("{count} receipts"), || {
            assert!(!process.has_ended(), "the agent ended: {} {}", process.stdout(), process.stderr());
            (self.receipts().len() >= count).then_some(())
        });
    }

    /// Each receipt's attestation by its id; every receipt must hold.
    fn verified(&self, oracle: &Keypair) -> BTreeMap<[u8; 32], SignedAttestation> {
        let verify = |line: &Value| {
            let wire = BASE64_STANDARD.decode(line["attestation"].as_str().unwrap()).unwrap();
            let signed = SignedAttestation::from_bytes(&wire).unwrap();
            let json: ReceiptJson = serde_json::from_value(line["receipt"].clone()).unwrap();
            let receipt = SignedReceipt::from(&json);
            receipt::verify(&receipt).unwrap();
            let id = attestation_id(&signed);
            assert_eq!((receipt.oracle, receipt.receipt.attestation_id), (oracle.pubkey().to_bytes(), id));
            assert_eq!(line["sequence"], signed.attestation.sequence);
            (id, signed)
        };
        self.receipts().iter().map(verify).collect()
    }
}

fn append(file: &Path, text: &str) {
    File::options().append(true).create(true).open(file).unwrap().write_all(text.as_bytes()).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn agent_and_oracle_killed_in_between_lose_nothing_and_the_work_is_paid_once() {
    let network = Network::start_with(RULES).await;
    network.travel(EPOCH_END_UNIX).await;
    let folder = fresh_folder("agent");
    let mut oracle = Oracle::start(&folder, &network).await;
    let readings = folder.join("readings.csv");
    let lines = real_readings();
    let part = |from: usize, to: usize| lines[from..to].join("\n") + "\n";

    // The meter's file grows; the last line is not whole when the agent dies.
    append(&readings, &part(0, 82));
    let (torn, rest) = lines[82].split_at(24);
    append(&readings, torn);
    let source = ["--csv", readings.to_str().unwrap()];
    let agent = Agent::init(folder.join("device"), Some(&network.devices[0]), &oracle, &source);
    agent.append_settings(
        "follow = true\n[source.fields]\npower_kw = \"power_avg_kw\"\n[source.only]\nturbine = \"R80711\"\n\
         [sending]\nbatch = 7\nretry_first_ms = 50\nretry_longest_seconds = 1\n",
    );
    let mut process = agent.start();
    agent.until_receipts(&mut process, 1);
    process.kill_hard();
    let before = agent.receipts().len();
    println!("the agent was killed after {before} receipts");

    // The rest of the line comes while nobody looks; and the oracle dies under the next agent.
    append(&readings, &format!("{rest}\n{}", part(83, 200)));
    let mut process = agent.start();
    agent.until_receipts(&mut process, before + 1);
    oracle.process.kill_hard();
    append(&readings, &part(200, lines.len()));
    eventually("the agent says that the oracle is away", || process.stdout().contains("cannot be had").then_some(()));
    process.kill_hard();
    let mut process = agent.start();
    oracle.restart().await;
    let signed = |line: &String| line.starts_with(TURBINE) && !line.ends_with(',');
    let wanted = lines.iter().filter(|line| signed(line)).count();
    oracle.status_when("all are there", |status| status["acknowledged"] == wanted).await;
    eventually("all receipts", || (agent.verified(&network.oracle).len() == wanted).then_some(()));
    process.signal(Signal::SIGTERM);
    let finished = process.wait();
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(finished.stdout.contains("stopped; "), "{}", finished.stdout);
    assert!(finished.stdout.contains("up to where everything is signed"), "{}", finished.stdout);

    // What was measured is what is counted, to the watt-hour.
    let attestations = agent.verified(&network.oracle);
    network.travel(EPOCH_END_UNIX + GRACE_SECONDS).await;
    until_approved(&network).await;
    pass_challenge_window(&network).await;
    oracle.status_when("the root is final", |status| status["next_to_finalize"] == 1).await;
    let verdicts = oracle.bundle(0).verdicts().unwrap().all().unwrap();
    assert_eq!(verdicts.iter().map(|verdict| verdict.id).collect::<Vec<_>>().len(), wanted);
    assert!(verdicts.iter().all(|verdict| attestations.contains_key(&verdict.id)));
    let counted: u64 = verdicts.iter().map(|verdict| verdict.accepted_wh.unwrap()).sum();
    assert_eq!(counted, measured_wh(&lines));
    assert_posted_once(&network).await;
    assert_claim_pays(&oracle, &network).await;

    // A receipt's line is a file that `trellis receipt` takes.
    let line = folder.join("receipt.json");
    fs::write(&line, agent.receipts()[0].to_string()).unwrap();
    let checked = trellis(&["receipt", "check", line.to_str().unwrap(), "--url", &oracle.url, "--json"]);
    assert_eq!((checked.code, &checked.json()["verdict"]), (Some(0), &"counted".into()), "{checked:?}");
}

/// What the turbine fed in, in whole watt-hours: the sum of all intervals, rounded down once.
fn measured_wh(lines: &[String]) -> u64 {
    let ours = lines.iter().filter(|line| line.starts_with(TURBINE));
    let nanowatts = ours.filter_map(|line| trellis_agent::decimal::scaled(line.rsplit(',').next().unwrap(), 12));
    let nanowatt_seconds: i128 = nanowatts.map(|nanowatts| nanowatts.max(0) * 600).sum();
    u64::try_from(nanowatt_seconds / (3_600 * 1_000_000_000)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn agent_says_in_words_what_is_refused_what_is_kept_and_what_is_to_be_mended() {
    let network = Network::start().await;
    network.travel(EPOCH_END_UNIX).await;
    let folder = fresh_folder("agent-words");
    let oracle = Oracle::start(&folder, &network).await;
    let row = |start: i64, watts: u32| format!("{{\"time\": {start}, \"power_w\": {watts}}}\n");
    let readings = folder.join("readings.jsonl");

    // A stranger to the network: what it measures is kept.
    append(&readings, &row(EPOCH_END_UNIX - 120, 600));
    let source = ["--json-lines", readings.to_str().unwrap()];
    let agent = Agent::init(folder.join("stranger"), None, &oracle, &source);
    let key = agent.folder.join("device-key.json");
    assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    let key: Vec<u8> = serde_json::from_slice(&fs::read(key).unwrap()).unwrap();
    let stranger = SigningKey::from_keypair_bytes(&key.try_into().unwrap()).unwrap();
    let sending = "[sending]\nretry_first_ms = 50\nretry_longest_seconds = 1\nstatus_seconds = 1\n";
    agent.append_settings(sending);
    let mut process = agent.start();
    eventually("the agent says why", || process.stdout().contains("unknown_device: the device is not").then_some(()));
    // Registered now: what is from before is refused for good, with the oracle's own words, and the agent is done.
    register(&network, &stranger).await;
    let finished = process.wait();
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(finished.stdout.contains("outside_time_window: the interval starts at 2014-02-04"), "{}", finished.stdout);
    let refused = fs::read_to_string(agent.folder.join("data/refused.jsonl")).unwrap();
    let refused: Value = serde_json::from_str(refused.trim()).unwrap();
    assert_eq!(
        (&refused["reason"], &refused["interval_start_unix"]),
        (&"outside_time_window".into(), &(EPOCH_END_UNIX - 120).into())
    );

    // A registered one: rows that say nothing are passed over, and more than its rated power is refused.
    append(&readings, "no JSON\n");
    append(&readings, &row(EPOCH_END_UNIX - 61, 600));
    append(&readings, &row(EPOCH_END_UNIX - 60, 20_000));
    let agent = Agent::init(folder.join("device"), Some(&network.devices[1]), &oracle, &source);
    let json = trellis(&["agent", "run", agent.folder.to_str().unwrap(), "--json"]);
    assert_eq!(json.code, Some(0), "{json:?}");
    let events: Vec<Value> = json.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |kind: &str| events.iter().filter(|event| event["event"] == kind).collect::<Vec<_>>();
    let bad: Vec<&str> = of("bad_reading").iter().map(|event| event["problem"].as_str().unwrap()).collect();
    assert!(
        matches!(bad.as_slice(), [no_json, misaligned]
        if no_json.starts_with("no JSON") && misaligned.contains("multiples of 60 s")),
        "{bad:?}"
    );
    assert_eq!((of("accepted").len(), &of("accepted")[0]["count"]), (1, &1.into()));
    assert_eq!((of("refused").len(), &of("refused")[0]["reason"]), (1, &"above_rated_power".into()));
    assert!(of("refused")[0]["detail"].as_str().unwrap().contains("rated power"), "{events:?}");
    // Everything is signed already, and said so, at once or one by one.
    let again = trellis(&["agent", "run", agent.folder.to_str().unwrap(), "--json"]);
    let skipped = again.stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let skipped: u64 =
        skipped.filter(|event| event["event"] == "skipped").map(|event| event["count"].as_u64().unwrap()).sum();
    assert_eq!(skipped, 2, "{again:?}");

    assert_settings_to_be_mended(&agent, &oracle, &network);
    assert_device_is_shown(&agent, &network);
}

/// Registers a device, for work from the chain's time on.
async fn register(network: &Network, device: &SigningKey) {
    let key = Keypair::new_from_array(device.to_bytes());
    let (founder, operator) = (network.founder.pubkey(), network.operator.pubkey());
    let register = registry::register_device(founder, operator, key.pubkey(), None, network.address, 0);
    network.chain.send(&[register], &[&network.founder, &network.operator, &key]).await.unwrap();
}

fn assert_settings_to_be_mended(agent: &Agent, oracle: &Oracle, network: &Network) {
    let settings = fs::read_to_string(agent.folder.join("agent.toml")).unwrap();
    let folder = agent.folder.to_str().unwrap();
    let with = |from: &str, to: &str| {
        assert!(settings.contains(from), "{settings}");
        fs::write(agent.folder.join("agent.toml"), settings.replace(from, to)).unwrap();
        trellis(&["agent", "run", folder, "--json"])
    };
    let nobody = Keypair::new().pubkey().to_string();
    let own = network.address.to_string();
    let refused = |finished: Finished, named: &[&str]| {
        assert_eq!(finished.code, Some(2), "{finished:?}");
        let last: Value = serde_json::from_str(finished.stdout.lines().last().unwrap()).unwrap();
        let error = last["error"].as_str().unwrap();
        named.iter().for_each(|named| assert!(error.contains(named), "`{named}` is not in: {error}"));
    };
    // The queue holds the work of the network that it was begun for.
    refused(with(&own, &nobody), &["another device or network"]);
    refused(with(&network.oracle.pubkey().to_string(), &nobody), &["oracle_keys", &oracle.url]);
    refused(with("interval_seconds = 60", "interval_seconds = 600"), &["60 s", "600"]);
    refused(with("readings.jsonl", "absent.jsonl"), &["absent.jsonl"]);
    fs::write(agent.folder.join("agent.toml"), &settings).unwrap();

    // What is there is not made anew, and what cannot be asked is said.
    let init = |folder: &str, more: &[&str]| trellis(&[&["agent", "init", folder, "--json"], more].concat());
    let source = ["--csv", "x.csv", "--oracle"];
    assert_refused(&init(folder, &[&source[..], &[&oracle.url]].concat()), 2, &["not overwritten", "agent.toml"]);
    let elsewhere = format!("{folder}-2");
    let other = ["--network", &nobody, "--csv", "x.csv", "--oracle", &oracle.url];
    assert_refused(&init(&elsewhere, &other), 2, &[&nobody, &own, "works for the network"]);
    let longer = ["--interval-seconds", "600", "--csv", "x.csv", "--oracle", &oracle.url];
    assert_refused(&init(&elsewhere, &longer), 2, &["60 s", "600 s"]);
    let away = init(&elsewhere, &[&source[..], &["http://127.0.0.1:9"]].concat());
    assert_refused(&away, 2, &["http://127.0.0.1:9", "is the address right"]);
    assert!(!Path::new(&elsewhere).exists(), "something was made all the same");
    assert_refused(&trellis(&["agent", "run", &elsewhere, "--json"]), 2, &["agent.toml", "agent init"]);
}

/// The key as text and as a code, and the proof that it belongs to an operator.
fn assert_device_is_shown(agent: &Agent, network: &Network) {
    let folder = agent.folder.to_str().unwrap();
    let device = network.devices[1].verifying_key().to_bytes();
    let operator = network.operator.pubkey();
    let shown = trellis(&["agent", "show", folder, "--json"]).json();
    let uri = format!("trellis:register?network={}&device={}&class=0", network.address, base58::encode(&device));
    assert_eq!((&shown["uri"], &shown["device"]), (&uri.clone().into(), &base58::encode(&device).into()));
    let text = trellis(&["agent", "show", folder]);
    assert!(text.stdout.contains(&uri) && text.stdout.contains('█'), "{}", text.stdout);
    assert!(!trellis(&["agent", "show", folder, "--no-qr"]).stdout.contains('█'));

    let shown = trellis(&["agent", "show", folder, "--json", "--operator", &operator.to_string()]).json();
    let proof =
        shown["uri"].as_str().unwrap().strip_prefix(&format!("{uri}&operator={operator}&valid_until=")).unwrap();
    let (until, proof) = proof.split_once("&proof=").unwrap();
    let key = trellis_core::DeviceKey::Ed25519(device);
    let message = registry::registration(&operator, &network.address, 0, key, until.parse().unwrap()).message();
    let proof: [u8; 64] = solana_signature(proof);
    VerifyingKey::from_bytes(&device).unwrap().verify_strict(&message, &Signature::from_bytes(&proof)).unwrap();
}

/// 64 bytes in base58, as Solana writes signatures.
fn solana_signature(text: &str) -> [u8; 64] {
    bs58::decode(text).into_vec().unwrap().try_into().unwrap()
}
