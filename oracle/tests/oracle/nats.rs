//! NATS brokers on loopback ports, as processes: Debian's `nats-server`, which is installed when it is missing.

use std::{
    fs,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    sync::OnceLock,
    time::{Duration, Instant},
};

/// How long brokers may take to elect leaders.
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Brokers of one cluster. They end with it.
pub struct Cluster {
    folder: tempfile::TempDir,
    brokers: Vec<Broker>,
}

struct Broker {
    port: u16,
    monitor_port: u16,
    process: Option<Child>,
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn installed() -> &'static str {
    static INSTALLED: OnceLock<()> = OnceLock::new();
    INSTALLED.get_or_init(|| {
        if Command::new("nats-server").arg("--version").output().is_ok() {
            return;
        }
        let mut command = Command::new("apt-get");
        command.args(["-o", "DPkg::Lock::Timeout=120", "install", "-y", "--no-install-recommends", "nats-server"]);
        let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    });
    "nats-server"
}

impl Cluster {
    pub fn start(brokers: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let routes: Vec<u16> = (0..brokers).map(|_| free_port()).collect();
        let all = routes.iter().map(|port| format!("nats://127.0.0.1:{port}")).collect::<Vec<_>>().join(", ");
        let mut cluster = Self { folder, brokers: Vec::new() };
        for (number, route) in routes.iter().enumerate() {
            let (port, monitor_port) = (free_port(), free_port());
            let store = cluster.folder.path().join(format!("store-{number}"));
            let mut settings = format!(
                "server_name: broker-{number}\nlisten: \"127.0.0.1:{port}\"\nhttp: \"127.0.0.1:{monitor_port}\"\n\
                 jetstream {{ store_dir: {store:?} }}\n",
            );
            if brokers > 1 {
                settings += &format!("cluster {{ name: test, listen: \"127.0.0.1:{route}\", routes: [{all}] }}\n");
            }
            fs::write(cluster.folder.path().join(format!("{number}.conf")), settings).unwrap();
            cluster.brokers.push(Broker { port, monitor_port, process: None });
            cluster.spawn(number);
        }
        cluster.wait_until_ready();
        cluster
    }

    /// Starts a broker that is not running, on the port and the files that it had.
    pub fn spawn(&mut self, number: usize) {
        let log = fs::File::create(self.folder.path().join(format!("{number}.log"))).unwrap();
        let mut command = Command::new(installed());
        command.arg("-c").arg(self.folder.path().join(format!("{number}.conf"))).stderr(log).stdout(Stdio::null());
        self.brokers[number].process = Some(command.spawn().unwrap());
    }

    /// `kill -9`.
    pub fn kill(&mut self, number: usize) {
        if let Some(mut process) = self.brokers[number].process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    pub fn servers(&self) -> Vec<String> {
        self.brokers.iter().map(|broker| format!("nats://127.0.0.1:{}", broker.port)).collect()
    }

    /// Waits until every broker that runs says that it is fit, which it is once there is a leader.
    pub fn wait_until_ready(&self) {
        let deadline = Instant::now() + PATIENCE;
        for broker in self.brokers.iter().filter(|broker| broker.process.is_some()) {
            while !is_healthy(broker.monitor_port) {
                assert!(Instant::now() < deadline, "the brokers have no leader within {} s", PATIENCE.as_secs());
                std::thread::sleep(LOOK_EVERY);
            }
        }
    }
}

/// Does the broker say so itself?
fn is_healthy(port: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else { return false };
    let mut answer = String::new();
    let asked = stream.write_all(b"GET /healthz HTTP/1.0\r\n\r\n").and_then(|()| stream.read_to_string(&mut answer));
    asked.is_ok() && answer.lines().next().is_some_and(|line| line.contains(" 200 "))
}

impl Drop for Cluster {
    fn drop(&mut self) {
        (0..self.brokers.len()).for_each(|number| self.kill(number));
    }
}
