//! Rows as columns of a Parquet table, and the writer of such a table.

use std::{
    io::{self, Write},
    marker::PhantomData,
    sync::Arc,
};

use arrow_array::{
    Array, ArrayRef, BinaryArray, BooleanArray, FixedSizeBinaryArray, Int64Array, PrimitiveArray, RecordBatch,
    StringArray, builder::FixedSizeBinaryBuilder, types::ArrowPrimitiveType,
};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use parquet::{
    arrow::{ArrowWriter, arrow_writer::ArrowWriterOptions},
    basic::Compression,
    errors::ParquetError,
    file::properties::{EnabledStatistics, WriterProperties, WriterVersion},
    schema::types::ColumnPath,
};

use super::rows::FileEntry;

/// Rows that are converted, compared and read at a time.
pub const CHUNK_ROWS: usize = 8_192;
/// Rows of a row group: what has to be decoded to find one of them.
const ROW_GROUP_ROWS: usize = 16_384;

/// The column by which a device's rows are found.
pub const DEVICE_COLUMN: &str = "device";

/// One row of a table.
pub trait Row: Sized {
    /// Name and type of each column; nullable where the flag says so.
    fn columns() -> Vec<(&'static str, DataType, bool)>;
    /// Columns whose values repeat.
    const REPEATING: &'static [&'static str] = &[];
    fn arrays(rows: &[Self]) -> Vec<ArrayRef>;
    /// Row `at` of a batch that has these columns.
    fn from_batch(columns: &Columns<'_>, at: usize) -> Result<Self, String>;
}

pub fn schema<R: Row>() -> SchemaRef {
    let field = |(name, kind, nullable)| Field::new(name, kind, nullable);
    Arc::new(Schema::new(R::columns().into_iter().map(field).collect::<Vec<_>>()))
}

pub fn batch<R: Row>(rows: &[R]) -> Result<RecordBatch, ParquetError> {
    RecordBatch::try_new(schema::<R>(), R::arrays(rows)).map_err(Into::into)
}

/// Passes bytes on and remembers their number and hash.
pub struct Hashing {
    out: Box<dyn Write + Send>,
    hasher: blake3::Hasher,
}

impl Hashing {
    pub fn new(out: Box<dyn Write + Send>) -> Self {
        Self { out, hasher: blake3::Hasher::new() }
    }

    pub fn finish(mut self) -> io::Result<FileEntry> {
        self.out.flush()?;
        Ok(FileEntry { bytes: self.hasher.count(), blake3: self.hasher.finalize().to_hex().to_string() })
    }
}

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Writes a table's rows as they come.
pub struct TableWriter<R> {
    writer: ArrowWriter<Hashing>,
    rows: PhantomData<R>,
}

impl<R: Row> TableWriter<R> {
    pub fn new(out: Hashing) -> Result<Self, ParquetError> {
        let options = ArrowWriterOptions::new().with_properties(properties::<R>()).with_skip_arrow_metadata(true);
        let writer = ArrowWriter::try_new_with_options(out, schema::<R>(), options)?;
        Ok(Self { writer, rows: PhantomData })
    }

    /// Writes a batch of [`CHUNK_ROWS`] rows; the last one may be shorter.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<(), ParquetError> {
        self.writer.write(batch)
    }

    /// Writes the table's end; its size and hash.
    pub fn finish(self) -> Result<FileEntry, ParquetError> {
        Ok(self.writer.into_inner()?.finish()?)
    }
}

/// Uncompressed: what fills these tables are keys, hashes and signatures. Statistics for finding devices only.
fn properties<R: Row>() -> WriterProperties {
    let mut properties = WriterProperties::builder()
        .set_writer_version(WriterVersion::PARQUET_1_0)
        .set_created_by("trellis".to_owned())
        .set_compression(Compression::UNCOMPRESSED)
        .set_dictionary_enabled(false)
        .set_statistics_enabled(EnabledStatistics::None)
        .set_column_statistics_enabled(ColumnPath::from(DEVICE_COLUMN), EnabledStatistics::Chunk)
        .set_offset_index_disabled(true)
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS));
    for column in R::REPEATING {
        properties = properties.set_column_dictionary_enabled(ColumnPath::from(*column), true);
    }
    properties.build()
}

/// A column of `N` bytes a row.
pub fn fixed<const N: usize>(values: impl ExactSizeIterator<Item = [u8; N]>) -> ArrayRef {
    // N is at most 64.
    let mut column = FixedSizeBinaryBuilder::with_capacity(values.len(), N as i32);
    for value in values {
        // The value has the column's very length, so it is taken.
        let taken = column.append_value(value);
        debug_assert!(taken.is_ok());
    }
    Arc::new(column.finish())
}

/// A column of integers.
pub fn integers<T: ArrowPrimitiveType>(values: impl Iterator<Item = T::Native>) -> ArrayRef {
    Arc::new(PrimitiveArray::<T>::from_iter_values(values))
}

/// A batch whose columns are those of the row type.
pub struct Columns<'a>(pub &'a RecordBatch);

impl<'a> Columns<'a> {
    fn column<T: 'static>(&self, index: usize) -> Result<&'a T, String> {
        let column = self.0.columns().get(index).and_then(|column| column.as_any().downcast_ref());
        column.ok_or_else(|| format!("column {index} has another type"))
    }

    pub fn fixed<const N: usize>(&self, index: usize, at: usize) -> Result<[u8; N], String> {
        let column: &FixedSizeBinaryArray = self.column(index)?;
        column.value(at).try_into().map_err(|_| format!("column {index} has not {N} bytes"))
    }

    pub fn integer<T: ArrowPrimitiveType>(&self, index: usize, at: usize) -> Result<T::Native, String> {
        Ok(self.column::<PrimitiveArray<T>>(index)?.value(at))
    }

    /// `None` where the cell is empty.
    pub fn optional<T: ArrowPrimitiveType>(&self, index: usize, at: usize) -> Result<Option<T::Native>, String> {
        let column = self.column::<PrimitiveArray<T>>(index)?;
        Ok((!column.is_null(at)).then(|| column.value(at)))
    }

    pub fn is_null(&self, index: usize, at: usize) -> bool {
        self.0.columns().get(index).is_none_or(|column| column.is_null(at))
    }

    pub fn boolean(&self, index: usize, at: usize) -> Result<bool, String> {
        Ok(self.column::<BooleanArray>(index)?.value(at))
    }

    pub fn text(&self, index: usize, at: usize) -> Result<&'a str, String> {
        Ok(self.column::<StringArray>(index)?.value(at))
    }

    pub fn binary(&self, index: usize, at: usize) -> Result<&'a [u8], String> {
        Ok(self.column::<BinaryArray>(index)?.value(at))
    }

    pub fn time(&self, index: usize, at: usize) -> Result<i64, String> {
        Ok(self.column::<Int64Array>(index)?.value(at))
    }
}
