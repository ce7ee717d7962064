//! The oracle as a process.

use std::{
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::Instant,
};

use serde_json::Value;
use solana_keypair::Keypair;
use solana_signer::Signer;
use trellis_epoch::bundle::Bundle;

use super::{
    LOOK_EVERY, PATIENCE,
    device::Sender,
    free_port,
    network::{GRACE_SECONDS, Network},
    process::{Process, program},
};

/// Settings, policy and key in a folder, and the process that runs with them.
pub struct Oracle {
    pub folder: PathBuf,
    pub url: String,
    /// Where metrics, health and the log's level are.
    pub metrics_url: String,
    pub process: Process,
    http: reqwest::Client,
    key: [u8; 32],
}

/// Writes settings, policy and key for an oracle of `network` into `folder`. Returns the port it is to listen on.
pub fn write_files(folder: &Path, network: &Network) -> u16 {
    let port = free_port();
    let settings = format!(
        "rpc_url = \"{}\"\nnetwork = \"{}\"\nlisten = \"127.0.0.1:{port}\"\ndata_dir = \"data\"\n\
         bundle_dir = \"bundles\"\npolicy = \"policy.toml\"\nkeypair = \"key.json\"\n\
         grace_seconds = {GRACE_SECONDS}\npoll_ms = 50\n",
        network.rpc_url, network.address
    );
    std::fs::write(folder.join("oracle.toml"), settings).unwrap();
    std::fs::write(folder.join("policy.toml"), network.rules.policy).unwrap();
    write_key(&folder.join("key.json"), &network.oracle);
    port
}

pub fn write_key(path: &Path, key: &Keypair) {
    std::fs::write(path, serde_json::to_vec(&key.to_bytes().to_vec()).unwrap()).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

pub fn spawn(folder: &Path) -> Process {
    let command = program("trellis-oracle");
    Process::spawn(&command, |command| command.args(["--config", "oracle.toml"]).current_dir(folder))
}

impl Oracle {
    /// Starts an oracle of `network` in `folder` and waits until it answers.
    pub async fn start(folder: &Path, network: &Network) -> Self {
        Self::start_with(folder, network, |settings| settings).await
    }

    /// The same with other settings, and with metrics.
    pub async fn start_with(folder: &Path, network: &Network, change: impl FnOnce(String) -> String) -> Self {
        Self::start_as(folder, network, &network.oracle, change).await
    }

    /// The same with another key.
    pub async fn start_as(
        folder: &Path,
        network: &Network,
        key: &Keypair,
        change: impl FnOnce(String) -> String,
    ) -> Self {
        let port = write_files(folder, network);
        write_key(&folder.join("key.json"), key);
        let metrics_port = free_port();
        let settings = std::fs::read_to_string(folder.join("oracle.toml")).unwrap();
        let settings = format!("metrics_listen = \"127.0.0.1:{metrics_port}\"\n{}", change(settings));
        std::fs::write(folder.join("oracle.toml"), settings).unwrap();
        let mut oracle = Self {
            folder: folder.to_owned(),
            url: format!("http://127.0.0.1:{port}"),
            metrics_url: format!("http://127.0.0.1:{metrics_port}"),
            process: spawn(folder),
            http: reqwest::Client::new(),
            key: key.pubkey().to_bytes(),
        };
        oracle.status_when("it answers", |_| true).await;
        oracle
    }

    pub fn sender(&self) -> Sender {
        Sender { http: self.http.clone(), url: self.url.clone(), oracle: self.key }
    }

    /// Starts it again after it was killed.
    pub async fn restart(&mut self) {
        self.process = spawn(&self.folder);
        self.status_when("it answers again", |_| true).await;
    }

    /// Starts it so that it dies at `point` (see `trellis_fail_point`), after it was killed.
    pub fn start_to_die(&mut self, point: &str) {
        let command = program("trellis-oracle");
        self.process = Process::spawn(&command, |command| {
            command.env(trellis_fail_point::VARIABLE, point);
            command.args(["--config", "oracle.toml"]).current_dir(&self.folder)
        });
    }

    /// Status code and body of a GET.
    pub async fn get(&self, path: &str) -> (u16, Value) {
        let response = self.http.get(format!("{}{path}", self.url)).send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    /// The value of a metric, named with its labels; `None` if it is not there.
    pub async fn metric(&self, name: &str) -> Option<f64> {
        let response = self.http.get(format!("{}/metrics", self.metrics_url)).send().await.unwrap();
        let text = response.text().await.unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ').map(str::to_owned));
        line.map(|value| value.parse().unwrap())
    }

    /// Waits until the status has an alarm with this code, and returns its detail.
    pub async fn alarm(&mut self, code: &str) -> String {
        let of = |status: &Value| {
            let alarms = status["alarms"].as_array().unwrap().clone();
            alarms.into_iter().find(|alarm| alarm["code"] == code)
        };
        let status = self.status_when(&format!("the alarm {code}"), |status| of(status).is_some()).await;
        of(&status).unwrap()["detail"].as_str().unwrap().to_owned()
    }

    /// The status, once it is as wanted.
    pub async fn status_when(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + PATIENCE;
        let mut last = Value::Null;
        loop {
            if let Ok(response) = self.http.get(format!("{}/v1/status", self.url)).send().await
                && let Ok(status) = response.json().await
            {
                if wanted(&status) {
                    return status;
                }
                last = status;
            }
            assert!(!self.process.has_ended(), "waiting until {what}, the oracle ended: {}", self.process.stderr());
            assert!(Instant::now() < deadline, "{what}: not within {} s; last status {last}", PATIENCE.as_secs());
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    pub fn bundle(&self, epoch: u64) -> Bundle {
        Bundle::read(&self.bundle_folder(epoch)).unwrap()
    }

    pub fn bundle_folder(&self, epoch: u64) -> PathBuf {
        self.folder.join(format!("bundles/epoch-{epoch:08}"))
    }
}
