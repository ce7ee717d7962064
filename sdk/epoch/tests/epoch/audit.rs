//! An audit recomputes everything and names the first difference.

use std::{fs, path::Path, sync::Arc};

use arrow_array::{ArrayRef, RecordBatch, UInt64Array};
use parquet::arrow::{
    ArrowWriter,
    arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReaderBuilder},
    arrow_writer::ArrowWriterOptions,
};

use trellis_core::{Epoch, Hash};
use trellis_epoch::{
    EpochInput, LedgerState,
    audit::{AuditError, Audited, audit},
    bundle::{self, Bundle, BundleError, Manifest},
    close::CloseError,
};

use crate::{
    bundle_write::write_epoch,
    corrections::{corrected, credit, debit},
    support::{EMISSION, honest_epoch, input, reading},
};

/// Closes `input`, writes its bundle below `root` and reads it back.
fn written(root: &Path, input: &EpochInput, previous: Option<Hash>) -> Bundle {
    Bundle::read(&write_epoch(root, input, previous).unwrap()).unwrap()
}

/// Epochs 0 and 1, the second continuing the first. Epoch 0 has two refusals in it.
fn two_epochs(root: &Path) -> (Bundle, Bundle) {
    let mut attestations = [honest_epoch(1, 0), honest_epoch(3, 0)].concat();
    attestations.push(reading(2, 0, 100, 50).signed());
    attestations.push(reading(9, 0, 100, 100).signed());
    let first = written(root, &input(0, LedgerState::default(), attestations), None);
    let second = input(1, first.closing().unwrap(), honest_epoch(1, 1));
    let second = written(root, &second, Some(first.hash));
    (first, second)
}

/// An epoch with a correction, and a device that copies another's series.
fn with_correction_and_finding(root: &Path) -> Bundle {
    let copies = [1u8, 2].map(|device| {
        let mut counter = 0;
        let reading = |(interval, energy)| {
            counter += energy;
            reading(device, interval, energy, counter).signed()
        };
        (0..).zip([100, 200, 300, 150, 120, 90]).map(reading).collect::<Vec<_>>()
    });
    let mut input = corrected(0, LedgerState::default(), vec![debit(0, 0, 5_000), credit(1, 2, 70)], &[3]);
    input.attestations.extend(copies.into_iter().flatten());
    input.policy.fraud.copied_intervals = 6;
    input.snapshot.policy_hash = input.policy.hash();
    written(root, &input, None)
}

/// Rewrites the manifest so that every file has the size and hash that it claims.
fn rehash(folder: &Path, change: impl FnOnce(&mut Manifest)) -> Bundle {
    let path = folder.join(bundle::MANIFEST);
    let mut manifest: Manifest = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    for (name, entry) in &mut manifest.files {
        let bytes = fs::read(folder.join(name)).unwrap();
        (entry.bytes, entry.blake3) = (bytes.len() as u64, blake3::hash(&bytes).to_hex().to_string());
    }
    change(&mut manifest);
    let mut bytes = serde_json::to_vec_pretty(&manifest).unwrap();
    bytes.push(b'\n');
    fs::write(&path, bytes).unwrap();
    Bundle::read(folder).unwrap()
}

fn tampered(folder: &Path, name: &str, change: impl FnOnce(String) -> String) -> Bundle {
    let path = folder.join(name);
    let text = fs::read_to_string(&path).unwrap();
    let changed = change(text.clone());
    assert_ne!(changed, text, "{name} must really change");
    fs::write(&path, changed).unwrap();
    rehash(folder, |_| {})
}

/// The rows of a table, all in one batch.
fn read_table(path: &Path) -> RecordBatch {
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let file = fs::File::open(path).unwrap();
    let mut reader = ParquetRecordBatchReaderBuilder::try_new_with_options(file, options).unwrap().build().unwrap();
    let batch = reader.next().unwrap().unwrap();
    assert!(reader.next().is_none(), "a small table");
    batch
}

