//! Listening and answering, until it is to stop or something that must not break is broken.

use std::{future::IntoFuture, net::SocketAddr, pin::pin};

use anyhow::{Context, Result, bail};
use axum::Router;
use tokio::{
    net::TcpListener,
    sync::watch,
    task::{JoinHandle, JoinSet},
};

use crate::{
    api::admin::{self, AdminState},
    limits::ClientAddress,
    tls::WebListener,
};

pub async fn listen(address: SocketAddr) -> Result<TcpListener> {
    let listener = TcpListener::bind(address).await;
    listener.with_context(|| format!("cannot listen on {address}: is another server there?"))
}

pub async fn serve_admin(listener: TcpListener, state: AdminState, mut stop: watch::Receiver<bool>) {
    let stopped = async move {
        let _ = stop.wait_for(|stop| *stop).await;
    };
    if let Err(error) = axum::serve(listener, admin::router(state)).with_graceful_shutdown(stopped).await {
        tracing::error!(%error, "metrics are not served any more");
    }
}

/// Answers until `stop` says so. Ends early only if something is broken: better no oracle than one that acknowledges and
/// never closes. Whoever watches the process starts it again.
pub async fn serve(
    listener: WebListener,
    router: Router,
    tasks: &mut JoinSet<()>,
    writing: &mut Option<JoinHandle<std::thread::Result<()>>>,
    stop: watch::Receiver<bool>,
) -> Result<()> {
    let mut stopped = stop.clone();
    let stopped = async move {
        // An error means that the sender is gone: the process is ending.
        let _ = stopped.wait_for(|stop| *stop).await;
    };
    let service = router.into_make_service_with_connect_info::<ClientAddress>();
    let mut serving = pin!(axum::serve(listener, service).with_graceful_shutdown(stopped).into_future());
    loop {
        tokio::select! {
            served = &mut serving => return Ok(served?),
            () = written(writing) => bail!("the log could not be written; see the log lines above"),
            Some(ended) = tasks.join_next() => if !*stop.borrow() {
                bail!("a task of the oracle ended by itself: {ended:?}");
            },
        }
    }
}

/// Ends when the log's writer has ended, where there is one.
async fn written(writing: &mut Option<JoinHandle<std::thread::Result<()>>>) {
    match writing {
        Some(writing) => {
            let _ = writing.await;
        }
        None => std::future::pending().await,
    }
}
