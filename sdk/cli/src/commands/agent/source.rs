//! Where a new device's readings come from.

use std::{
    fmt::Write,
    path::{Path, PathBuf},
};

/// One of these; agent.toml has all the rest.
#[derive(Clone, Debug, clap::Args)]
#[group(required = true, multiple = false)]
pub struct SourceArgs {
    /// A table with the columns `time` and `power_kw`, `power_w`, `counter_wh` or `counter_kwh`; `-` is standard input
    #[arg(long, value_name = "FILE")]
    pub csv: Option<PathBuf>,
    /// The same as JSON, an object in each line
    #[arg(long, value_name = "FILE")]
    pub json_lines: Option<PathBuf>,
    /// A meter or inverter that speaks SunSpec over Modbus TCP
    #[arg(long, value_name = "HOST:PORT")]
    pub sunspec: Option<String>,
    /// A counter in two registers of a meter that speaks Modbus TCP
    #[arg(long, value_name = "HOST:PORT/REGISTER")]
    pub modbus: Option<String>,
    /// Messages at an MQTT broker: JSON, or the bare number of a counter in Wh
    #[arg(long, value_name = "mqtt[s]://HOST:PORT/TOPIC")]
    pub mqtt: Option<String>,
}

impl SourceArgs {
    /// The group `[source]` of agent.toml.
    pub fn to_toml(&self) -> Result<String, String> {
        let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
        let mut out = "[source]\n".to_owned();
        let mut put = |name: &str, value: String| {
            // Writing into memory cannot fail.
            let _ = writeln!(out, "{name} = {value}");
        };
        if let Some((kind, file)) =
            self.csv.as_ref().map(|file| ("csv", file)).or(self.json_lines.as_ref().map(|file| ("json_lines", file)))
        {
            put("kind", quoted(kind));
            put("path", quoted(&absolute(file)?));
        } else if let Some(address) = &self.sunspec {
            put("kind", quoted("sunspec"));
            put("address", quoted(address));
        } else if let Some(modbus) = &self.modbus {
            let (address, register) =
                modbus.rsplit_once('/').ok_or_else(|| wanted("--modbus", modbus, "HOST:PORT/REGISTER"))?;
            let register: u16 = register.parse().map_err(|_| wanted("--modbus", modbus, "HOST:PORT/REGISTER"))?;
            put("kind", quoted("modbus"));
            put("address", quoted(address));
            put("register", register.to_string());
        } else if let Some(mqtt) = &self.mqtt {
            let split = ["mqtt", "mqtts"].into_iter().find_map(|scheme| {
                let (broker, topic) = mqtt.strip_prefix(scheme)?.strip_prefix("://")?.split_once('/')?;
                Some((scheme, broker, topic))
            });
            let form = "mqtt://HOST:PORT/TOPIC or mqtts://HOST:PORT/TOPIC";
            let (scheme, broker, topic) = split.ok_or_else(|| wanted("--mqtt", mqtt, form))?;
            put("kind", quoted("mqtt"));
            put("url", quoted(&format!("{scheme}://{broker}")));
            put("topic", quoted(topic));
            put("fields", "{ counter_wh = \"counter_wh\" }".to_owned());
        }
        Ok(out)
    }
}

fn wanted(flag: &str, found: &str, form: &str) -> String {
    format!("{flag} is `{found}`: {form} is wanted")
}

/// Files are named from where the command runs; the settings may lie elsewhere.
fn absolute(file: &Path) -> Result<String, String> {
    let shown = file.display();
    if file == Path::new("-") {
        return Ok("-".to_owned());
    }
    let absolute = std::path::absolute(file).map_err(|error| format!("{shown} is no path: {error}"))?;
    absolute.to_str().map(str::to_owned).ok_or_else(|| format!("{shown} is not UTF-8, which settings are written in"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use clap::Parser;
    use trellis_agent::config::SourceConfig;

    use super::*;

    #[derive(Parser)]
    struct Arguments {
        #[command(flatten)]
        source: SourceArgs,
    }

    fn toml_of(arguments: &[&str]) -> Result<SourceConfig, String> {
        let arguments = Arguments::try_parse_from([&["x"], arguments].concat()).map_err(|error| error.to_string())?;
        let text = arguments.source.to_toml()?;
        Ok(toml::from_str::<toml::Table>(&text).unwrap()["source"].clone().try_into().unwrap())
    }

    #[test]
    fn every_kind_is_written_as_settings_are_read() {
        assert!(matches!(toml_of(&["--csv", "a.csv"]).unwrap(), SourceConfig::Csv(lines) if lines.path.is_absolute()));
        assert!(matches!(toml_of(&["--json-lines", "-"]).unwrap(), SourceConfig::JsonLines(lines) if lines.is_stdin()));
        assert!(
            matches!(toml_of(&["--sunspec", "m:502"]).unwrap(), SourceConfig::Sunspec(found) if found.address == "m:502")
        );
        let modbus = toml_of(&["--modbus", "m:502/30775"]).unwrap();
        assert!(
            matches!(modbus, SourceConfig::Modbus(found) if (found.address.as_str(), found.register) == ("m:502", 30_775))
        );
        for url in ["mqtt://b:1883", "mqtts://b:8883"] {
            let mqtt = toml_of(&["--mqtt", &format!("{url}/house/meter")]).unwrap();
            assert!(
                matches!(mqtt, SourceConfig::Mqtt(found) if (found.url.as_str(), found.topic.as_str()) == (url, "house/meter"))
            );
        }
    }

    #[test]
    fn what_names_no_source_or_two_is_refused() {
        assert!(toml_of(&[]).unwrap_err().contains("required"));
        assert!(toml_of(&["--csv", "a", "--sunspec", "b:1"]).unwrap_err().contains("cannot be used with"));
        for modbus in ["m:502", "m:502/x", "m:502/70000"] {
            assert!(toml_of(&["--modbus", modbus]).unwrap_err().contains("HOST:PORT/REGISTER"));
        }
        for mqtt in ["b:1883/t", "mqtt://b"] {
            assert!(toml_of(&["--mqtt", mqtt]).unwrap_err().contains("mqtt://HOST:PORT/TOPIC"));
        }
    }
}