/// Writes `batches` as the table `name`, by a writer that is not ours.
fn with_table(folder: &Path, name: &str, batches: &[RecordBatch]) -> Bundle {
    let options = ArrowWriterOptions::new().with_skip_arrow_metadata(true);
    let file = fs::File::create(folder.join(name)).unwrap();
    let mut writer = ArrowWriter::try_new_with_options(file, batches[0].schema(), options).unwrap();
    batches.iter().for_each(|batch| writer.write(batch).unwrap());
    writer.close().unwrap();
    rehash(folder, |_| {})
}

/// Adds 1 to the number at `row` of a column of u64.
fn with_one_more(folder: &Path, name: &str, row: usize, column: &str) -> Bundle {
    let batch = read_table(&folder.join(name));
    let (index, _) = batch.schema().column_with_name(column).unwrap();
    let numbers: &UInt64Array = batch.column(index).as_any().downcast_ref().unwrap();
    let changed = numbers.iter().enumerate().map(|(at, number)| number.map(|number| number + u64::from(at == row)));
    let mut columns = batch.columns().to_vec();
    columns[index] = Arc::new(changed.collect::<UInt64Array>());
    with_table(folder, name, &[RecordBatch::try_new(batch.schema(), columns).unwrap()])
}

/// File, row and column that the audit names.
fn difference(bundle: &Bundle) -> (String, u64, String) {
    match audit(bundle, None).unwrap_err() {
        AuditError::Differs { file, row, column, claimed, recomputed } => {
            assert_ne!(claimed, recomputed);
            (file, row, column)
        }
        error => panic!("{error}"),
    }
}

fn named(file: &str, row: u64, column: &str) -> (String, u64, String) {
    (file.to_owned(), row, column.to_owned())
}

#[test]
fn audit_of_good_bundles_says_what_they_hold() {
    let root = tempfile::tempdir().unwrap();
    let (first, second) = two_epochs(root.path());
    let audited = audit(&first, None).unwrap();
    let wanted = Audited {
        epoch: Epoch(0),
        bundle_hash: first.hash,
        root: first.manifest.root,
        devices_root: first.manifest.devices_root,
        attestations: 14,
        accepted: 12,
        leaf_count: 3,
        cumulative_total: 1_000_003,
    };
    assert_eq!(audited, wanted);
    let audited = audit(&second, Some(&first)).unwrap();
    assert_eq!((audited.accepted, audited.cumulative_total), (6, 2_000_006));
}

#[test]
fn audit_of_any_tampered_output_names_file_row_and_column() {
    let root = tempfile::tempdir().unwrap();
    let (first, _) = two_epochs(root.path());
    let verdicts = first.verdicts().unwrap().all().unwrap();
    let accepted = verdicts.iter().position(|row| row.accepted_wh.is_some()).unwrap();
    for (name, row, column) in [
        (bundle::VERDICTS, accepted, "accepted_wh"),
        (bundle::VERDICTS, 13, "sequence"),
        (bundle::DEVICES, 1, "points"),
        (bundle::OPERATORS, 2, "cumulative"),
        (bundle::CLOSING_DEVICES, 0, "counter_wh"),
    ] {
        let root = tempfile::tempdir().unwrap();
        let (first, _) = two_epochs(root.path());
        let bundle = with_one_more(first.folder(), name, row, column);
        assert_eq!(difference(&bundle), named(name, row as u64, column));
    }
}

