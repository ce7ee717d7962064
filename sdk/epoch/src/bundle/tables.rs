//! The columns of each table.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, BinaryArray, BooleanArray, Int64Array, StringArray, UInt64Array,
    types::{Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type},
};
use arrow_schema::DataType::{self, Binary, Boolean, FixedSizeBinary, Int64, UInt8, UInt16, UInt32, UInt64, Utf8};
use trellis_core::{
    DeviceKey,
    attestation::{Attestation, SignedAttestation, WorkKind},
    device_key::KeyKind,
};

use super::{
    rows::{DeviceRow, FindingRow, VerdictRow},
    table::{Columns, DEVICE_COLUMN, Row, fixed, integers},
};
use crate::{
    reason::Reason,
    snapshot::{Device, Operator},
    state::{DeviceState, Place},
};

/// Kind, then the padded key: sorted as [`DeviceKey`]s are.
const DEVICE: (&str, DataType, bool) = (DEVICE_COLUMN, FixedSizeBinary(34), false);

fn device_column<'a>(keys: impl ExactSizeIterator<Item = &'a DeviceKey>) -> ArrayRef {
    fixed(keys.map(DeviceKey::to_bytes))
}

pub(super) fn device_at(columns: &Columns<'_>, index: usize, at: usize) -> Result<DeviceKey, String> {
    let bytes: [u8; 34] = columns.fixed(index, at)?;
    let (kind, padded) = bytes.split_first_chunk::<1>().ok_or("no key")?;
    let kind = KeyKind::from_u8(kind[0]).ok_or_else(|| format!("key kind {} is unknown", kind[0]))?;
    let padded = padded.try_into().map_err(|_| "no key")?;
    DeviceKey::from_padded(kind, padded).ok_or_else(|| format!("{} is no device key", hex::encode(bytes)))
}

fn reason_at(columns: &Columns<'_>, index: usize, at: usize) -> Result<Reason, String> {
    let name = columns.text(index, at)?;
    let reason = Reason::ALL.into_iter().find(|reason| reason.name() == name);
    reason.ok_or_else(|| format!("`{name}` is no reason"))
}

impl Row for SignedAttestation {
    fn columns() -> Vec<(&'static str, DataType, bool)> {
        vec![
            ("version", UInt8, false),
            ("network", FixedSizeBinary(32), false),
            DEVICE,
            ("sequence", UInt64, false),
            ("interval_start_unix", Int64, false),
            ("interval_seconds", UInt32, false),
            ("work_kind", UInt8, false),
            ("payload", Binary, false),
            ("signature", FixedSizeBinary(64), false),
        ]
    }

    const REPEATING: &'static [&'static str] =
        &["version", "network", "device", "interval_start_unix", "interval_seconds", "work_kind"];

    fn arrays(rows: &[Self]) -> Vec<ArrayRef> {
        let all = || rows.iter().map(|signed| &signed.attestation);
        vec![
            integers::<UInt8Type>(all().map(|attestation| attestation.version)),
            fixed(all().map(|attestation| attestation.network)),
            device_column(all().map(|attestation| &attestation.device)),
            integers::<UInt64Type>(all().map(|attestation| attestation.sequence)),
            integers::<Int64Type>(all().map(|attestation| attestation.interval_start_unix)),
            integers::<UInt32Type>(all().map(|attestation| attestation.interval_seconds)),
            integers::<UInt8Type>(all().map(|attestation| attestation.work_kind as u8)),
            Arc::new(BinaryArray::from_iter_values(all().map(|attestation| &attestation.payload))),
            fixed(rows.iter().map(|signed| signed.signature)),
        ]
    }

    fn from_batch(columns: &Columns<'_>, at: usize) -> Result<Self, String> {
        let work_kind = columns.integer::<UInt8Type>(6, at)?;
        let signed = Self {
            attestation: Attestation {
                version: columns.integer::<UInt8Type>(0, at)?,
                network: columns.fixed(1, at)?,
                device: device_at(columns, 2, at)?,
                sequence: columns.integer::<UInt64Type>(3, at)?,
                interval_start_unix: columns.time(4, at)?,
                interval_seconds: columns.integer::<UInt32Type>(5, at)?,
                work_kind: WorkKind::from_u8(work_kind).ok_or_else(|| format!("work kind {work_kind} is unknown"))?,
                payload: columns.binary(7, at)?.to_vec(),
            },
            signature: columns.fixed(8, at)?,
        };
        // Version and lengths are the wire form's to judge.
        match Self::from_bytes(&signed.to_bytes()) {
            Ok(_) => Ok(signed),
            Err(error) => Err(error.to_string()),
        }
    }
}

