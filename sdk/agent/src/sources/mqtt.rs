//! Messages of a meter at an MQTT broker (MQTT 5, QoS 1).
//!
//! A message is acknowledged to the broker when a power loss cannot take it back any more; so what comes while the agent is away, or dies
//! with it, comes again.

mod tls;

use std::{fs, os::unix::fs::PermissionsExt, path::Path, time::Duration};

use rumqttc::v5::{
    AsyncClient, Event as Packet, Incoming, MqttOptions,
    mqttbytes::{
        QoS,
        v5::{Publish, SubscribeReasonCode},
    },
};
use serde_json::Value;
use tokio::time::sleep;

use super::{Measured, Outlet, Stopped};
use crate::{
    config::{ConfigError, MqttConfig},
    decimal::scaled,
    event::Event,
    measurement::{Measurement, Now, RowError},
};

const KEEP_ALIVE: Duration = Duration::from_secs(30);
const RETRY_PAUSE: Duration = Duration::from_secs(2);
/// The session outlives the connection for ever.
const NEVER_EXPIRES: u32 = u32::MAX;
/// Messages of the broker's that may be under way: fewer than the recorder's queue and the client's requests hold, so that
/// nothing ever waits here and the connection is kept alive.
const IN_FLIGHT: u16 = 64;
/// Longest message.
const MAX_PACKET_BYTES: u32 = 65_536;

/// Why the broker cannot be used as the settings say.
#[derive(Debug, thiserror::Error)]
pub enum MqttError {
    #[error(transparent)]
    Settings(ConfigError),
    #[error("the MQTT credentials {path} cannot be read: {detail}")]
    Credentials { path: String, detail: String },
    #[error("the authorities {path}, by which the MQTT broker is known, cannot be used: {detail}")]
    Authorities { path: String, detail: String },
}

/// Can the files that the settings name be used?
pub fn check(config: &MqttConfig) -> Result<(), MqttError> {
    options(config, "").map(drop)
}

/// User and password, from a file that its owner alone can read.
fn credentials(path: &Path) -> Result<(String, String), MqttError> {
    let wrong = |detail: String| MqttError::Credentials { path: path.display().to_string(), detail };
    let mode = fs::metadata(path).map_err(|error| wrong(error.to_string()))?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(wrong(format!("others may read it (mode {mode:o}): run `chmod 600 {}`", path.display())));
    }
    let text = fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    match text.trim_end_matches(['\r', '\n']).split_once(':') {
        Some((user, password)) if !user.is_empty() && !password.contains('\n') => Ok((user.into(), password.into())),
        _ => Err(wrong("a line `USER:PASSWORD` is wanted".to_owned())),
    }
}

fn options(config: &MqttConfig, device: &str) -> Result<MqttOptions, MqttError> {
    let broker = config.broker().map_err(MqttError::Settings)?;
    let name = config.client_id.clone().unwrap_or_else(|| format!("trellis-agent-{device}"));
    let mut options = MqttOptions::new(name, broker.host, broker.port);
    if broker.tls {
        options.set_transport(tls::transport(config.ca.as_deref())?);
    }
    options.set_keep_alive(KEEP_ALIVE).set_clean_start(false).set_session_expiry_interval(Some(NEVER_EXPIRES));
    options.set_receive_maximum(Some(IN_FLIGHT)).set_max_packet_size(Some(MAX_PACKET_BYTES)).set_manual_acks(true);
    if let Some(path) = &config.credentials {
        let (user, password) = credentials(path)?;
        options.set_credentials(user, password);
    }
    Ok(options)
}

/// Listens for ever, and connects again where the broker was away.
pub async fn listen(config: MqttConfig, device: String, outlet: Outlet) {
    let options = match options(&config, &device) {
        Ok(options) => options,
        Err(error) => return outlet.say.event(Event::SourceAway { problem: error.to_string() }),
    };
    let (client, mut events) = AsyncClient::new(options, usize::from(IN_FLIGHT) * 2);
    let mut was_said = false;
    let away = |problem: String, was_said: &mut bool| {
        if !std::mem::replace(was_said, true) {
            outlet.say.event(Event::SourceAway { problem: format!("{}: {problem}", config.url) });
        }
    };
    loop {
        match events.poll().await {
            Ok(Packet::Incoming(Incoming::ConnAck(_))) => {
                // The broker may have forgotten it; asking again changes nothing.
                let _ = client.try_subscribe(config.topic.clone(), QoS::AtLeastOnce);
            }
            Ok(Packet::Incoming(Incoming::SubAck(answer))) => {
                let refused = answer.return_codes.iter().find(|code| !matches!(code, SubscribeReasonCode::Success(_)));
                match refused {
                    Some(code) => away(format!("it refused the topic {} ({code:?})", config.topic), &mut was_said),
                    None => {
                        was_said = false;
                        outlet.say.event(Event::SourceBack { what: format!("{} at {}", config.topic, config.url) });
                    }
                }
            }
            Ok(Packet::Incoming(Incoming::Publish(publish))) => {
                if take(&config, publish, &client, &outlet).await == Err(Stopped) {
                    return;
                }
            }
            Ok(_) => {}
            Err(error) => {
                away(error.to_string(), &mut was_said);
                sleep(RETRY_PAUSE).await;
            }
        }
    }
}

