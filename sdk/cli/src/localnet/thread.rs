//! The thread on which a chain runs, from its making to the end of its run loop.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::SyncSender,
    },
    thread::JoinHandle,
    time::Duration,
};

use crossbeam_channel::{Receiver, Sender};
use serde_json::json;
use surfpool_core::{
    runloops::start_local_surfnet_runloop,
    surfnet::{
        locker::SurfnetSvmLocker,
        svm::{SurfnetSvm, SurfnetSvmConfig},
    },
};
use surfpool_types::{BlockProductionMode, RpcConfig, SimnetCommand, SimnetConfig, SimnetEvent, SurfpoolConfig};
use tokio::sync::oneshot;

use super::{LocalChainError, config::Plan, rpc::RpcClient};

/// Stack of the threads that execute transactions, in bytes. Without optimisation, nested calls
/// of programs need more than the 2 MiB that a thread gets by itself.
const STACK_BYTES: usize = 16 * 1024 * 1024;
/// The run loop has the chain's thread; these run its short tasks.
const WORKERS: usize = 2;
const READY_POLL: Duration = Duration::from_millis(10);
/// How soon the reader of events notices that the chain has ended.
const EVENTS_POLL: Duration = Duration::from_millis(100);

/// What a chain's thread is started with.
pub(super) struct Job {
    pub plan: Plan,
    pub rpc_port: u16,
    pub ws_port: u16,
    pub rpc_url: String,
    /// Both ends: the RPC server sends into the channel from which the run loop receives.
    pub commands: (Sender<SimnetCommand>, Receiver<SimnetCommand>),
    /// Gets one message: the chain is ready, or why it never will be.
    pub ready: SyncSender<Result<(), LocalChainError>>,
}

impl Job {
    /// Starts the thread. It ends when the run loop does, with what went wrong if anything did.
    pub fn spawn(self) -> std::io::Result<JoinHandle<Result<(), String>>> {
        std::thread::Builder::new().name("local-chain".into()).stack_size(STACK_BYTES).spawn(move || self.run())
    }

    fn run(self) -> Result<(), String> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(WORKERS)
            .thread_name("local-chain-worker")
            .thread_stack_size(STACK_BYTES)
            .enable_all()
            .build()
            .map_err(|error| error.to_string())?;
        let ended = Arc::new(AtomicBool::new(false));
        let outcome = runtime.block_on(self.run_chain(&ended));
        ended.store(true, Ordering::Relaxed);
        // Not dropped, which would wait for whatever a worker is still at.
        runtime.shutdown_background();
        outcome
    }

    async fn run_chain(self, ended: &Arc<AtomicBool>) -> Result<(), String> {
        let (mut svm, events, geyser) =
            SurfnetSvm::new_with_db(None, self.svm_config()).map_err(|error| error.to_string())?;
        set_start_time(&mut svm, self.plan.start_unix_ms);
        let locker = SurfnetSvmLocker::new(svm);

        let (core_started, core_has_started) = oneshot::channel();
        let reader_ended = ended.clone();
        std::thread::Builder::new()
            .name("local-chain-events".into())
            .spawn(move || read_events(&events, core_started, &reader_ended))
            .map_err(|error| error.to_string())?;

        let config = self.surfpool_config();
        let Self { plan, rpc_url, commands: (commands_tx, commands_rx), ready, .. } = self;
        // Before the RPC server listens: whoever finds it finds the programs.
        for program in &plan.programs {
            if let Err(error) = program.place(&locker).await {
                // No one listens if the starter has given up, and then no one needs to know.
                let _ = ready.send(Err(error));
                return Ok(());
            }
        }
        let preparation = prepare(core_has_started, locker.clone(), plan, rpc_url);
        tokio::spawn(async move {
            if let Some(outcome) = preparation.await {
                let _ = ready.send(outcome);
            }
        });
        start_local_surfnet_runloop(locker, config, commands_tx, commands_rx, geyser)
            .await
            .map_err(|error| error.to_string())
    }

    fn svm_config(&self) -> SurfnetSvmConfig {
        SurfnetSvmConfig {
            slot_time: self.plan.slot_ms,
            // Profiling runs each transaction again for each of its instructions.
            instruction_profiling_enabled: false,
            ..SurfnetSvmConfig::default()
        }
    }

    fn surfpool_config(&self) -> SurfpoolConfig {
        SurfpoolConfig {
            simnets: vec![SimnetConfig {
                // Otherwise accounts that are missing here are fetched from mainnet.
                offline_mode: true,
                remote_rpc_url: None,
                slot_time: self.plan.slot_ms,
                // A block per transaction would use up block hashes, and run the clock ahead.
                block_production_mode: BlockProductionMode::Clock,
                instruction_profiling_enabled: false,
                ..SimnetConfig::default()
            }],
            rpc: RpcConfig {
                bind_host: "127.0.0.1".into(),
                bind_port: self.rpc_port,
                ws_port: self.ws_port,
                ..RpcConfig::default()
            },
            ..SurfpoolConfig::default()
        }
    }
}

