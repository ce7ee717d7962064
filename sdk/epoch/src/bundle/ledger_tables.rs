//! The columns of the tables about tokens: what operators earn, owe and are owed, and corrections.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, StringArray,
    types::{UInt8Type, UInt16Type, UInt32Type, UInt64Type},
};
use arrow_schema::DataType::{self, FixedSizeBinary, UInt8, UInt16, UInt32, UInt64, Utf8};
use trellis_core::{Amount, correction::Correction};

use super::{
    rows::OperatorLine,
    table::{Columns, Row, fixed, integers},
};
use crate::corrections::{CorrectionError, CorrectionKind, CorrectionReason, SignedCorrection};

impl Row for OperatorLine {
    fn columns() -> Vec<(&'static str, DataType, bool)> {
        vec![
            ("index", UInt32, false),
            ("payout_wallet", FixedSizeBinary(32), false),
            ("points", UInt64, false),
            ("earned", UInt64, false),
            ("withheld", UInt64, false),
            ("credited", UInt64, false),
            ("debt", UInt64, false),
            ("credit", UInt64, false),
            ("cumulative", UInt64, false),
        ]
    }

    const REPEATING: &'static [&'static str] = &["withheld", "credited", "debt", "credit"];

    fn arrays(rows: &[Self]) -> Vec<ArrayRef> {
        vec![
            integers::<UInt32Type>(rows.iter().map(|row| row.index)),
            fixed(rows.iter().map(|row| row.payout_wallet)),
            integers::<UInt64Type>(rows.iter().map(|row| row.points)),
            integers::<UInt64Type>(rows.iter().map(|row| row.earned)),
            integers::<UInt64Type>(rows.iter().map(|row| row.withheld)),
            integers::<UInt64Type>(rows.iter().map(|row| row.credited)),
            integers::<UInt64Type>(rows.iter().map(|row| row.debt)),
            integers::<UInt64Type>(rows.iter().map(|row| row.credit)),
            integers::<UInt64Type>(rows.iter().map(|row| row.cumulative)),
        ]
    }

    fn from_batch(columns: &Columns<'_>, at: usize) -> Result<Self, String> {
        Ok(Self {
            index: columns.integer::<UInt32Type>(0, at)?,
            payout_wallet: columns.fixed(1, at)?,
            points: columns.integer::<UInt64Type>(2, at)?,
            earned: columns.integer::<UInt64Type>(3, at)?,
            withheld: columns.integer::<UInt64Type>(4, at)?,
            credited: columns.integer::<UInt64Type>(5, at)?,
            debt: columns.integer::<UInt64Type>(6, at)?,
            credit: columns.integer::<UInt64Type>(7, at)?,
            cumulative: columns.integer::<UInt64Type>(8, at)?,
        })
    }
}

/// A row of `opening_operators.parquet`, at the operator's index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opened {
    pub cumulative: u64,
    pub debt: u64,
    pub credit: u64,
}

impl Row for Opened {
    fn columns() -> Vec<(&'static str, DataType, bool)> {
        vec![("cumulative", UInt64, false), ("debt", UInt64, false), ("credit", UInt64, false)]
    }

    const REPEATING: &'static [&'static str] = &["debt", "credit"];

    fn arrays(rows: &[Self]) -> Vec<ArrayRef> {
        vec![
            integers::<UInt64Type>(rows.iter().map(|row| row.cumulative)),
            integers::<UInt64Type>(rows.iter().map(|row| row.debt)),
            integers::<UInt64Type>(rows.iter().map(|row| row.credit)),
        ]
    }

    fn from_batch(columns: &Columns<'_>, at: usize) -> Result<Self, String> {
        Ok(Self {
            cumulative: columns.integer::<UInt64Type>(0, at)?,
            debt: columns.integer::<UInt64Type>(1, at)?,
            credit: columns.integer::<UInt64Type>(2, at)?,
        })
    }
}

/// A row of `corrections.parquet`: a correction, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CorrectionRow {
    pub signed: SignedCorrection,
    /// `taken`, or the [name](CorrectionError::name) of what was wrong.
    pub outcome: String,
}

impl CorrectionRow {
    pub const TAKEN: &'static str = "taken";

    pub fn new(signed: SignedCorrection, outcome: &Result<(), CorrectionError>) -> Self {
        let outcome = outcome.as_ref().map_or_else(CorrectionError::name, |()| Self::TAKEN).to_owned();
        Self { signed, outcome }
    }
}

impl Row for CorrectionRow {
    fn columns() -> Vec<(&'static str, DataType, bool)> {
        vec![
            ("number", UInt64, false),
            ("network", FixedSizeBinary(32), false),
            ("vault", FixedSizeBinary(32), false),
            ("operator_index", UInt32, false),
            ("kind", UInt8, false),
            ("amount", UInt64, false),
            ("reason", UInt16, false),
            ("evidence", FixedSizeBinary(32), false),
            ("signature", FixedSizeBinary(64), false),
            ("outcome", Utf8, false),
        ]
    }

    const REPEATING: &'static [&'static str] = &["network", "vault"];

    fn arrays(rows: &[Self]) -> Vec<ArrayRef> {
        let all = || rows.iter().map(|row| &row.signed.correction);
        vec![
            integers::<UInt64Type>(all().map(|correction| correction.number)),
            fixed(all().map(|correction| correction.network)),
            fixed(all().map(|correction| correction.vault)),
            integers::<UInt32Type>(all().map(|correction| correction.operator_index)),
            integers::<UInt8Type>(all().map(|correction| correction.kind as u8)),
            integers::<UInt64Type>(all().map(|correction| correction.amount.get())),
            integers::<UInt16Type>(all().map(|correction| correction.reason.code())),
            fixed(all().map(|correction| correction.evidence)),
            fixed(rows.iter().map(|row| row.signed.signature)),
            Arc::new(StringArray::from_iter_values(rows.iter().map(|row| &row.outcome))),
        ]
    }

    fn from_batch(columns: &Columns<'_>, at: usize) -> Result<Self, String> {
        let (kind, reason) = (columns.integer::<UInt8Type>(4, at)?, columns.integer::<UInt16Type>(6, at)?);
        let known_kind = CorrectionKind::ALL.into_iter().find(|known| *known as u8 == kind);
        let known_reason = CorrectionReason::ALL.into_iter().find(|known| known.code() == reason);
        let correction = Correction {
            number: columns.integer::<UInt64Type>(0, at)?,
            network: columns.fixed(1, at)?,
            vault: columns.fixed(2, at)?,
            operator_index: columns.integer::<UInt32Type>(3, at)?,
            kind: known_kind.ok_or_else(|| format!("kind {kind} of correction is unknown"))?,
            amount: Amount(columns.integer::<UInt64Type>(5, at)?),
            reason: known_reason.ok_or_else(|| format!("reason {reason} of correction is unknown"))?,
            evidence: columns.fixed(7, at)?,
        };
        let signed = SignedCorrection { correction, signature: columns.fixed(8, at)? };
        Ok(Self { signed, outcome: columns.text(9, at)?.to_owned() })
    }
}
