//! Signs for whoever is at the socket, by the rules.

use std::{
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::Path,
    sync::Arc,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{UnixListener, UnixStream},
    sync::watch,
};
use trellis_core::receipt::ReceiptRoot;

use super::{Answer, MAX_LINE_BYTES, Request, Rules, message_from_bytes};
use crate::{
    key::{FileKey, OracleSigner, SignError},
    quorum::statement::Statement,
};

/// Why the signer cannot serve.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    #[error("another signer listens at {socket}")]
    InUse { socket: String },
    #[error("{socket} is no socket: name another place")]
    NoSocket { socket: String },
    #[error("cannot listen at {socket}: {source}")]
    Listen { socket: String, source: std::io::Error },
}

struct Signer {
    key: FileKey,
    rules: Rules,
    /// Only processes of this user are answered.
    uid: u32,
}

/// Serves until `stop` says so. Says on standard output where it listens, once it does.
pub async fn serve(
    socket: &Path,
    key: FileKey,
    rules: Rules,
    mut stop: watch::Receiver<bool>,
) -> Result<(), ServerError> {
    let shown = socket.display().to_string();
    let failed = |source| ServerError::Listen { socket: shown.clone(), source };
    remove_left_over(socket, &shown).await?;
    let listener = UnixListener::bind(socket).map_err(failed)?;
    std::fs::set_permissions(socket, std::fs::Permissions::from_mode(0o600)).map_err(failed)?;
    // Whoever made the socket is whoever runs this process.
    let uid = std::fs::metadata(socket).map_err(failed)?.uid();
    println!("signing for {} at {shown}", key.address());
    let signer = Arc::new(Signer { key, rules, uid });
    loop {
        tokio::select! {
            accepted = listener.accept() => if let Ok((stream, _)) = accepted {
                let signer = Arc::clone(&signer);
                tokio::spawn(async move { signer.answer_all(stream).await });
            },
            _ = stop.wait_for(|stop| *stop) => break,
        }
    }
    let _ = std::fs::remove_file(socket);
    Ok(())
}

/// A signer that was killed leaves its socket behind.
async fn remove_left_over(socket: &Path, shown: &str) -> Result<(), ServerError> {
    use std::os::unix::fs::FileTypeExt;
    let Ok(metadata) = std::fs::symlink_metadata(socket) else { return Ok(()) };
    if !metadata.file_type().is_socket() {
        return Err(ServerError::NoSocket { socket: shown.to_owned() });
    }
    if UnixStream::connect(socket).await.is_ok() {
        return Err(ServerError::InUse { socket: shown.to_owned() });
    }
    std::fs::remove_file(socket).map_err(|source| ServerError::Listen { socket: shown.to_owned(), source })
}

impl Signer {
    async fn answer_all(&self, stream: UnixStream) {
        match stream.peer_cred() {
            Ok(peer) if peer.uid() == self.uid => {}
            Ok(peer) => return tracing::warn!(uid = peer.uid(), "refused a process of another user"),
            Err(error) => return tracing::warn!(%error, "refused a process of an unknown user"),
        }
        let mut stream = BufReader::new(stream);
        loop {
            let mut line = Vec::new();
            let mut bounded = (&mut stream).take(MAX_LINE_BYTES as u64);
            match bounded.read_until(b'\n', &mut line).await {
                Ok(1..) => {}
                _ => return,
            }
            let whole = line.ends_with(b"\n");
            let answer = match whole {
                true => self.answer(&line),
                false => Answer::Refused(format!("a request is one line of at most {MAX_LINE_BYTES} bytes")),
            };
            if let Answer::Refused(reason) = &answer {
                tracing::warn!(reason, "refused");
            }
            let Ok(mut answer) = serde_json::to_vec(&answer) else { return };
            answer.push(b'\n');
            if stream.get_mut().write_all(&answer).await.is_err() || !whole {
                return;
            }
        }
    }

    fn answer(&self, line: &[u8]) -> Answer {
        let signed = match serde_json::from_slice(line) {
            Ok(Request::Address) => return Answer::Address(self.key.address().to_string()),
            Ok(Request::Receipts { network, count, root }) => self.sign_receipts(&ReceiptRoot { network, count, root }),
            Ok(Request::Bundle { hash }) => self.key.sign_bundle(&hash).map_err(words),
            Ok(Request::Statement { said }) => self.sign_statement(&said),
            Ok(Request::Transaction { message }) => self.sign_transaction(&message),
            Err(error) => Err(format!("that is no request: {error}")),
        };
        match signed {
            Ok(signature) => Answer::Signature(hex::encode(signature)),
            Err(reason) => Answer::Refused(reason),
        }
    }

    fn sign_receipts(&self, root: &ReceiptRoot) -> Result<[u8; 64], String> {
        self.rules.check_receipts(root)?;
        self.key.sign_receipts(root).map_err(words)
    }

    fn sign_statement(&self, said: &Statement) -> Result<[u8; 64], String> {
        self.rules.check_statement(said)?;
        self.key.sign_statement(said).map_err(words)
    }

    fn sign_transaction(&self, message: &str) -> Result<[u8; 64], String> {
        let bytes = BASE64_STANDARD.decode(message).map_err(|error| format!("the message is no base64: {error}"))?;
        let message = message_from_bytes(&bytes).ok_or("the bytes are no legacy message in its only encoding")?;
        self.rules.check_transaction(&message)?;
        self.key.sign_transaction(&message).map_err(words)
    }
}

fn words(error: SignError) -> String {
    error.to_string()
}
