//! A cell of a table in words.

use arrow_array::{
    Array, BinaryArray, BooleanArray, FixedSizeBinaryArray, Int64Array, StringArray, UInt8Array, UInt16Array,
    UInt32Array, UInt64Array,
};
use arrow_schema::DataType;

/// Keys and hashes in hex, numbers in digits, text as it is.
pub fn cell(column: &dyn Array, row: usize) -> String {
    if column.is_null(row) {
        return "nothing".to_owned();
    }
    let any = column.as_any();
    let text = match column.data_type() {
        DataType::FixedSizeBinary(_) => {
            any.downcast_ref().map(|column: &FixedSizeBinaryArray| hex::encode(column.value(row)))
        }
        DataType::Binary => any.downcast_ref().map(|column: &BinaryArray| hex::encode(column.value(row))),
        DataType::Utf8 => any.downcast_ref().map(|column: &StringArray| column.value(row).to_owned()),
        DataType::Boolean => any.downcast_ref().map(|column: &BooleanArray| column.value(row).to_string()),
        DataType::Int64 => any.downcast_ref().map(|column: &Int64Array| column.value(row).to_string()),
        DataType::UInt8 => any.downcast_ref().map(|column: &UInt8Array| column.value(row).to_string()),
        DataType::UInt16 => any.downcast_ref().map(|column: &UInt16Array| column.value(row).to_string()),
        DataType::UInt32 => any.downcast_ref().map(|column: &UInt32Array| column.value(row).to_string()),
        DataType::UInt64 => any.downcast_ref().map(|column: &UInt64Array| column.value(row).to_string()),
        _ => None,
    };
    text.unwrap_or_else(|| "a value of an unknown type".to_owned())
}
