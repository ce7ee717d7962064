//! The files in `deploy/`: what they name exists.

use std::{collections::BTreeSet, path::PathBuf, process::Command};

use trellis_oracle::{
    alarms::Alarms,
    metrics::Metrics,
    relay::outcome::Kind,
    settings::{Settings, mqtt::MqttSettings, relay::RelaySettings, tls::TlsSettings, traces::TracesSettings},
};

fn deploy(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../deploy").join(name)
}

fn read(name: &str) -> String {
    std::fs::read_to_string(deploy(name)).unwrap()
}

/// All series that Prometheus makes of the metrics.
fn series() -> BTreeSet<String> {
    let metrics = Metrics::default();
    // What has labels is there from its first value on.
    Alarms::new(metrics.clone());
    metrics.attestations_answered("accepted", "", 1);
    metrics.rpc_server(0, Some(1), 0, 1);
    metrics.transaction("confirmed");
    metrics.mqtt_message("taken");
    metrics.relayed(Kind::Paid);
    let text = metrics.text().unwrap();
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
    let of = |(name, kind): (&str, &str)| match kind {
        "counter" => vec![format!("{name}_total")],
        "histogram" => ["bucket", "sum", "count"].map(|part| format!("{name}_{part}")).to_vec(),
        _ => vec![name.to_owned()],
    };
    types.flat_map(of).collect()
}

/// Words that begin as our metrics do.
fn named(text: &str) -> BTreeSet<String> {
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    words.filter(|word| word.starts_with("trellis_oracle_")).map(str::to_owned).collect()
}

#[test]
fn dashboard_and_alerts_name_only_metrics_that_exist_and_the_dashboard_shows_all_that_matter() {
    let series = series();
    let dashboard: serde_json::Value = serde_json::from_str(&read("grafana/trellis-oracle.json")).unwrap();
    for panel in dashboard["panels"].as_array().unwrap() {
        for target in panel["targets"].as_array().unwrap() {
            let expression = target["expr"].as_str().unwrap();
            assert!(!named(expression).is_empty(), "{expression}");
            assert!(named(expression).is_subset(&series), "{expression}");
        }
    }
    let alerts = read("prometheus/alerts.yml");
    let rules = alerts.matches("- alert: ").count();
    assert!(rules > 10);
    assert_eq!((alerts.matches("expr: ").count(), alerts.matches("summary: ").count()), (rules, rules));
    assert!(named(&alerts).is_subset(&series), "{:?}", named(&alerts).difference(&series));
    assert!(!alerts.contains('\t'));
    // The check itself.
    assert!(!named("rate(trellis_oracle_no_such_thing_total[5m])").is_subset(&series));
}

#[test]
fn example_settings_name_every_setting_with_its_default() {
    let text = read("oracle.toml");
    let example = Settings::load(&deploy("oracle.toml")).unwrap();
    let code = include_str!("../../src/settings.rs");
    let fields = code.split("pub struct Settings {").nth(1).unwrap().split("\n}").next().unwrap();
    let names: Vec<&str> =
        fields.lines().filter_map(|line| line.trim().strip_prefix("pub ")?.split(':').next()).collect();
    assert!(names.len() > 20, "{names:?}");
    for name in &names {
        // A group of settings has a heading.
        let is = |line: &str| {
            let line = line.trim_start_matches("# ");
            line.starts_with(&format!("{name} = ")) || line == format!("[{name}]")
        };
        assert!(text.lines().any(is), "`{name}` is not in deploy/oracle.toml");
    }
    // What is commented out is what holds without it.
    let only_one = ["rpc_url", "ws_url", "vault", "signer"];
    // Groups, which come last, have names of their own.
    let lines = text.lines().take_while(|line| !line.trim_start_matches("# ").starts_with('['));
    let defaults = lines.filter_map(|line| {
        let setting = line.strip_prefix("# ")?;
        let (name, _) = setting.split_once(" = ")?;
        (names.contains(&name) && !only_one.contains(&name)).then_some(setting)
    });
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("oracle.toml");
    std::fs::write(&file, format!("{}\n{text}", defaults.collect::<Vec<_>>().join("\n"))).unwrap();
    let spelled_out = Settings { log_level: None, ..Settings::load(&file).unwrap() };
    assert_eq!(format!("{spelled_out:?}"), format!("{example:?}"));
    assert_eq!(example.limits, Default::default());
}

/// What the example says in a group, commented out or not.
fn group(name: &str) -> String {
    let text = read("oracle.toml");
    let (_, rest) = text.split_once(&format!("[{name}]\n")).unwrap();
    let lines = rest.lines().take_while(|line| !line.starts_with('['));
    let settings = lines.map(|line| line.trim_start_matches("# ")).filter(|line| line.contains(" = "));
    settings.collect::<Vec<_>>().join("\n")
}

#[test]
fn example_settings_of_tls_mqtt_relay_and_traces_can_be_used_and_name_all_there_are() {
    let example: TlsSettings = toml::from_str(&group("tls")).unwrap();
    example.validate().unwrap();
    assert!(example.files().is_some());

    let example: MqttSettings = toml::from_str(&group("mqtt")).unwrap();
    example.validate().unwrap();
    let MqttSettings { url, client_id, credentials, ca, topic_prefix, max_in_flight } = example;
    assert!(url.is_some() && client_id.is_some() && credentials.is_some() && ca.is_some());
    let default = MqttSettings::default();
    assert_eq!((topic_prefix, max_in_flight), (default.topic_prefix, default.max_in_flight));

    let example: RelaySettings = toml::from_str(&group("relay")).unwrap();
    example.validate().unwrap();
    assert!(example.keypair.is_some() && example.owners.is_some() && example.invitations.is_some());
    let files = RelaySettings { keypair: None, owners: None, invitations: None, ..example };
    assert_eq!(files, RelaySettings::default());

    let example: TracesSettings = toml::from_str(&group("traces")).unwrap();
    example.validate().unwrap();
    assert!(example.endpoint.is_some());
    assert_eq!(TracesSettings { endpoint: None, ..example }, TracesSettings::default());
}

#[test]
fn systemd_unit_is_one_and_is_hardened() {
    let unit = read("systemd/trellis-oracle.service");
    let mut section = String::new();
    for line in unit.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        match line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            Some(name) => section = name.to_owned(),
            None => assert!(line.contains('=') && !section.is_empty(), "`{line}` is no setting"),
        }
    }
    for wanted in
        ["NoNewPrivileges=yes", "ProtectSystem=strict", "CapabilityBoundingSet=\n", "RestartPreventExitStatus=2"]
    {
        assert!(unit.contains(wanted), "{wanted}");
    }
    // The program need not be installed here.
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("trellis-oracle.service");
    std::fs::write(&copy, unit.replace("/usr/local/bin/trellis-oracle", "/bin/true")).unwrap();
    match Command::new("systemd-analyze").arg("verify").arg(&copy).output() {
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr);
            let ours: Vec<&str> = said.lines().filter(|line| line.contains("trellis-oracle.service")).collect();
            assert!(ours.is_empty(), "{ours:?}");
        }
        Err(error) => println!("systemd-analyze is not here ({error}): its lines alone were looked at"),
    }
}
