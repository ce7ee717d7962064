//! Compares what is recomputed with a bundle, as it is recomputed.

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use trellis_core::attestation::SignedAttestation;

use super::{
    ATTESTATIONS, Bundle, BundleError, CLOSING_DEVICES, CORRECTIONS, DEVICES, FINDINGS, OPENING_DEVICES,
    OPENING_OPERATORS, OPERATORS, REGISTRY_DEVICES, REGISTRY_OPERATORS, VERDICTS,
    cells::cell,
    ledger_tables::{CorrectionRow, Opened},
    produce::Output,
    rows::{DeviceRow, FindingRow, OperatorLine, VerdictRow},
    table::schema,
    table_read::BatchReader,
};
use crate::{
    snapshot::{Device, Operator},
    state::DeviceState,
};

/// The first difference between a bundle and what is recomputed from its inputs.
#[derive(Debug, thiserror::Error)]
pub enum Difference {
    /// Rows are counted from 0.
    #[error("{file}, row {row}, column {column}: the bundle says {claimed}, recomputed is {recomputed}")]
    Cell { file: String, row: u64, column: String, claimed: String, recomputed: String },
    #[error(transparent)]
    Unreadable(BundleError),
}

/// Goes through a bundle's tables beside the recomputed ones. Recomputed files are hashed and not kept.
pub struct Comparison<'a> {
    bundle: &'a Bundle,
    open: BTreeMap<&'static str, Claimed>,
}

/// A table of the bundle.
struct Claimed {
    batches: BatchReader,
    /// Rows compared so far.
    rows: u64,
}

impl<'a> Comparison<'a> {
    pub fn new(bundle: &'a Bundle) -> Self {
        Self { bundle, open: BTreeMap::new() }
    }

    fn claimed(&mut self, name: &'static str) -> Result<&mut Claimed, BundleError> {
        let entry = match self.open.entry(name) {
            std::collections::btree_map::Entry::Occupied(entry) => return Ok(entry.into_mut()),
            std::collections::btree_map::Entry::Vacant(entry) => entry,
        };
        let path = self.bundle.folder().join(name);
        let batches = BatchReader::open(&path, &schema_of(name), None)?;
        Ok(entry.insert(Claimed { batches, rows: 0 }))
    }

    fn compare(&mut self, name: &'static str, recomputed: Option<&RecordBatch>) -> Result<(), Difference> {
        let claimed = self.claimed(name).map_err(Difference::Unreadable)?;
        let batch = claimed.batches.next_batch().map_err(Difference::Unreadable)?;
        let first = claimed.rows;
        claimed.rows += recomputed.map_or(0, |batch| batch.num_rows() as u64);
        match batch.as_ref() == recomputed {
            true => Ok(()),
            false => Err(first_difference(name, first, batch.as_ref(), recomputed)),
        }
    }
}

impl Output for Comparison<'_> {
    fn create(&mut self, _name: &'static str) -> io::Result<Box<dyn Write + Send>> {
        Ok(Box::new(io::sink()))
    }

    fn rows(&mut self, name: &'static str, batch: &RecordBatch) -> Result<(), Box<Difference>> {
        self.compare(name, Some(batch)).map_err(Box::new)
    }

    fn end(&mut self, name: &'static str) -> Result<(), Box<Difference>> {
        self.compare(name, None)?;
        self.open.remove(name);
        Ok(())
    }
}

fn first_difference(
    file: &str,
    first: u64,
    claimed: Option<&RecordBatch>,
    recomputed: Option<&RecordBatch>,
) -> Difference {
    let rows = |batch: Option<&RecordBatch>| batch.map_or(0, RecordBatch::num_rows);
    let columns = claimed.or(recomputed).map_or(0, RecordBatch::num_columns);
    let column_name = |column: usize| {
        let schema = claimed.or(recomputed).map(RecordBatch::schema);
        schema.map_or_else(String::new, |schema| schema.field(column).name().clone())
    };
    let at = |batch: Option<&RecordBatch>, row: usize, column: usize| {
        let batch = batch.filter(|batch| row < batch.num_rows());
        batch.map_or_else(|| "no such row".to_owned(), |batch| cell(batch.column(column).as_ref(), row))
    };
    for row in 0..rows(claimed).max(rows(recomputed)) {
        for column in 0..columns {
            let (claimed, recomputed) = (at(claimed, row, column), at(recomputed, row, column));
            if claimed != recomputed {
                let (file, row) = (file.to_owned(), first + row as u64);
                return Difference::Cell { file, row, column: column_name(column), claimed, recomputed };
            }
        }
    }
    // Unequal batches whose every cell reads the same: no writer of this format makes such.
    let words = |text: &str| text.to_owned();
    Difference::Cell {
        file: words(file),
        row: first,
        column: column_name(0),
        claimed: words("another encoding"),
        recomputed: words("this format's"),
    }
}

fn schema_of(name: &str) -> SchemaRef {
    match name {
        REGISTRY_OPERATORS => schema::<Operator>(),
        REGISTRY_DEVICES => schema::<Device>(),
        OPENING_OPERATORS => schema::<Opened>(),
        OPENING_DEVICES | CLOSING_DEVICES => schema::<DeviceState>(),
        CORRECTIONS => schema::<CorrectionRow>(),
        FINDINGS => schema::<FindingRow>(),
        ATTESTATIONS => schema::<SignedAttestation>(),
        VERDICTS => schema::<VerdictRow>(),
        DEVICES => schema::<DeviceRow>(),
        OPERATORS => schema::<OperatorLine>(),
        _ => std::sync::Arc::new(arrow_schema::Schema::empty()),
    }
}
