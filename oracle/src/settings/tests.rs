use super::*;

const GOOD: &str = r#"
    rpc_url = "http://127.0.0.1:8899"
    network = "4Q8TDc3b89NisNB4YyfBAwcuMEG7yHeirR2T9LTb6BAG"
    data_dir = "data"
    bundle_dir = "bundles"
    policy = "policy.toml"
    keypair = "oracle.json"
"#;

fn load(text: &str) -> Result<Settings, SettingsError> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("oracle.toml");
    std::fs::write(&file, text).unwrap();
    Settings::load(&file)
}

#[test]
fn load_fills_in_defaults() {
    let settings = load(GOOD).unwrap();
    assert_eq!(settings.listen, default_listen());
    assert_eq!(settings.clock, ClockSource::Chain);
    assert_eq!(settings.grace_seconds, 600);
}

#[test]
fn load_takes_one_server_or_several_each_once() {
    let several = "rpc_urls = [\"http://b\", \"http://127.0.0.1:8899\", \"https://c\"]";
    let settings = load(&format!("{several}\n{GOOD}")).unwrap();
    assert_eq!(settings.servers(), ["http://127.0.0.1:8899", "http://b", "https://c"]);
    let without_one = GOOD.replace("rpc_url = \"http://127.0.0.1:8899\"", several);
    assert_eq!(load(&without_one).unwrap().servers(), ["http://b", "http://127.0.0.1:8899", "https://c"]);
}

#[test]
fn load_names_every_mistake() {
    let message = |text: &str| load(text).unwrap_err().to_string();
    assert!(message("").contains("network"), "{}", message(""));
    for (from, to, words) in [
        ("http://127.0.0.1:8899", "127.0.0.1:8899", "`rpc_url` is `127.0.0.1:8899`"),
        ("rpc_url = \"http://127.0.0.1:8899\"", "", "`rpc_url` is ``"),
        ("keypair =", "rpc_urls = [\"ws://x\"]\nkeypair =", "`rpc_urls` is `ws://x`"),
        ("keypair =", "ws_url = \"http://x\"\nkeypair =", "`ws_url` is `http://x`"),
        ("keypair =", "rpc_timeout_ms = 1\nkeypair =", "`rpc_timeout_ms` is `1`"),
        ("keypair =", "priority_fee_percentile = 101\nkeypair =", "`priority_fee_percentile` is `101`"),
        ("keypair =", "log_level = \"oracle=loud\"\nkeypair =", "`log_level` is `oracle=loud`"),
        ("4Q8TDc3b", "0000", "`network` is `0000"),
        ("keypair =", "grace_seconds = 0\nkeypair =", "`grace_seconds` is `0`"),
        ("keypair =", "poll_ms = 1\nkeypair =", "`poll_ms` is `1`"),
        ("keypair =", "max_batch = 0\nkeypair =", "`max_batch` is `0`"),
        ("keypair =", "max_pending = 1\nkeypair =", "`max_pending` is `1`"),
        ("keypair =", "vault = \"x\"\nkeypair =", "`vault` is `x`"),
        ("keypair = \"oracle.json\"", "", "`keypair` is ``"),
        ("keypair = \"oracle.json\"", "signer = \"tcp:x\"", "`signer` is `tcp:x`"),
        ("keypair =", "signer = \"unix:x\"\nkeypair =", "not both"),
        ("keypair =", "role = \"ingest\"\nkeypair =", "`role` is `ingest`"),
        ("keypair =", "log = \"paper\"\nkeypair =", "paper"),
        (
            "keypair =",
            "log = \"jetstream\"\nquorum.peers = [{ oracle = \"4Q8TDc3b89NisNB4YyfBAwcuMEG7yHeirR2T9LTb6BAG\", \
             url = \"http://x\" }]\nkeypair =",
            "not together with `quorum.peers`",
        ),
        ("keypair =", "bundles.keep_days = 0\nkeypair =", "`bundles.keep_days` is `0`"),
        ("keypair =", "log = \"jetstream\"\nbundles.keep_days = 9\nkeypair =", "shared bundle folder"),
        ("keypair =", "jetstream.partitions = 0\nkeypair =", "jetstream.partitions is 0"),
        ("keypair =", "relay.minimum_amount = 0\nkeypair =", "`relay.minimum_amount` is `0`"),
        ("keypair =", "listen = \"here\"\nkeypair =", "listen"),
        ("keypair =", "clock = \"sundial\"\nkeypair =", "sundial"),
        ("keypair =", "grace_second = 1\nkeypair =", "grace_second"),
        ("keypair = \"oracle.json\"", "keypair = \"oracle.json\"\n[limits]\ndevice_burst = 0", "`limits.device_burst`"),
    ] {
        let shown = message(&GOOD.replace(from, to));
        assert!(shown.contains(words), "{shown}");
    }
    assert!(Settings::load(Path::new("no/such/file.toml")).unwrap_err().to_string().contains("no/such/file.toml"));
}