#[test]
fn audit_of_tampered_corrections_and_findings_names_file_row_and_column() {
    let root = tempfile::tempdir().unwrap();
    let good = with_correction_and_finding(root.path());
    audit(&good, None).unwrap();
    let outcomes: Vec<String> = good.corrections().unwrap().into_iter().map(|row| row.outcome).collect();
    assert_eq!((outcomes, good.manifest.corrections), (vec!["taken".to_owned(); 2], 2));
    let findings = good.findings().unwrap().all().unwrap();
    assert_eq!(findings.len(), 1);
    let (found, operator) = good.findings_of(&findings[0].device).unwrap();
    assert_eq!((found, operator), (vec![findings[0].finding(Epoch(0))], Some(0)));
    let closing = good.closing().unwrap();
    assert_eq!((closing.books.debts.len(), closing.books.credits.get(&2)), (0, Some(&70)));

    for (name, row, column, wanted) in [
        (bundle::FINDINGS, 0, "points_withheld", (bundle::FINDINGS, "points_withheld")),
        (bundle::OPERATORS, 0, "withheld", (bundle::OPERATORS, "withheld")),
        (bundle::OPERATORS, 2, "credit", (bundle::OPERATORS, "credit")),
        // Another amount than was signed: the bundle says that it was taken.
        (bundle::CORRECTIONS, 0, "amount", (bundle::CORRECTIONS, "outcome")),
    ] {
        let root = tempfile::tempdir().unwrap();
        let bundle = with_correction_and_finding(root.path());
        let bundle = with_one_more(bundle.folder(), name, row, column);
        assert_eq!(difference(&bundle), named(wanted.0, row as u64, wanted.1));
    }
    // One left out: its operator owes nothing.
    let root = tempfile::tempdir().unwrap();
    let bundle = with_correction_and_finding(root.path());
    let batch = read_table(&bundle.folder().join(bundle::CORRECTIONS));
    let without = with_table(bundle.folder(), bundle::CORRECTIONS, &[batch.slice(1, 1)]);
    assert_eq!(difference(&without), named(bundle::CORRECTIONS, 0, "outcome"));
    // A finding hidden.
    let root = tempfile::tempdir().unwrap();
    let bundle = with_correction_and_finding(root.path());
    let batch = read_table(&bundle.folder().join(bundle::FINDINGS));
    let hidden = with_table(bundle.folder(), bundle::FINDINGS, &[batch.slice(0, 0)]);
    assert_eq!(difference(&hidden), named(bundle::FINDINGS, 0, "device"));
}

#[test]
fn audit_of_an_output_with_a_row_more_or_fewer_names_its_end() {
    for (name, rows, column) in
        [(bundle::OPERATORS, 3, "index"), (bundle::DEVICES, 5, "device"), (bundle::VERDICTS, 14, "device")]
    {
        let root = tempfile::tempdir().unwrap();
        let (first, _) = two_epochs(root.path());
        let batch = read_table(&first.folder().join(name));
        assert_eq!(batch.num_rows(), rows);
        let shorter = with_table(first.folder(), name, &[batch.slice(0, rows - 1)]);
        assert_eq!(difference(&shorter), named(name, rows as u64 - 1, column));
        let twice = take_rows(&batch, &(0..rows).chain([rows - 1]).collect::<Vec<_>>());
        assert_eq!(difference(&with_table(first.folder(), name, &twice)), named(name, rows as u64, column));
    }
}

#[test]
fn audit_of_a_table_in_another_encoding_names_it() {
    let root = tempfile::tempdir().unwrap();
    let (first, _) = two_epochs(root.path());
    let batch = read_table(&first.folder().join(bundle::OPERATORS));
    let bundle = with_table(first.folder(), bundle::OPERATORS, &[batch]);
    assert_eq!(difference(&bundle), named(bundle::MANIFEST, 0, "files.operators.parquet"));
}

#[test]
fn audit_of_a_table_with_other_columns_is_damaged() {
    for name in bundle::FILES.into_iter().filter(|name| name.ends_with("parquet")) {
        let root = tempfile::tempdir().unwrap();
        let (first, _) = two_epochs(root.path());
        let other: ArrayRef = Arc::new(UInt64Array::from(vec![1]));
        let batch = RecordBatch::try_from_iter([("other", other)]).unwrap();
        let error = audit(&with_table(first.folder(), name, &[batch]), None).unwrap_err();
        assert!(matches!(error, AuditError::Bundle(BundleError::Damaged { .. })), "{error}");
        assert!(error.to_string().contains(name) && error.to_string().contains("its columns are not"), "{error}");
    }
}

