//! A million operators: tree, bundle on the disk, every proof servable.

use std::{hint::black_box, path::Path};

use anyhow::{Context, Result, ensure};
use trellis_core::{Amount, Epoch, leaf::RewardLeaf, merkle};
use trellis_epoch::{
    EpochInput, LedgerState,
    bundle::{self, Bundle, EpochBasis, Proofs},
    sorting::Sorter,
    verify::EpochContext,
};

use super::Bench;
use crate::{
    child::{self, Figures, figure},
    row::{Goal, Row},
    world::{disk_folder, policy, reading, signing_key, snapshot, threads, timed},
};

pub const BENCH: Bench = Bench {
    name: "million",
    about: "1,000,000 operators: an epoch's tree, its bundle synced to the disk, read back, every proof servable",
    run,
};

const OPERATORS: u32 = 1_000_000;
/// Devices that worked in this epoch; all operators have earned before.
const DEVICES: u32 = 1_000;

fn run() -> Result<Vec<Row>> {
    if child::task().is_some() {
        match child::finish(measure()?)? {}
    }
    let figures = child::run(BENCH.name, "million")?;
    let of = |name: &str| figure(&figures, name);
    let limit = |name: &str, unit: &str, most: f64| -> Result<Row> {
        Ok(Row::new(format!("million: {name}"), (of(name)?, unit), ("the limit", most), Goal::AtMost(1.0)))
    };
    // Not measured here: what Jito's command line takes for as many claimants on such a machine.
    let jito = |name: &str, unit: &str, theirs: f64| -> Result<Row> {
        let reference = "Jito's command line, as published, not measured here";
        Ok(Row::new(format!("million: {name}, beside Jito"), (of(name)?, unit), (reference, theirs), Goal::None))
    };
    Ok(vec![
        limit("seconds", "s", 2.0)?,
        limit("resident_mb", "MB", 400.0)?,
        limit("proof_us", "µs", 20.0)?,
        jito("seconds", "s", 76.0)?,
        jito("resident_mb", "MB", 11_300.0)?,
        jito("disk_mb", "MB", 10_400.0)?,
    ])
}

fn measure() -> Result<Figures> {
    let keys: Vec<_> = (0..DEVICES).map(signing_key).collect();
    let input = EpochInput {
        // Epoch 0's readings; the opening stands for what came before.
        epoch: Epoch(0),
        snapshot: snapshot(OPERATORS, keys.iter().map(|key| key.verifying_key().to_bytes()).collect()),
        policy: policy(),
        opening: LedgerState {
            cumulative: (0..OPERATORS).map(|index| u64::from(index) * 977).collect(),
            ..LedgerState::default()
        },
        corrections: vec![],
        attestations: keys.iter().map(|key| reading(key, 0)).collect(),
    };
    // Beside the program, which is on a disk: a temporary folder may be memory.
    let folder = disk_folder()?;
    let (elapsed, served) = timed(|| serve(&input, folder.path()));
    let (proofs, bundle) = served?;
    check(&proofs, &bundle)?;
    let (asking, ()) = timed(|| {
        // In an order that no cache likes.
        for number in 0..u64::from(OPERATORS) {
            black_box(proofs.proof((number * 7_919 % u64::from(OPERATORS)) as u32));
        }
    });
    let disk_bytes: u64 = bundle.manifest.files.values().map(|file| file.bytes).sum();
    Ok(Figures::from([
        ("seconds".to_owned(), elapsed.as_secs_f64()),
        ("proof_us".to_owned(), asking.as_secs_f64() * 1e6 / f64::from(OPERATORS)),
        ("disk_mb".to_owned(), disk_bytes as f64 / 1e6),
    ]))
}

/// As the oracle does: closes, writes and syncs the bundle, then reads back what it serves proofs from.
fn serve(input: &EpochInput, folder: &Path) -> Result<(Proofs, Bundle)> {
    let mut sorter = Sorter::new(folder);
    input.attestations.iter().try_for_each(|signed| sorter.push(&signed.to_bytes()))?;
    let mut sorted = sorter.finish()?;
    let context = EpochContext { threads: threads(), ..input.context() };
    let basis = EpochBasis { context, previous_bundle: Some([1; 32]) };
    let written = bundle::write(folder, &basis, &mut || Ok(sorted.next_block()?))?;
    let bundle = Bundle::open(&written)?;
    Ok((Proofs::read(&bundle)?, bundle))
}

fn check(proofs: &Proofs, bundle: &Bundle) -> Result<()> {
    let manifest = &bundle.manifest;
    ensure!(manifest.accepted == u64::from(DEVICES), "every reading is good");
    for index in [0, 1, OPERATORS / 2, OPERATORS - 1] {
        let (line, proof) = proofs.proof(index).context("a proof")?;
        let cumulative = Amount(line.cumulative);
        let leaf =
            RewardLeaf { vault: manifest.vault, operator_index: index, payout_wallet: line.payout_wallet, cumulative };
        let holds = merkle::verify(&manifest.root, u64::from(OPERATORS), u64::from(index), &leaf.hash(), &proof);
        ensure!(holds, "the proof of operator {index} holds");
    }
    Ok(())
}