/// Makes `start_unix_ms` the time of the first slot. Each block then adds a slot time to
/// `updated_at`, and the Clock sysvar follows it; block times are counted from
/// `genesis_updated_at`.
fn set_start_time(svm: &mut SurfnetSvm, start_unix_ms: u64) {
    svm.updated_at = start_unix_ms;
    svm.genesis_updated_at = start_unix_ms;
    svm.reconstruct_sysvars();
}

/// Takes the chain's events out of their bounded channel, where a full one blocks the chain, and
/// reports the one that says that its servers are bound.
fn read_events(events: &Receiver<SimnetEvent>, core_started: oneshot::Sender<()>, ended: &AtomicBool) {
    let mut core_started = Some(core_started);
    while !ended.load(Ordering::Relaxed) {
        match events.recv_timeout(EVENTS_POLL) {
            Ok(SimnetEvent::CoreStarted(_)) => {
                if let Some(core_started) = core_started.take() {
                    let _ = core_started.send(());
                }
            }
            Ok(_) => {}
            Err(error) if error.is_timeout() => {}
            Err(_) => return,
        }
    }
}

/// Gives the balances and waits until the RPC server answers and shows the programs. `None` if
/// the chain ended first; the thread's own outcome says why.
async fn prepare(
    core_has_started: oneshot::Receiver<()>,
    locker: SurfnetSvmLocker,
    plan: Plan,
    rpc_url: String,
) -> Option<Result<(), LocalChainError>> {
    core_has_started.await.ok()?;
    // After the start of the core: each airdrop puts events into a bounded channel that only the
    // running core empties.
    for (&address, &lamports) in &plan.airdrops {
        let reason = match locker.airdrop(&address, lamports) {
            Ok(Ok(_)) => continue,
            Ok(Err(failed)) => failed.err.to_string(),
            Err(error) => error.to_string(),
        };
        return Some(Err(LocalChainError::AirdropRefused { address, lamports, reason }));
    }
    let client = match RpcClient::new(&rpc_url) {
        Ok(client) => client,
        Err(error) => {
            return Some(Err(LocalChainError::ThreadDied { reason: error.to_string() }));
        }
    };
    // Bounded by the starter's own wait, after which it stops the chain and with it this task.
    while !answers(&client).await {
        tokio::time::sleep(READY_POLL).await;
    }
    for program in &plan.programs {
        if !is_executable(&client, &program.file.id.to_string()).await {
            return Some(Err(LocalChainError::ProgramRefused {
                id: program.file.id,
                path: program.file.path.clone(),
                reason: "its account is not executable".into(),
            }));
        }
    }
    Some(Ok(()))
}

async fn answers(client: &RpcClient) -> bool {
    let healthy = client.call("getHealth", json!([])).await;
    let version = client.call("getVersion", json!([])).await;
    healthy.is_ok_and(|health| health == "ok") && version.is_ok_and(|version| version["solana-core"].is_string())
}

async fn is_executable(client: &RpcClient, id: &str) -> bool {
    // No bytes of the account are needed.
    let config = json!({ "encoding": "base64", "dataSlice": { "offset": 0, "length": 0 } });
    let account = client.call("getAccountInfo", json!([id, config])).await;
    account.is_ok_and(|account| account["value"]["executable"] == true)
}
