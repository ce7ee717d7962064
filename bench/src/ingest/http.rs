//! As little of an HTTP client as a load generator needs: what it costs is taken from the server's cores.

use std::{
    io::{IoSlice, Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};

/// Longest wait for an answer.
const TIMEOUT: Duration = Duration::from_secs(30);

/// One connection that is kept open.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub fn open(port: u16) -> Result<Self> {
        let stream = TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], port)))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        stream.set_write_timeout(Some(TIMEOUT))?;
        Ok(Self { stream, buffer: Vec::new() })
    }

    /// Posts frames, and gives status and body of the answer.
    pub fn post(&mut self, frames: &[u8]) -> Result<(u16, &[u8])> {
        let head = format!(
            "POST /v1/attestations HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/octet-stream\r\n\
             content-length: {}\r\n\r\n",
            frames.len()
        );
        let written = self.stream.write_vectored(&[IoSlice::new(head.as_bytes()), IoSlice::new(frames)])?;
        match written.checked_sub(head.len()) {
            Some(of_frames) => self.stream.write_all(&frames[of_frames..])?,
            None => bail!("the head of a request was not written in one go"),
        }
        self.buffer.clear();
        let head_bytes = loop {
            self.read_some()?;
            if let Some(end) = self.buffer.windows(4).position(|window| window == b"\r\n\r\n") {
                break end + 4;
            }
        };
        let head = std::str::from_utf8(&self.buffer[..head_bytes])?.to_ascii_lowercase();
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).context("a status")?;
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
        let length = length.context("an answer without a length")?;
        while self.buffer.len() < head_bytes + length {
            self.read_some()?;
        }
        Ok((status, &self.buffer[head_bytes..head_bytes + length]))
    }

    fn read_some(&mut self) -> Result<()> {
        let mut chunk = [0; 16 << 10];
        let read = self.stream.read(&mut chunk)?;
        ensure!(read > 0, "the server closed the connection");
        self.buffer.extend_from_slice(&chunk[..read]);
        Ok(())
    }
}
