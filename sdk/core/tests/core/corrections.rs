//! What is signed for corrections and against findings, byte for byte.

use trellis_core::{
    Amount, WattHours,
    appeal::Appeal,
    correction::{Correction, CorrectionKind, CorrectionReason},
    energy::{EnergyPayload, EnergyReading},
};

#[test]
fn signing_bytes_of_a_correction_are_the_documented_ones() {
    let correction = Correction {
        network: [1; 32],
        vault: [2; 32],
        number: 0x0807_0605_0403_0201,
        operator_index: 0x0d0c_0b0a,
        kind: CorrectionKind::Credit,
        amount: Amount(0x1817_1615_1413_1211),
        reason: CorrectionReason::UpheldAppeal,
        evidence: [3; 32],
    };
    let wanted = format!(
        "{}{}{}0102030405060708{}01{}0400{}",
        hex::encode("trellis:correction:v1\0"),
        "01".repeat(32),
        "02".repeat(32),
        "0a0b0c0d",
        "1112131415161718",
        "03".repeat(32)
    );
    assert_eq!(hex::encode(correction.signing_bytes()), wanted);
    let debit = Correction { kind: CorrectionKind::Debit, ..correction };
    assert_ne!(debit.signing_bytes(), correction.signing_bytes());
}

#[test]
fn signing_bytes_of_an_appeal_are_the_documented_ones() {
    let appeal = Appeal { network: [1; 32], vault: [2; 32], finding: [3; 32], statement: [4; 32] };
    let parts = ["01", "02", "03", "04"].map(|byte| byte.repeat(32)).concat();
    assert_eq!(hex::encode(appeal.signing_bytes()), hex::encode("trellis:appeal:v1\0") + &parts);
}

#[test]
fn codes_and_names_of_corrections_are_the_published_ones() {
    let reasons = CorrectionReason::ALL.map(|reason| (reason.code(), reason.name()));
    let published = [(1, "fraud"), (2, "faulty_device"), (3, "wrong_rules"), (4, "upheld_appeal"), (5, "reversal")];
    assert_eq!(reasons, published);
    assert_eq!(CorrectionKind::ALL.map(|kind| (kind as u8, kind.name())), [(0, "debit"), (1, "credit")]);
}

#[test]
fn payload_with_a_place_round_trips_and_a_false_place_is_none() {
    let reading = EnergyReading { energy: WattHours(5), counter: WattHours(9) };
    let cell = 0x0892_8308_280f_ffff;
    let placed = EnergyPayload { reading, cell: Some(cell) };
    let bytes = placed.to_bytes();
    assert_eq!((bytes.len(), EnergyPayload::from_bytes(&bytes)), (24, Some(placed)));
    assert_eq!(EnergyPayload { cell: None, ..placed }.to_bytes(), reading.to_bytes());
    for no_cell in [0, u64::MAX, cell ^ 1] {
        let bytes = EnergyPayload { cell: Some(no_cell), ..placed }.to_bytes();
        assert_eq!(EnergyPayload::from_bytes(&bytes), None, "{no_cell:x}");
    }
}
