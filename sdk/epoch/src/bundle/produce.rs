//! An epoch's bundle from its inputs: same epoch, same bytes.

use std::{
    collections::BTreeMap,
    error::Error,
    io::{self, Write},
};

use arrow_array::RecordBatch;
use serde::Serialize;
use trellis_core::{Hash, attestation::SignedAttestation};

use super::{
    ATTESTATIONS, CLOSING_DEVICES, CORRECTIONS, DEVICES, FINDINGS, MANIFEST, OPENING_DEVICES, OPENING_OPERATORS,
    OPERATORS, POLICY, REGISTRY_DEVICES, REGISTRY_OPERATORS, SNAPSHOT, VERDICTS,
    audit_output::Difference,
    ledger_tables::{CorrectionRow, Opened},
    rows::{DeviceRow, FileEntry, FindingRow, Manifest, OperatorLine, VERSION, VerdictRow},
    table::{self, CHUNK_ROWS, Hashing, Row, TableWriter},
};
use crate::{
    close::{self, CloseError, ClosedEpoch},
    snapshot::SnapshotHeader,
    state::LedgerState,
    verify::{self, BLOCK, EpochContext, Verdict},
};

/// Everything that a bundle depends on but its attestations.
#[derive(Clone, Copy, Debug)]
pub struct EpochBasis<'a> {
    pub context: EpochContext<'a>,
    /// Hash of the epoch before's bundle.
    pub previous_bundle: Option<Hash>,
}

/// Gives blocks of [`BLOCK`] attestations in canonical order, each identical one once; a shorter one at the end, then
/// `None`.
pub type BlockSource<'a> = dyn FnMut() -> Result<Option<Vec<SignedAttestation>>, Box<dyn Error + Send + Sync>> + 'a;

/// A bundle that was written.
#[derive(Clone, Debug)]
pub struct Produced {
    pub manifest: Manifest,
    /// BLAKE3 of the manifest's bytes.
    pub hash: Hash,
    pub closed: ClosedEpoch,
}

