//! The files in `deploy/` that are for devices.

use std::{fs, path::PathBuf};

use trellis_agent::config::{AgentConfig, SendingConfig, SourceConfig};

fn deploy(name: &str) -> String {
    fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../deploy").join(name)).unwrap()
}

/// What a line that is commented out would say.
fn spelled_out(text: &str) -> String {
    let is_setting =
        |line: &str| line.starts_with('[') || line.split_once(" = ").is_some_and(|(name, _)| !name.contains(' '));
    let line = |line: &str| match line.strip_prefix("# ") {
        Some(rest) if is_setting(rest) => rest.to_owned(),
        _ => line.to_owned(),
    };
    text.lines().map(|text| line(text) + "\n").collect()
}

/// The example with another `[source]`: one of those that are commented out in it.
fn with_source(text: &str, kind: &str) -> String {
    let (head, sources) = text.split_once("[source]\n").unwrap();
    let (_, sending) = sources.split_once("[sending]\n").unwrap();
    let wanted = format!("kind = \"{kind}\"");
    let group = sources.split("[source]\n").find(|group| group.contains(&wanted)).unwrap();
    let group = group.split("[sending]\n").next().unwrap();
    format!("{head}[source]\n{group}[sending]\n{sending}")
}

#[test]
fn example_settings_can_be_used_name_every_setting_and_show_the_defaults() {
    let text = deploy("agent.toml");
    let example = AgentConfig::parse(&text).unwrap();
    let all = spelled_out(&text);
    for kind in ["csv", "json_lines", "modbus", "sunspec", "mqtt"] {
        let whole = AgentConfig::parse(&with_source(&all, kind)).unwrap_or_else(|error| panic!("{kind}: {error}"));
        assert_eq!(whole.sending, SendingConfig::default());
        assert_eq!((whole.queue_mib, whole.machine_clock), (example.queue_mib, example.machine_clock));
        assert_eq!((whole.key, whole.data_dir), (example.key.clone(), example.data_dir.clone()));
    }
    assert!(matches!(example.source, SourceConfig::Sunspec(_)));
    for (code, group) in [
        (include_str!("../../src/config/mod.rs"), "pub struct AgentConfig {"),
        (include_str!("../../src/config/mod.rs"), "pub struct SendingConfig {"),
        (include_str!("../../src/config/source.rs"), "pub struct LinesConfig {"),
        (include_str!("../../src/config/source.rs"), "pub struct ModbusConfig {"),
        (include_str!("../../src/config/source.rs"), "pub struct SunspecConfig {"),
        (include_str!("../../src/config/mqtt.rs"), "pub struct MqttConfig {"),
        (include_str!("../../src/measurement.rs"), "pub struct Fields {"),
    ] {
        let fields = code.split(group).nth(1).unwrap().split("\n}").next().unwrap();
        for line in fields.lines() {
            let Some(name) = line.trim().strip_prefix("pub ").and_then(|line| line.split(':').next()) else { continue };
            let names = |line: &str| {
                line.starts_with(&format!("{name} = "))
                    || line.starts_with(&format!("[source.{name}]"))
                    || line == format!("[{name}]")
                    || line.contains(&format!("`{name}`"))
            };
            assert!(all.lines().any(names), "`{name}` is not in deploy/agent.toml");
        }
    }
}

#[test]
fn systemd_unit_is_hardened_as_the_oracle_s_is() {
    let (ours, oracle) = (deploy("systemd/trellis-agent.service"), deploy("systemd/trellis-oracle.service"));
    let hardening = oracle.split("NoNewPrivileges").nth(1).unwrap().split("[Install]").next().unwrap();
    assert!(ours.contains(&format!("NoNewPrivileges{hardening}")), "the two units' hardening differs");
    for wanted in ["ExecStart=/usr/local/bin/trellis agent run", "RestartPreventExitStatus=2", "Restart=on-failure"] {
        assert!(ours.contains(wanted), "{wanted}");
    }
}