impl Row for VerdictRow {
    fn columns() -> Vec<(&'static str, DataType, bool)> {
        vec![
            DEVICE,
            ("sequence", UInt64, false),
            ("id", FixedSizeBinary(32), false),
            ("interval_start_unix", Int64, false),
            ("accepted_wh", UInt64, true),
            ("refused", Utf8, true),
            ("detail", Utf8, true),
        ]
    }

    const REPEATING: &'static [&'static str] = &["device", "interval_start_unix", "refused"];

    fn arrays(rows: &[Self]) -> Vec<ArrayRef> {
        vec![
            device_column(rows.iter().map(|row| &row.device)),
            integers::<UInt64Type>(rows.iter().map(|row| row.sequence)),
            fixed(rows.iter().map(|row| row.id)),
            integers::<Int64Type>(rows.iter().map(|row| row.interval_start_unix)),
            Arc::new(UInt64Array::from_iter(rows.iter().map(|row| row.accepted_wh))),
            Arc::new(StringArray::from_iter(rows.iter().map(|row| row.refused.map(Reason::name)))),
            Arc::new(StringArray::from_iter(rows.iter().map(|row| row.detail.as_deref()))),
        ]
    }

    fn from_batch(columns: &Columns<'_>, at: usize) -> Result<Self, String> {
        let refused = match columns.is_null(5, at) {
            true => None,
            false => Some(reason_at(columns, 5, at)?),
        };
        Ok(Self {
            device: device_at(columns, 0, at)?,
            sequence: columns.integer::<UInt64Type>(1, at)?,
            id: columns.fixed(2, at)?,
            interval_start_unix: columns.time(3, at)?,
            accepted_wh: columns.optional::<UInt64Type>(4, at)?,
            refused,
            detail: match columns.is_null(6, at) {
                true => None,
                false => Some(columns.text(6, at)?.to_owned()),
            },
        })
    }
}

impl Row for FindingRow {
    fn columns() -> Vec<(&'static str, DataType, bool)> {
        vec![
            DEVICE,
            ("operator_index", UInt32, false),
            ("reason", Utf8, false),
            ("evidence", Utf8, false),
            ("points_withheld", UInt64, false),
        ]
    }

    fn arrays(rows: &[Self]) -> Vec<ArrayRef> {
        vec![
            device_column(rows.iter().map(|row| &row.device)),
            integers::<UInt32Type>(rows.iter().map(|row| row.operator_index)),
            Arc::new(StringArray::from_iter_values(rows.iter().map(|row| row.reason.name()))),
            Arc::new(StringArray::from_iter_values(rows.iter().map(|row| &row.evidence))),
            integers::<UInt64Type>(rows.iter().map(|row| row.points_withheld)),
        ]
    }

    fn from_batch(columns: &Columns<'_>, at: usize) -> Result<Self, String> {
        Ok(Self {
            device: device_at(columns, 0, at)?,
            operator_index: columns.integer::<UInt32Type>(1, at)?,
            reason: reason_at(columns, 2, at)?,
            evidence: columns.text(3, at)?.to_owned(),
            points_withheld: columns.integer::<UInt64Type>(4, at)?,
        })
    }
}

impl Row for DeviceRow {
    fn columns() -> Vec<(&'static str, DataType, bool)> {
        vec![DEVICE, ("operator_index", UInt32, false), ("points", UInt64, false)]
    }

    fn arrays(rows: &[Self]) -> Vec<ArrayRef> {
        vec![
            device_column(rows.iter().map(|row| &row.device)),
            integers::<UInt32Type>(rows.iter().map(|row| row.operator_index)),
            integers::<UInt64Type>(rows.iter().map(|row| row.points)),
        ]
    }

    fn from_batch(columns: &Columns<'_>, at: usize) -> Result<Self, String> {
        Ok(Self {
            device: device_at(columns, 0, at)?,
            operator_index: columns.integer::<UInt32Type>(1, at)?,
            points: columns.integer::<UInt64Type>(2, at)?,
        })
    }
}

