//! A running chain, from start to stop.

use std::{
    sync::mpsc::{RecvTimeoutError, sync_channel},
    thread::{JoinHandle, sleep},
    time::{Duration, Instant},
};

use crossbeam_channel::Sender;
use surfpool_types::{ClockCommand, SimnetCommand};

use super::{LocalChainConfig, LocalChainError, config::Plan, ports::PortLease, thread::Job};

/// How long a start may take. It takes a second or two in a debug build.
const START_TIMEOUT: Duration = Duration::from_secs(60);
/// How long a stop waits for the thread to end and the ports to be free.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);
const STOP_POLL: Duration = Duration::from_millis(5);

/// The slot time given to a chain that stops, in milliseconds: a day. Its clock thread has no
/// end; so it sleeps instead of waking up at every slot for as long as the process lives.
const STOPPED_SLOT_MS: u64 = 24 * 60 * 60 * 1_000;

/// A chain that runs on threads of its own until it is stopped or dropped.
///
/// Starting and stopping block the calling thread; from async code, use
/// `tokio::task::spawn_blocking`. A stopped chain leaves one sleeping thread behind in the process.
#[derive(Debug)]
pub struct LocalChain {
    rpc: PortLease,
    ws: PortLease,
    commands: Sender<SimnetCommand>,
    thread: Option<JoinHandle<Result<(), String>>>,
}

impl LocalChain {
    /// Starts a chain and returns when its RPC answers, its programs are executable and its
    /// balances are given.
    ///
    /// # Errors
    /// See [`LocalChainError`]; nothing keeps running after one, except for a chain that did not
    /// start in time, which is told to stop as soon as it can.
    pub fn start(config: LocalChainConfig) -> Result<Self, LocalChainError> {
        let plan = Plan::check(&config)?;
        let rpc = PortLease::take(config.rpc_port, "RPC")?;
        let ws = PortLease::take(config.ws_port, "websocket")?;
        Self::launch(plan, rpc, ws, START_TIMEOUT)
    }

    /// Starts what `plan` says on the ports given, and waits for at most `timeout`.
    pub(super) fn launch(
        plan: Plan,
        rpc: PortLease,
        ws: PortLease,
        timeout: Duration,
    ) -> Result<Self, LocalChainError> {
        let (commands, inbox) = crossbeam_channel::unbounded();
        let (ready, is_ready) = sync_channel(1);
        let rpc_url = url("http", &rpc);
        let job = Job {
            plan,
            rpc_port: rpc.port(),
            ws_port: ws.port(),
            rpc_url: rpc_url.clone(),
            commands: (commands.clone(), inbox),
            ready,
        };
        let thread = job.spawn().map_err(|error| LocalChainError::ThreadDied { reason: error.to_string() })?;
        let mut chain = Self { rpc, ws, commands, thread: Some(thread) };
        // On an error, the chain is dropped and so stopped.
        match is_ready.recv_timeout(timeout) {
            Ok(outcome) => outcome.map(|()| chain),
            Err(RecvTimeoutError::Timeout) => {
                Err(LocalChainError::StartTimedOut { rpc_url, waited_seconds: timeout.as_secs() })
            }
            Err(RecvTimeoutError::Disconnected) => Err(LocalChainError::ThreadDied { reason: chain.cause_of_death() }),
        }
    }

    /// Where JSON-RPC is served, such as `http://127.0.0.1:8899`.
    pub fn rpc_url(&self) -> String {
        url("http", &self.rpc)
    }

    /// Where subscriptions are served, such as `ws://127.0.0.1:8900`.
    pub fn ws_url(&self) -> String {
        url("ws", &self.ws)
    }

    /// Whether the chain still produces blocks. It ends by itself only if something in it fails.
    pub fn is_running(&self) -> bool {
        self.thread.as_ref().is_some_and(|thread| !thread.is_finished())
    }

    /// Stops the chain, and returns when its ports are free.
    pub fn stop(self) {
        drop(self);
    }

    /// What the thread left when it ended by itself.
    fn cause_of_death(&mut self) -> String {
        match self.thread.take().map(JoinHandle::join) {
            Some(Ok(Err(reason))) => reason,
            Some(Err(panic)) => match panic.downcast_ref::<&str>() {
                Some(message) => format!("panic: {message}"),
                None => match panic.downcast_ref::<String>() {
                    Some(message) => format!("panic: {message}"),
                    None => "panic".into(),
                },
            },
            Some(Ok(Ok(()))) | None => "it gave no reason".into(),
        }
    }
}

impl Drop for LocalChain {
    fn drop(&mut self) {
        let deadline = Instant::now() + STOP_TIMEOUT;
        // A chain that has ended receives nothing, which is as well.
        let idle = ClockCommand::UpdateSlotInterval(STOPPED_SLOT_MS);
        let _ = self.commands.send(SimnetCommand::CommandClock(None, idle));
        let _ = self.commands.send(SimnetCommand::Terminate(None));
        // After a death, the servers may never let go of the ports; no use in waiting for them.
        if let Some(thread) = self.thread.take() {
            while !thread.is_finished() && Instant::now() < deadline {
                sleep(STOP_POLL);
            }
            self.rpc.wait_until_released(deadline);
            self.ws.wait_until_released(deadline);
        }
    }
}

fn url(scheme: &str, port: &PortLease) -> String {
    format!("{scheme}://127.0.0.1:{}", port.port())
}
