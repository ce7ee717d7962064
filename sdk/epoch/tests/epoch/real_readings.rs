//! Seven days of four real turbines with every check on: nothing is found.

use trellis_core::{
    attestation::SignedAttestation,
    energy::{EnergyPayload, Meter},
};
use trellis_epoch::{LedgerState, close_epoch, fraud::FraudPolicy};

use crate::support::{INTERVAL, INTERVALS_PER_EPOCH, input, reading};

const EXTRACT: &str = include_str!("../../../cli/data/la_haute_borne_2014-02-04_7d.csv");
const INTERVALS: i64 = 7 * 144;
const FARM: u64 = 0x0892_8308_280f_ffff;

/// What the turbines' meters sign, by epoch of six intervals. Rows come by turbine, one for every ten minutes of the week.
fn signed() -> Vec<Vec<SignedAttestation>> {
    let rows: Vec<&str> = EXTRACT.lines().skip(1).collect();
    assert_eq!(rows.len() as i64, 4 * INTERVALS);
    let mut epochs = vec![Vec::new(); (INTERVALS / INTERVALS_PER_EPOCH) as usize];
    for (device, rows) in [1u8, 2, 3, 5].into_iter().zip(rows.chunks(INTERVALS as usize)) {
        let mut meter = Meter::default();
        for (interval, row) in (0..).zip(rows) {
            let Ok(kilowatts) = row.rsplit(',').next().unwrap().parse::<f64>() else { continue };
            let measured = meter.measure((kilowatts * 1e12) as i128, INTERVAL as u32).unwrap();
            let payload = EnergyPayload { reading: measured, cell: Some(FARM) }.to_bytes();
            let one = reading(device, interval, 0, 0).signed_with(|attestation| attestation.payload = payload);
            epochs[(interval / INTERVALS_PER_EPOCH) as usize].push(one);
        }
    }
    epochs
}

#[test]
fn real_turbines_with_every_check_on_give_no_finding() {
    let (mut opening, mut accepted) = (LedgerState::default(), 0);
    for (epoch, attestations) in (0..).zip(signed()) {
        let sent = attestations.len() as u64;
        let mut input = input(epoch, opening, attestations);
        input.policy.fraud = FraudPolicy {
            clone: true,
            max_speed_m_s: 1,
            max_distance_m: 1,
            max_devices_per_cell: 4,
            cell_resolution: 9,
            copied_intervals: 6,
        };
        input.policy.late_seconds = 3_600;
        input.snapshot.policy_hash = input.policy.hash();
        input.snapshot.classes.iter_mut().for_each(|class| class.rated_power_watts = 2_050_000);
        input.snapshot.devices.iter_mut().for_each(|device| device.cell = Some(FARM));
        let closed = close_epoch(input).unwrap();
        assert_eq!((closed.findings.len(), closed.accepted), (0, sent), "epoch {epoch}");
        accepted += closed.accepted;
        opening = closed.closing;
    }
    assert_eq!(accepted, 4 * INTERVALS as u64 - 4, "all but the four that were not measured");
}