impl Row for Operator {
    fn columns() -> Vec<(&'static str, DataType, bool)> {
        vec![
            ("index", UInt32, false),
            ("wallet", FixedSizeBinary(32), false),
            ("payout_wallet", FixedSizeBinary(32), false),
        ]
    }

    fn arrays(rows: &[Self]) -> Vec<ArrayRef> {
        vec![
            integers::<UInt32Type>(rows.iter().map(|row| row.index)),
            fixed(rows.iter().map(|row| row.wallet)),
            fixed(rows.iter().map(|row| row.payout_wallet)),
        ]
    }

    fn from_batch(columns: &Columns<'_>, at: usize) -> Result<Self, String> {
        Ok(Self {
            index: columns.integer::<UInt32Type>(0, at)?,
            wallet: columns.fixed(1, at)?,
            payout_wallet: columns.fixed(2, at)?,
        })
    }
}

impl Row for Device {
    fn columns() -> Vec<(&'static str, DataType, bool)> {
        vec![
            DEVICE,
            ("operator_index", UInt32, false),
            ("class_index", UInt16, false),
            ("registered_unix", Int64, false),
            ("suspended", Boolean, false),
            ("index", UInt32, false),
            ("cell", UInt64, true),
            ("cell_set_unix", Int64, false),
        ]
    }

    const REPEATING: &'static [&'static str] = &["cell", "cell_set_unix"];

    fn arrays(rows: &[Self]) -> Vec<ArrayRef> {
        vec![
            device_column(rows.iter().map(|row| &row.key)),
            integers::<UInt32Type>(rows.iter().map(|row| row.operator_index)),
            integers::<UInt16Type>(rows.iter().map(|row| row.class_index)),
            integers::<Int64Type>(rows.iter().map(|row| row.registered_unix)),
            Arc::new(BooleanArray::from_iter(rows.iter().map(|row| Some(row.suspended)))),
            integers::<UInt32Type>(rows.iter().map(|row| row.index)),
            Arc::new(UInt64Array::from_iter(rows.iter().map(|row| row.cell))),
            integers::<Int64Type>(rows.iter().map(|row| row.cell_set_unix)),
        ]
    }

    fn from_batch(columns: &Columns<'_>, at: usize) -> Result<Self, String> {
        Ok(Self {
            key: device_at(columns, 0, at)?,
            operator_index: columns.integer::<UInt32Type>(1, at)?,
            class_index: columns.integer::<UInt16Type>(2, at)?,
            registered_unix: columns.time(3, at)?,
            suspended: columns.boolean(4, at)?,
            index: columns.integer::<UInt32Type>(5, at)?,
            cell: columns.optional::<UInt64Type>(6, at)?,
            cell_set_unix: columns.time(7, at)?,
        })
    }
}

impl Row for DeviceState {
    fn columns() -> Vec<(&'static str, DataType, bool)> {
        vec![
            DEVICE,
            ("interval_end_unix", Int64, false),
            ("counter_wh", UInt64, false),
            ("cell", UInt64, true),
            ("cell_since_unix", Int64, true),
        ]
    }

    const REPEATING: &'static [&'static str] = &["cell", "cell_since_unix"];

    fn arrays(rows: &[Self]) -> Vec<ArrayRef> {
        vec![
            device_column(rows.iter().map(|row| &row.key)),
            integers::<Int64Type>(rows.iter().map(|row| row.interval_end_unix)),
            integers::<UInt64Type>(rows.iter().map(|row| row.counter_wh)),
            Arc::new(UInt64Array::from_iter(rows.iter().map(|row| row.place.map(|place| place.cell)))),
            Arc::new(Int64Array::from_iter(rows.iter().map(|row| row.place.map(|place| place.since_unix)))),
        ]
    }

    fn from_batch(columns: &Columns<'_>, at: usize) -> Result<Self, String> {
        Ok(Self {
            key: device_at(columns, 0, at)?,
            interval_end_unix: columns.time(1, at)?,
            counter_wh: columns.integer::<UInt64Type>(2, at)?,
            place: match (columns.optional::<UInt64Type>(3, at)?, columns.optional::<Int64Type>(4, at)?) {
                (Some(cell), Some(since_unix)) => Some(Place { cell, since_unix }),
                (None, None) => None,
                _ => return Err("a cell and its time stand together or not at all".to_owned()),
            },
        })
    }
}
