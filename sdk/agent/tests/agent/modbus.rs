//! Meters that speak Modbus TCP, played by a real server (pymodbus).

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use trellis_agent::event::Event;

use crate::{python, support::Listening};

const PYMODBUS: &str = "pymodbus==3.8.6";

/// A server on a port of its own; it ends with the test.
struct Server {
    port: u16,
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Server {
    /// With registers 0 to `last`.
    fn start(last: u16) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        Self::start_at(port, last)
    }

    fn start_at(port: u16, last: u16) -> Self {
        let python = python::program(PYMODBUS, "pymodbus.simulator").with_file_name("python3");
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/agent/modbus_server.py");
        let mut command = Command::new(python);
        command.arg(script).args([port.to_string(), last.to_string()]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let (input, output) = (process.stdin.take().unwrap(), BufReader::new(process.stdout.take().unwrap()));
        let mut server = Self { port, process, input, output };
        server.expect("ready");
        server
    }

    fn expect(&mut self, word: &str) {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        assert_eq!(line.trim(), word);
    }

    /// Sets registers from `address` on.
    fn set(&mut self, address: u16, values: &[u16]) {
        let values: Vec<String> = values.iter().map(u16::to_string).collect();
        writeln!(self.input, "{address} {}", values.join(" ")).unwrap();
        self.expect("set");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A three-phase meter at 40000: model 1, which says who made it, then 203.
fn meter(server: &mut Server, exported: u32, imported: u32, scale: i16) {
    server.set(40_000, &[0x5375, 0x6e53, 1, 66]);
    let model = 40_000 + 4 + 66;
    server.set(model, &[203, 105]);
    server.set(model + 38, &[(exported >> 16) as u16, exported as u16]);
    server.set(model + 46, &[(imported >> 16) as u16, imported as u16]);
    server.set(model + 54, &[scale.cast_unsigned()]);
    server.set(model + 2 + 105, &[0xffff, 0]);
}

fn sunspec(server: &Server, direction: &str) -> String {
    format!(
        "kind = \"sunspec\"\naddress = \"127.0.0.1:{}\"\npoll_seconds = 1\ndirection = \"{direction}\"\n",
        server.port
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn sunspec_meter_is_found_scaled_and_read_again_after_it_was_away() {
    let mut server = Server::start(41_000);
    meter(&mut server, 70_000, 123_456, -1);
    let mut exported = Listening::start(&sunspec(&server, "exported"));
    let mut imported = Listening::start(&sunspec(&server, "imported"));
    assert_eq!(exported.counter_other_than(0).await, 7_000);
    assert_eq!(imported.counter_other_than(0).await, 12_345);
    exported.says("SunSpec model 203 of the meter 127.0.0.1").await;
    meter(&mut server, 70_019, 123_456, -1);
    assert_eq!(exported.counter_other_than(7_000).await, 7_001);

    let port = server.port;
    drop(server);
    exported.says("the source cannot be read: 127.0.0.1").await;
    let mut server = Server::start_at(port, 41_000);
    meter(&mut server, 71_000, 0, -1);
    assert_eq!(exported.counter_other_than(7_001).await, 7_100);
    let back = exported.events().iter().filter(|event| matches!(event, Event::SourceBack { .. })).count();
    assert_eq!(back, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn sunspec_inverter_counts_what_it_feeds_in_and_a_map_without_energy_is_said() {
    let mut server = Server::start(50_200);
    server.set(50_000, &[0x5375, 0x6e53, 103, 50]);
    server.set(50_002 + 24, &[1, 2, 1]);
    let mut inverter = Listening::start(&sunspec(&server, "exported"));
    assert_eq!(inverter.counter_other_than(0).await, 655_380);
    // Only meters count the other way.
    Listening::start(&sunspec(&server, "imported")).says("no model with an energy counter").await;
    server.set(50_002 + 26, &[0x8000]);
    inverter.says("its scale is -32768").await;
    server.set(50_000, &[0, 0]);
    inverter.says("the source cannot be read").await;
    Listening::start(&sunspec(&server, "exported")).says("no SunSpec at registers").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn counter_in_registers_is_read_as_the_settings_say() {
    let mut server = Server::start(100);
    server.set(10, &[1, 2, 3, 4]);
    let register =
        |lines: &str| format!("kind = \"modbus\"\naddress = \"127.0.0.1:{}\"\npoll_seconds = 1\n{lines}", server.port);
    let mut holding = Listening::start(&register("register = 10\n"));
    assert_eq!(holding.counter_other_than(0).await, 65_538);
    let mut input = Listening::start(&register(
        "register = 12\nregisters = 1\ntable = \"input\"\nwh_multiplier = 100\nwh_divisor = 7\n",
    ));
    assert_eq!(input.counter_other_than(0).await, 42);
    let mut swapped = Listening::start(&register("register = 10\nregisters = 4\nlow_word_first = true\n"));
    assert_eq!(swapped.counter_other_than(0).await, 4 << 48 | 3 << 32 | 2 << 16 | 1);
    let absent = Listening::start(&register("register = 2000\n"));
    absent.says("refused to read registers 2000 and following").await;
    let unit = Listening::start(&register("unit = 9\nregister = 10\n"));
    unit.says("the source cannot be read").await;
}