/// The rows at `places`, in that order.
fn take_rows(batch: &RecordBatch, places: &[usize]) -> Vec<RecordBatch> {
    places.iter().map(|&place| batch.slice(place, 1)).collect()
}

#[test]
fn audit_of_any_tampered_total_names_the_manifest() {
    let changes: [fn(&mut Manifest); 13] = [
        |m| m.attestations += 1,
        |m| m.accepted += 1,
        |m| m.root[0] ^= 1,
        |m| m.devices_root[0] ^= 1,
        |m| m.leaf_count += 1,
        |m| m.cumulative_total += 1,
        |m| m.emission += 1,
        |m| m.distributed -= 1,
        |m| m.carry += 1,
        |m| m.withheld += 1,
        |m| m.credited += 1,
        |m| m.corrections += 1,
        |m| m.vault = [9; 32],
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let root = tempfile::tempdir().unwrap();
        let (first, _) = two_epochs(root.path());
        let bundle = rehash(first.folder(), change);
        assert_eq!((difference(&bundle).0.as_str(), number), (bundle::MANIFEST, number));
    }
    let root = tempfile::tempdir().unwrap();
    let (_, second) = two_epochs(root.path());
    let bundle = rehash(second.folder(), |m| m.previous_bundle = Some("no hash".to_owned()));
    assert_eq!(difference(&bundle).0, bundle::MANIFEST);
}

#[test]
fn audit_of_attestations_left_out_or_out_of_order_names_the_difference() {
    let root = tempfile::tempdir().unwrap();
    let (first, _) = two_epochs(root.path());
    let batch = read_table(&first.folder().join(bundle::ATTESTATIONS));
    let bundle = with_table(first.folder(), bundle::ATTESTATIONS, &[batch.slice(1, 13)]);
    assert_eq!(difference(&bundle).0, bundle::VERDICTS);
    // The same attestations in another order, or one twice: not the one encoding of this epoch.
    let swapped = [&[1, 0], (2..14).collect::<Vec<_>>().as_slice()].concat();
    let twice = [&[0], (0..14).collect::<Vec<_>>().as_slice()].concat();
    for places in [swapped, twice] {
        let bundle = with_table(first.folder(), bundle::ATTESTATIONS, &take_rows(&batch, &places));
        let error = audit(&bundle, None).unwrap_err();
        assert!(matches!(error, AuditError::OutOfOrder { file: bundle::ATTESTATIONS, row: 1 }), "{error}");
    }
}

#[test]
fn audit_of_inputs_that_cannot_be_closed_says_why() {
    let root = tempfile::tempdir().unwrap();
    let (first, _) = two_epochs(root.path());
    let bundle = tampered(first.folder(), bundle::POLICY, |text| text.replace("500", "501"));
    let error = audit(&bundle, None).unwrap_err();
    assert!(matches!(error, AuditError::Close(_)), "{error}");
    let bundle = tampered(first.folder(), bundle::SNAPSHOT, |_| "{}\n".to_owned());
    let error = audit(&bundle, None).unwrap_err();
    assert!(matches!(error, AuditError::Bundle(_)), "{error}");
    assert!(error.to_string().contains(bundle::SNAPSHOT), "{error}");
}

#[test]
fn audit_of_another_emission_than_was_shared_out_names_who_would_earn_otherwise() {
    let emission = format!("\"emission\": {EMISSION}");
    let root = tempfile::tempdir().unwrap();
    let (first, _) = two_epochs(root.path());
    let more = format!("\"emission\": {}", EMISSION + 7);
    let bundle = tampered(first.folder(), bundle::SNAPSHOT, |text| text.replace(&emission, &more));
    assert_eq!(difference(&bundle).0, bundle::OPERATORS);

    let root = tempfile::tempdir().unwrap();
    let (first, _) = two_epochs(root.path());
    let bundle = tampered(first.folder(), bundle::SNAPSHOT, |text| text.replace(&format!("  {emission},\n"), ""));
    assert!(matches!(audit(&bundle, None).unwrap_err(), AuditError::Close(CloseError::EmissionUnknown)));
}