/// Where a bundle's files go.
pub trait Output {
    fn create(&mut self, name: &'static str) -> io::Result<Box<dyn Write + Send>>;

    /// Sees the rows of the table `name`, in order, before they are written.
    fn rows(&mut self, _name: &'static str, _batch: &RecordBatch) -> Result<(), Box<Difference>> {
        Ok(())
    }

    /// Sees that the table `name` has no more rows.
    fn end(&mut self, _name: &'static str) -> Result<(), Box<Difference>> {
        Ok(())
    }
}

/// Why a bundle could not be produced.
#[derive(Debug, thiserror::Error)]
pub enum ProduceError {
    #[error("cannot write {file}: {source}")]
    Write { file: &'static str, source: io::Error },
    #[error("cannot write {file}: {source}")]
    Table { file: &'static str, source: parquet::errors::ParquetError },
    #[error(transparent)]
    Close(#[from] CloseError),
    #[error("cannot read the epoch's attestations: {0}")]
    Attestations(Box<dyn Error + Send + Sync>),
    #[error(transparent)]
    Differs(Box<Difference>),
}

/// Closes the epoch of `basis` and writes everything about it to `output`.
pub fn produce(
    basis: &EpochBasis<'_>,
    attestations: &mut BlockSource<'_>,
    output: &mut dyn Output,
) -> Result<Produced, ProduceError> {
    let context = &basis.context;
    close::check(context)?;
    let mut files = Files { output, entries: BTreeMap::new() };
    files.inputs(context)?;

    let mut attestation_table = files.table::<SignedAttestation>(ATTESTATIONS)?;
    let mut verdict_table = files.table::<VerdictRow>(VERDICTS)?;
    let judged = verify::verify_blocks(
        context,
        &mut || attestations().map_err(ProduceError::Attestations),
        &mut |attestations: &[SignedAttestation], verdicts: Vec<Verdict>| {
            debug_assert!(attestations.len() <= BLOCK && BLOCK.is_multiple_of(CHUNK_ROWS));
            files.write(&mut attestation_table, attestations)?;
            let rows: Vec<VerdictRow> = verdicts.into_iter().map(VerdictRow::from).collect();
            files.write(&mut verdict_table, &rows)
        },
    )?;
    files.finish(attestation_table)?;
    files.finish(verdict_table)?;

    let closed = close::settle(context, judged)?;
    let corrections: Vec<CorrectionRow> = std::iter::zip(context.corrections, &closed.corrections)
        .map(|(signed, outcome)| CorrectionRow::new(*signed, outcome))
        .collect();
    files.whole(CORRECTIONS, &corrections, Clone::clone)?;
    files.whole(FINDINGS, &closed.findings, |found| FindingRow::from(found))?;
    files.whole(DEVICES, &closed.devices, |row| DeviceRow::from(row))?;
    files.whole(OPERATORS, &closed.operators, |row| OperatorLine::from(row))?;
    files.whole(CLOSING_DEVICES, &closed.closing.devices, |state| *state)?;

    let Files { output, entries } = files;
    let manifest = manifest(basis, &closed, entries);
    let bytes = pretty(&manifest);
    let mut out = output.create(MANIFEST).map_err(|source| ProduceError::Write { file: MANIFEST, source })?;
    out.write_all(&bytes)
        .and_then(|()| out.flush())
        .map_err(|source| ProduceError::Write { file: MANIFEST, source })?;
    Ok(Produced { manifest, hash: *blake3::hash(&bytes).as_bytes(), closed })
}

fn manifest(basis: &EpochBasis<'_>, closed: &ClosedEpoch, files: BTreeMap<String, FileEntry>) -> Manifest {
    let EpochContext { epoch, snapshot, opening, .. } = basis.context;
    Manifest {
        version: VERSION,
        network: snapshot.network,
        vault: snapshot.vault,
        epoch: epoch.get(),
        root: closed.rewards_tree.root(),
        devices_root: closed.devices_tree.root(),
        // Operator indices are u32, so their number fits.
        leaf_count: closed.operators.len() as u32,
        cumulative_total: closed.cumulative_total.get(),
        attestations: closed.attestations,
        accepted: closed.accepted,
        emission: closed.emission.get(),
        opening_carry: opening.carry,
        distributed: closed.distributed.get(),
        withheld: closed.withheld.get(),
        credited: closed.credited.get(),
        carry: closed.closing.carry,
        opening_corrections: opening.books.next,
        corrections: closed.closing.books.next,
        previous_bundle: basis.previous_bundle.map(hex::encode),
        files,
    }
}

/// The files written so far.
struct Files<'o> {
    output: &'o mut dyn Output,
    entries: BTreeMap<String, FileEntry>,
}

/// A table that is being written.
struct Table<R> {
    name: &'static str,
    writer: TableWriter<R>,
}

impl Files<'_> {
    fn inputs(&mut self, context: &EpochContext<'_>) -> Result<(), ProduceError> {
        let EpochContext { snapshot, policy, opening, .. } = *context;
        self.bytes(SNAPSHOT, &pretty(&SnapshotHeader::from(snapshot)))?;
        self.bytes(POLICY, &policy.canonical_bytes())?;
        self.whole(REGISTRY_OPERATORS, &snapshot.operators, |operator| *operator)?;
        self.whole(REGISTRY_DEVICES, &snapshot.devices, |device| *device)?;
        self.opening_operators(opening)?;
        self.whole(OPENING_DEVICES, &opening.devices, |state| *state)
    }

    fn opening_operators(&mut self, opening: &LedgerState) -> Result<(), ProduceError> {
        let mut table = self.table(OPENING_OPERATORS)?;
        let mut indices = 0u32..;
        for cumulative in opening.cumulative.chunks(CHUNK_ROWS) {
            let row = |(&cumulative, index): (&u64, u32)| {
                let (debt, credit) = (opening.books.debt_of(index).get(), opening.books.credit_of(index).get());
                Opened { cumulative, debt, credit }
            };
            let rows: Vec<Opened> = cumulative.iter().zip(indices.by_ref()).map(row).collect();
            self.write(&mut table, &rows)?;
        }
        self.finish(table)
    }

    fn create(&mut self, name: &'static str) -> Result<Hashing, ProduceError> {
        let out = self.output.create(name).map_err(|source| ProduceError::Write { file: name, source })?;
        Ok(Hashing::new(out))
    }

    fn bytes(&mut self, name: &'static str, bytes: &[u8]) -> Result<(), ProduceError> {
        let mut out = self.create(name)?;
        let written = out.write_all(bytes).and_then(|()| out.finish());
        self.entries.insert(name.to_owned(), written.map_err(|source| ProduceError::Write { file: name, source })?);
        Ok(())
    }

    fn table<R: Row>(&mut self, name: &'static str) -> Result<Table<R>, ProduceError> {
        let writer =
            TableWriter::new(self.create(name)?).map_err(|source| ProduceError::Table { file: name, source })?;
        Ok(Table { name, writer })
    }

    /// Writes a multiple of [`CHUNK_ROWS`] rows; any number at the end of the table.
    fn write<R: Row>(&mut self, table: &mut Table<R>, rows: &[R]) -> Result<(), ProduceError> {
        let name = table.name;
        for rows in rows.chunks(CHUNK_ROWS) {
            let failed = |source| ProduceError::Table { file: name, source };
            let batch = table::batch(rows).map_err(failed)?;
            self.output.rows(name, &batch).map_err(ProduceError::Differs)?;
            table.writer.write(&batch).map_err(failed)?;
        }
        Ok(())
    }

    fn finish<R: Row>(&mut self, table: Table<R>) -> Result<(), ProduceError> {
        self.output.end(table.name).map_err(ProduceError::Differs)?;
        let entry = table.writer.finish().map_err(|source| ProduceError::Table { file: table.name, source })?;
        self.entries.insert(table.name.to_owned(), entry);
        Ok(())
    }

    /// A table of everything in `items`.
    fn whole<T, R: Row>(&mut self, name: &'static str, items: &[T], row: fn(&T) -> R) -> Result<(), ProduceError> {
        let mut table = self.table(name)?;
        for items in items.chunks(CHUNK_ROWS) {
            let rows: Vec<R> = items.iter().map(row).collect();
            self.write(&mut table, &rows)?;
        }
        self.finish(table)
    }
}

/// JSON with one field a line and a final newline.
fn pretty(value: &impl Serialize) -> Vec<u8> {
    // Plain structs, vectors and string-keyed maps always serialize.
    let mut bytes = serde_json::to_vec_pretty(value).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}
