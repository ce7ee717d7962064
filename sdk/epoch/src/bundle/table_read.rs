//! Reading a table back, batch by batch.

use std::{
    fs::File,
    path::{Path, PathBuf},
};

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use parquet::{
    arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder},
    file::statistics::Statistics,
};
use trellis_core::DeviceKey;

use super::{
    BundleError,
    table::{CHUNK_ROWS, Columns, DEVICE_COLUMN, Row, schema},
};

/// The batches of a table whose columns are the right ones.
pub struct BatchReader {
    path: PathBuf,
    batches: ParquetRecordBatchReader,
}

impl BatchReader {
    /// All rows; or, given `device`, the rows of the row groups that may hold it.
    pub fn open(path: &Path, wanted: &SchemaRef, device: Option<&DeviceKey>) -> Result<Self, BundleError> {
        let file = File::open(path).map_err(|source| BundleError::Unreadable { path: path.to_owned(), source })?;
        let damaged = |detail: String| BundleError::Damaged { path: path.to_owned(), detail };
        let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
        let builder = ParquetRecordBatchReaderBuilder::try_new_with_options(file, options);
        let mut builder = builder.map_err(|error| damaged(error.to_string()))?;
        if builder.schema().fields() != wanted.fields() {
            let names: Vec<_> = wanted.fields().iter().map(|field| field.name().as_str()).collect();
            return Err(damaged(format!("its columns are not {}", names.join(", "))));
        }
        if let Some(device) = device {
            let key = device.to_bytes();
            let groups = builder.metadata().row_groups().iter().enumerate();
            // Attestations have other columns before it.
            let column = wanted.index_of(DEVICE_COLUMN).map_err(|error| damaged(error.to_string()))?;
            let groups = groups.filter(|(_, group)| may_hold(group.column(column).statistics(), &key));
            let groups = groups.map(|(index, _)| index).collect();
            builder = builder.with_row_groups(groups);
        }
        let batches = builder.with_batch_size(CHUNK_ROWS).build().map_err(|error| damaged(error.to_string()))?;
        Ok(Self { path: path.to_owned(), batches })
    }

    pub fn next_batch(&mut self) -> Result<Option<RecordBatch>, BundleError> {
        let batch = self.batches.next().transpose();
        batch.map_err(|error| BundleError::Damaged { path: self.path.clone(), detail: error.to_string() })
    }
}

/// Without statistics any row group may hold anything.
fn may_hold(statistics: Option<&Statistics>, key: &[u8]) -> bool {
    let bounds = statistics.and_then(|statistics| Some((statistics.min_bytes_opt()?, statistics.max_bytes_opt()?)));
    bounds.is_none_or(|(min, max)| min <= key && key <= max)
}

/// The rows of a table, some thousands at a time.
pub struct TableReader<R> {
    batches: BatchReader,
    /// Rows read so far.
    rows: u64,
    row: std::marker::PhantomData<R>,
}

impl<R: Row> TableReader<R> {
    pub(super) fn open(path: &Path, device: Option<&DeviceKey>) -> Result<Self, BundleError> {
        let batches = BatchReader::open(path, &schema::<R>(), device)?;
        Ok(Self { batches, rows: 0, row: std::marker::PhantomData })
    }

    /// The next rows; `None` at the end.
    pub fn next_rows(&mut self) -> Result<Option<Vec<R>>, BundleError> {
        let Some(batch) = self.batches.next_batch()? else { return Ok(None) };
        let columns = Columns(&batch);
        let rows = (0..batch.num_rows()).map(|at| {
            R::from_batch(&columns, at).map_err(|detail| {
                let detail = format!("row {}: {detail}", self.rows + at as u64);
                BundleError::Damaged { path: self.batches.path.clone(), detail }
            })
        });
        let rows = rows.collect::<Result<Vec<R>, _>>()?;
        self.rows += rows.len() as u64;
        Ok(Some(rows))
    }

    /// All rows that are left.
    pub fn all(mut self) -> Result<Vec<R>, BundleError> {
        let mut all = Vec::new();
        while let Some(rows) = self.next_rows()? {
            all.extend(rows);
        }
        Ok(all)
    }
}