#[test]
fn audit_of_epoch_0_with_a_past_is_refused() {
    let root = tempfile::tempdir().unwrap();
    let opening = LedgerState { cumulative: vec![5], ..LedgerState::default() };
    let bundle = written(root.path(), &input(0, opening, vec![]), None);
    assert!(matches!(audit(&bundle, None).unwrap_err(), AuditError::OpeningNotEmpty));
}

#[test]
fn audit_of_bundles_that_do_not_follow_each_other_is_refused() {
    let root = tempfile::tempdir().unwrap();
    let (first, second) = two_epochs(root.path());
    let error = audit(&first, Some(&second)).unwrap_err();
    assert!(matches!(error, AuditError::NotNeighbours { epoch: 0, previous: 1 }), "{error}");
    let error = audit(&second, Some(&second)).unwrap_err();
    assert!(matches!(error, AuditError::NotNeighbours { epoch: 1, previous: 1 }), "{error}");
}

#[test]
fn audit_with_another_bundle_before_it_is_refused_with_both_hashes() {
    let (root, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (first, second) = two_epochs(root.path());
    let silent = written(other.path(), &input(0, LedgerState::default(), vec![]), None);
    let error = audit(&second, Some(&silent)).unwrap_err();
    let AuditError::WrongPrevious { claimed, actual } = &error else { panic!("{error}") };
    assert_eq!((claimed, actual), (&hex::encode(first.hash), &hex::encode(silent.hash)));
    let unlinked = written(other.path(), &input(1, first.closing().unwrap(), vec![]), None);
    let error = audit(&unlinked, Some(&first)).unwrap_err();
    assert!(matches!(&error, AuditError::WrongPrevious { claimed, .. } if claimed == "none"), "{error}");
}

#[test]
fn audit_of_epoch_0_that_continues_a_bundle_is_refused() {
    let root = tempfile::tempdir().unwrap();
    let bundle = written(root.path(), &input(0, LedgerState::default(), vec![]), Some([7; 32]));
    let error = audit(&bundle, None).unwrap_err();
    let AuditError::WrongPrevious { claimed, actual } = &error else { panic!("{error}") };
    assert_eq!((claimed.as_str(), actual.as_str()), ("07".repeat(32).as_str(), "none"));
}

#[test]
fn audit_that_continues_another_vault_s_bundle_is_refused() {
    let (root, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut foreign = input(0, LedgerState::default(), honest_epoch(1, 0));
    foreign.snapshot.vault = [0xee; 32];
    let foreign = written(other.path(), &foreign, None);
    // Everything that vault ever paid, promised here once more.
    let bundle = written(root.path(), &input(1, foreign.closing().unwrap(), honest_epoch(1, 1)), Some(foreign.hash));
    let error = audit(&bundle, Some(&foreign)).unwrap_err();
    assert!(matches!(error, AuditError::OtherVault { .. }), "{error}");
}

#[test]
fn audit_of_an_opening_that_the_one_before_did_not_leave_is_refused() {
    let (root, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (first, _) = two_epochs(root.path());
    // Operator 2 opens richer than it closed; all else is consistent.
    let mut opening = first.closing().unwrap();
    opening.cumulative[2] += 1;
    let bundle = written(other.path(), &input(1, opening, honest_epoch(1, 1)), Some(first.hash));
    assert!(audit(&bundle, None).is_ok(), "alone it looks right");
    assert!(matches!(audit(&bundle, Some(&first)).unwrap_err(), AuditError::OpeningDiffers));
}
