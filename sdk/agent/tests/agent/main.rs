//! Sources against real servers and real files: what reaches the recorder.
#![allow(clippy::unwrap_used)]

mod deploy_files;
mod lines;
mod modbus;
mod mqtt;
mod mqtt_tls;
mod support;

#[path = "../../../../oracle/tests/oracle/certificates.rs"]
mod certificates;
// Not all of it is used here.
#[allow(dead_code)]
#[path = "../../../../oracle/tests/oracle/mosquitto.rs"]
mod mosquitto;
// Not all of it is used here.
#[allow(dead_code)]
#[path = "../../../../tests/tests/end_to_end/support/python.rs"]
mod python;
