//! A line between two oracles, which a test can cut.

use std::sync::{Arc, Mutex};

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// Passes TCP connections on. Ends with the test's runtime.
pub struct Link {
    pub url: String,
    to: Arc<Mutex<Option<String>>>,
    is_cut: watch::Sender<bool>,
}

impl Link {
    /// Leads nowhere until [`connect`](Self::connect).
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let to = Arc::new(Mutex::new(None::<String>));
        let is_cut = watch::channel(false).0;
        tokio::spawn({
            let (to, is_cut) = (Arc::clone(&to), is_cut.subscribe());
            async move {
                while let Ok((stream, _)) = listener.accept().await {
                    let to = to.lock().unwrap().clone();
                    tokio::spawn(pass(stream, to, is_cut.clone()));
                }
            }
        });
        Self { url, to, is_cut }
    }

    /// Leads to the server at `url`.
    pub fn connect(&self, url: &str) {
        *self.to.lock().unwrap() = Some(url.strip_prefix("http://").unwrap().to_owned());
    }

    /// Breaks all connections, and takes no more.
    pub fn cut(&self) {
        self.is_cut.send_replace(true);
    }

    pub fn heal(&self) {
        self.is_cut.send_replace(false);
    }
}

async fn pass(mut stream: TcpStream, to: Option<String>, mut is_cut: watch::Receiver<bool>) {
    let (Some(to), false) = (to, *is_cut.borrow()) else { return };
    let Ok(mut server) = TcpStream::connect(to).await else { return };
    tokio::select! {
        _ = copy_bidirectional(&mut stream, &mut server) => {}
        _ = is_cut.wait_for(|is_cut| *is_cut) => {}
    }
}
