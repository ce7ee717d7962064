//! A real broker: Debian's Mosquitto, on a port of its own, with its files in a folder of the test.

use std::{
    io::Read,
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::OnceLock,
    time::{Duration, Instant},
};

pub const PATIENCE: Duration = Duration::from_secs(60);

/// The program, installed if it is not there.
fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let path = PathBuf::from("/usr/sbin/mosquitto");
        if path.exists() {
            return path;
        }
        let install = || {
            let mut command = Command::new("apt-get");
            // Another test may install something at the same time.
            command.args(["-o", "DPkg::Lock::Timeout=300", "install", "-y", "--no-install-recommends", "mosquitto"]);
            command.output().unwrap()
        };
        if !install().status.success() {
            Command::new("apt-get").arg("update").output().unwrap();
            let output = install();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
        assert!(path.exists(), "mosquitto is installed, but not as {}", path.display());
        path
    })
}

pub struct Mosquitto {
    pub port: u16,
    folder: PathBuf,
    process: Option<Child>,
}

impl Mosquitto {
    /// Anybody may do anything.
    pub fn start(folder: &Path) -> Self {
        Self::start_with(folder, "allow_anonymous true\n")
    }

    /// With more lines of settings for its one listener, or for others.
    pub fn start_with(folder: &Path, settings: &str) -> Self {
        let mut broker = Self::stopped(folder, settings);
        broker.restart();
        broker
    }

    /// Everything is there, but it does not run.
    pub fn stopped(folder: &Path, settings: &str) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let folder = folder.join(format!("mosquitto-{port}"));
        std::fs::create_dir_all(&folder).unwrap();
        let shown = folder.display();
        let settings = format!(
            "user root\npersistence true\npersistence_location {shown}/\nmax_inflight_messages 1000\n\
             max_queued_messages 0\nlog_dest stderr\nlog_type all\nlistener {port} 127.0.0.1\n{settings}"
        );
        std::fs::write(folder.join("mosquitto.conf"), settings).unwrap();
        Self { port, folder, process: None }
    }

    pub fn url(&self) -> String {
        format!("mqtt://127.0.0.1:{}", self.port)
    }

    /// Starts it, and waits until it takes connections.
    pub fn restart(&mut self) {
        self.stop();
        let log = std::fs::File::create(self.folder.join("log")).unwrap();
        let mut command = Command::new(program());
        command
            .arg("-c")
            .arg(self.folder.join("mosquitto.conf"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log);
        let mut process = command.spawn().unwrap();
        let deadline = Instant::now() + PATIENCE;
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(process.try_wait().unwrap().is_none(), "mosquitto ended: {}", self.log());
            assert!(Instant::now() < deadline, "mosquitto takes no connections: {}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
        self.process = Some(process);
    }

    /// Ends it as an operator would: it writes down what it holds.
    pub fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            let id = process.id().to_string();
            assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
            process.wait().unwrap();
        }
    }

    /// What it said since it was started last.
    pub fn log(&self) -> String {
        let mut text = String::new();
        if let Ok(mut file) = std::fs::File::open(self.folder.join("log")) {
            let _ = file.read_to_string(&mut text);
        }
        text
    }
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        if let Some(process) = &mut self.process {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}
