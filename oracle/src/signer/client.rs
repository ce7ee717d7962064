//! Asks the signer.

use std::{
    io::{BufRead, BufReader, Read, Write},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use solana_address::Address;
use solana_message::Message;
use tokio::runtime::{Handle, RuntimeFlavor};
use trellis_core::{Hash, receipt::ReceiptRoot};

use super::{Answer, MAX_LINE_BYTES, Request};
use crate::{
    key::{OracleSigner, SignError},
    quorum::statement::Statement,
};

/// Longest wait for an answer.
const TIMEOUT: Duration = Duration::from_secs(5);

type Connection = BufReader<UnixStream>;

/// A key that lies in another process.
pub struct RemoteSigner {
    socket: PathBuf,
    address: Address,
    /// Connections that nobody uses now.
    idle: Mutex<Vec<Connection>>,
}

impl RemoteSigner {
    /// Connects and asks for the key's address.
    pub fn connect(socket: &Path) -> Result<Self, SignError> {
        let mut signer = Self { socket: socket.to_owned(), address: Address::default(), idle: Mutex::default() };
        let Answer::Address(address) = signer.ask(&Request::Address)? else { return Err(unexpected()) };
        signer.address = address.parse().map_err(|_| unexpected())?;
        Ok(signer)
    }

    fn ask(&self, request: &Request) -> Result<Answer, SignError> {
        let mut line = serde_json::to_vec(request).map_err(|error| self.away(error))?;
        line.push(b'\n');
        // The signer may be in no hurry: the runtime's other tasks shall not wait for it.
        let outcome = match Handle::try_current().map(|handle| handle.runtime_flavor()) {
            Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(|| self.exchange(&line)),
            _ => self.exchange(&line),
        };
        match outcome.map_err(|error| self.away(error))? {
            Answer::Refused(reason) => Err(SignError::Refused { reason }),
            answer => Ok(answer),
        }
    }

    fn away(&self, reason: impl std::fmt::Display) -> SignError {
        SignError::Away { socket: self.socket.display().to_string(), reason: reason.to_string() }
    }

    fn exchange(&self, line: &[u8]) -> std::io::Result<Answer> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        // A signer that was started again has closed the old connections. Signing twice gives the same signature.
        let kept = idle.and_then(|mut connection| Some((tell(&mut connection, line).ok()?, connection)));
        let (answer, connection) = match kept {
            Some(answered) => answered,
            None => {
                let stream = UnixStream::connect(&self.socket)?;
                stream.set_read_timeout(Some(TIMEOUT))?;
                stream.set_write_timeout(Some(TIMEOUT))?;
                let mut connection = BufReader::new(stream);
                (tell(&mut connection, line)?, connection)
            }
        };
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        Ok(answer)
    }

    fn signature(&self, request: &Request) -> Result<[u8; 64], SignError> {
        let Answer::Signature(text) = self.ask(request)? else { return Err(unexpected()) };
        hex::decode(text).ok().and_then(|bytes| bytes.try_into().ok()).ok_or_else(unexpected)
    }
}

fn tell(connection: &mut Connection, line: &[u8]) -> std::io::Result<Answer> {
    connection.get_mut().write_all(line)?;
    let mut answer = Vec::new();
    connection.take(MAX_LINE_BYTES as u64).read_until(b'\n', &mut answer)?;
    if answer.is_empty() {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    }
    Ok(serde_json::from_slice(&answer)?)
}

fn unexpected() -> SignError {
    SignError::Refused { reason: "its answer is none to what was asked".to_owned() }
}

impl OracleSigner for RemoteSigner {
    fn address(&self) -> Address {
        self.address
    }

    fn sign_receipts(&self, root: &ReceiptRoot) -> Result<[u8; 64], SignError> {
        let ReceiptRoot { network, count, root } = *root;
        self.signature(&Request::Receipts { network, count, root })
    }

    fn sign_bundle(&self, hash: &Hash) -> Result<[u8; 64], SignError> {
        self.signature(&Request::Bundle { hash: *hash })
    }

    fn sign_statement(&self, statement: &Statement) -> Result<[u8; 64], SignError> {
        let said = statement.clone();
        self.signature(&Request::Statement { said })
    }

    fn sign_transaction(&self, message: &Message) -> Result<[u8; 64], SignError> {
        let message = BASE64_STANDARD.encode(message.serialize());
        self.signature(&Request::Transaction { message })
    }
}