/// Hands a message on. What says nothing is acknowledged at once: it would never say more.
async fn take(config: &MqttConfig, publish: Publish, client: &AsyncClient, outlet: &Outlet) -> Result<(), Stopped> {
    let origin = format!("a message on {}", String::from_utf8_lossy(&publish.topic));
    let measurement = match read(config, &publish.payload, outlet.clock.now_unix()) {
        Ok(Some(measurement)) => measurement,
        read => {
            if let Err(error) = read {
                outlet.bad(origin, error);
            }
            let _ = client.try_ack(&publish);
            return Ok(());
        }
    };
    let client = client.clone();
    let acknowledge: Box<dyn FnOnce() + Send> = Box::new(move || {
        // What cannot be acknowledged, because the connection is gone, comes again.
        let _ = client.try_ack(&publish);
    });
    outlet.send(Measured { measurement, origin, done: Some(acknowledge) }).await
}

/// A bare number is a counter's, as it stands when it comes; all else is JSON.
fn read(config: &MqttConfig, payload: &[u8], now_unix: Option<i64>) -> Result<Option<Measurement>, RowError> {
    let text = std::str::from_utf8(payload).map_err(|_| RowError::Syntax("it is no UTF-8".to_owned()))?;
    let now = now_unix.map_or(Now::Unknown, Now::At);
    if scaled(text, 0).is_some() && config.fields.counts_energy() {
        return config.fields.read_number(text, now_unix.ok_or(RowError::NoClock)?).map(Some);
    }
    let row: Value = serde_json::from_str(text)
        .map_err(|error| RowError::Syntax(format!("neither a number of a counter that is named nor JSON: {error}")))?;
    // An interval's average must say which interval it is of.
    let now = if config.fields.counts_energy() { now } else { Now::Wanted };
    config.fields.read(&row, now)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use trellis_core::WattHours;

    use super::*;

    fn config(lines: &str) -> MqttConfig {
        toml::from_str(&format!("url = \"mqtt://b\"\ntopic = \"t\"\n{lines}")).unwrap()
    }

    #[test]
    fn messages_are_numbers_of_a_counter_or_json() {
        let counter = config("[fields]\ncounter_kwh = \"ENERGY.Total\"");
        let of = |wh| Ok(Some(Measurement::Counter { at_unix: 60, meter: WattHours(wh) }));
        assert_eq!(read(&counter, b" 3.185\n", Some(60)), of(3_185));
        assert_eq!(read(&counter, br#"{"ENERGY":{"Total":3.185}}"#, Some(60)), of(3_185));
        assert_eq!(read(&counter, br#"{"other":1}"#, Some(60)), Ok(None));
        assert_eq!(read(&counter, b"3.185", None), Err(RowError::NoClock));
        let power = config("");
        assert_eq!(read(&power, br#"{"power_w":1}"#, Some(60)), Err(RowError::NoTime("time".into())));
        assert!(matches!(read(&power, b"17", Some(60)), Err(RowError::NoTime(_))));
        assert!(matches!(read(&power, b"on", Some(60)), Err(RowError::Syntax(_))));
        assert!(matches!(read(&power, &[0xff], Some(60)), Err(RowError::Syntax(_))));
    }

    #[test]
    fn credentials_are_one_line_in_a_private_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("credentials");
        let with = |content: &str, mode: u32| {
            fs::write(&path, content).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            credentials(&path).map_err(|error| error.to_string())
        };
        assert_eq!(with("me:a:b\n", 0o600), Ok(("me".into(), "a:b".into())));
        for content in ["", "me", ":secret", "me:x\nyou:y"] {
            let said = with(content, 0o600).unwrap_err();
            assert!(said.contains("USER:PASSWORD") && !said.contains("secret"), "{said}");
        }
        assert!(with("me:secret", 0o640).unwrap_err().contains("chmod 600"));
        fs::remove_file(&path).unwrap();
        assert!(credentials(&path).unwrap_err().to_string().contains("cannot be read"));
    }
}
