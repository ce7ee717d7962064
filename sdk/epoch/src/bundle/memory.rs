//! A bundle in memory.

use std::{
    collections::BTreeMap,
    io::{self, Write},
    sync::{Arc, Mutex, PoisonError},
};

use trellis_core::{Hash, root_content::RootContent};

use super::{
    produce::{EpochBasis, Output, ProduceError, Produced, produce},
    rows::Manifest,
};
use crate::{
    close::{self, EpochInput},
    corrections,
};

/// A bundle in memory: its files, and the hash that goes to the chain.
#[derive(Clone, Debug)]
pub struct EncodedBundle {
    pub manifest: Manifest,
    /// By name; the manifest is one of them.
    pub files: BTreeMap<&'static str, Vec<u8>>,
    /// BLAKE3 of the manifest's bytes.
    pub hash: Hash,
}

impl EncodedBundle {
    pub fn root_content(&self) -> RootContent {
        self.manifest.root_content(self.hash)
    }
}

/// Closes a small epoch; its bundle in memory.
pub fn encode(input: &EpochInput, previous_bundle: Option<Hash>) -> Result<EncodedBundle, ProduceError> {
    let mut input = input.clone();
    corrections::canonical_order(&mut input.corrections);
    let mut blocks = close::in_blocks(std::mem::take(&mut input.attestations));
    let mut memory = Memory::default();
    let basis = EpochBasis { context: input.context(), previous_bundle };
    let Produced { manifest, hash, .. } = produce(&basis, &mut || Ok(blocks.next()), &mut memory)?;
    let files = std::mem::take(&mut *memory.0.lock().unwrap_or_else(PoisonError::into_inner));
    Ok(EncodedBundle { manifest, files, hash })
}

/// Files in memory.
#[derive(Clone, Default)]
struct Memory(Arc<Mutex<BTreeMap<&'static str, Vec<u8>>>>);

impl Output for Memory {
    fn create(&mut self, name: &'static str) -> io::Result<Box<dyn Write + Send>> {
        Ok(Box::new(MemoryFile { name, files: self.clone() }))
    }
}

struct MemoryFile {
    name: &'static str,
    files: Memory,
}

impl Write for MemoryFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut files = self.files.0.lock().unwrap_or_else(PoisonError::into_inner);
        files.entry(self.name).or_default().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
