//! NATS JetStream, taking the same payloads: one message an attestation, its acknowledgement awaited later.

use std::{
    collections::VecDeque,
    fs,
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use async_nats::jetstream::{self, context::ContextBuilder, stream};

use super::bodies::FRAME_BYTES;
use crate::child::Figures;

/// Messages whose acknowledgements are out.
const IN_FLIGHT: usize = 16_384;
/// Longest time to start.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server with a folder of its own, stopped when dropped.
pub struct Server {
    child: Child,
    pub port: u16,
}

impl Server {
    /// Starts Debian's nats-server, and installs it if it is not there.
    pub fn start(folder: &Path) -> Result<Self> {
        if Command::new("nats-server").arg("--version").stdout(Stdio::null()).status().is_err() {
            let install =
                Command::new("apt-get").args(["install", "-y", "--no-install-recommends", "nats-server"]).output()?;
            ensure!(install.status.success(), "nats-server: {}", String::from_utf8_lossy(&install.stderr));
        }
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut command = Command::new("nats-server");
        command.args(["-js", "-a", "127.0.0.1", "-p", &port.to_string(), "-sd"]).arg(folder);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().context("nats-server")?;
        Ok(Self { child, port })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Publishes each attestation of `file`.
pub fn run(port: u16, file: &Path) -> Result<Figures> {
    let frames = fs::read(file)?;
    let runtime = tokio::runtime::Runtime::new()?;
    let (elapsed, count) = runtime.block_on(async {
        let client = connect(port).await?;
        let jetstream = ContextBuilder::new().max_ack_inflight(IN_FLIGHT + 1).build(client);
        let config = stream::Config {
            name: "attestations".to_owned(),
            subjects: vec!["attestations".to_owned()],
            storage: stream::StorageType::File,
            ..stream::Config::default()
        };
        jetstream.create_stream(config).await?;
        let payloads: Vec<bytes::Bytes> =
            frames.chunks(FRAME_BYTES).map(|frame| bytes::Bytes::copy_from_slice(&frame[2..])).collect();
        let count = payloads.len();
        let start = Instant::now();
        let mut waiting = VecDeque::with_capacity(IN_FLIGHT);
        for payload in payloads {
            if waiting.len() == IN_FLIGHT
                && let Some(first) = waiting.pop_front()
            {
                acknowledged(first).await?;
            }
            waiting.push_back(jetstream.publish("attestations", payload).await?);
        }
        for last in waiting {
            acknowledged(last).await?;
        }
        anyhow::Ok((start.elapsed(), count))
    })?;
    Ok(Figures::from([("per_second".to_owned(), count as f64 / elapsed.as_secs_f64())]))
}

async fn acknowledged(publishing: jetstream::context::PublishAckFuture) -> Result<()> {
    publishing.await.context("a message was not acknowledged")?;
    Ok(())
}

async fn connect(port: u16) -> Result<async_nats::Client> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match async_nats::connect(format!("127.0.0.1:{port}")).await {
            Ok(client) => return Ok(client),
            Err(error) if Instant::now() > deadline => return Err(error).context("nats-server does not answer"),
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}
