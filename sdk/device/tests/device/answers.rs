//! What a device makes of an oracle's answers: honest, false and half.

use trellis_core::exchange::{Answer, Outcome, Place};
use trellis_core::{Epoch, receipt::ReceiptError};
use trellis_device::{AnswerError, Batch, Kept, Verdict, Work, judge, key::is_ed25519_signature, oracle_time};
use trellis_epoch::{reason::Reason, receipt};

use crate::{
    flash::Flash,
    oracle::{NETWORK, Oracle},
    power_loss::open,
};

const PLACE: Place = Place { epoch: Epoch(3), position: 8, received_unix: 500 };

fn batch(count: i64) -> Batch {
    let mut device = open(&Flash::new(65_536)).unwrap();
    for interval in 0..count {
        device.record(interval * 60, Work::Average { nanowatts: 0 }, i64::MAX).unwrap();
    }
    device.commit().unwrap();
    device.batch(100).unwrap()
}

#[test]
fn reasons_that_may_pass_keep_the_attestation_and_all_others_settle_it() {
    let batch = batch(Reason::ALL.len() as i64);
    let oracle = Oracle::new(500);
    let outcomes = Reason::ALL.iter().map(|reason| Outcome::Refused { reason: reason.code() }).collect();
    let answer = oracle.answer(&batch, outcomes);
    let verdicts = judge(&batch, &answer, &NETWORK, &[], is_ed25519_signature).unwrap();
    for (reason, verdict) in Reason::ALL.iter().zip(verdicts) {
        let may_pass = matches!(
            reason,
            Reason::WrongNetwork | Reason::UnknownDevice | Reason::SuspendedDevice | Reason::FutureInterval
        );
        let reason = reason.code();
        let wanted = if may_pass { Verdict::Kept(Kept::MayPass { reason }) } else { Verdict::Refused { reason } };
        assert_eq!(verdict, wanted);
    }
}

#[test]
fn receipts_are_verified_and_stand_alone() {
    let batch = batch(3);
    let mut oracle = Oracle::new(500);
    let first = oracle.take(&batch);
    assert_eq!(oracle_time(&first), Some(500));
    oracle.now_unix = 900;
    let again = oracle.take(&batch);
    assert_eq!(oracle_time(&again), None, "receipts of an earlier time tell none");
    for answer in [first, again] {
        for (verdict, id) in judge(&batch, &answer, &NETWORK, &[oracle.address()], is_ed25519_signature)
            .unwrap()
            .into_iter()
            .zip(&batch.ids)
        {
            let Verdict::Accepted(signed) = verdict else { panic!("{verdict:?}") };
            assert_eq!((signed.receipt.attestation_id, signed.receipt.received_unix), (*id, 500));
            receipt::verify(&signed).unwrap();
        }
    }
    let busy = oracle.answer(&batch, vec![Outcome::Retry { after_seconds: 7 }; 3]);
    let verdicts = judge(&batch, &busy, &NETWORK, &[], is_ed25519_signature).unwrap();
    assert_eq!(verdicts, vec![Verdict::Kept(Kept::Retry { after_seconds: 7 }); 3]);
}

#[test]
fn answer_that_is_not_what_was_asked_is_not_believed() {
    let batch = batch(2);
    let oracle = Oracle::new(500);
    let known = [oracle.address()];
    let good = oracle.answer(&batch, vec![Outcome::Accepted(PLACE), Outcome::Refused { reason: 20 }]);
    let judged = |answer: &Answer, network: &[u8; 32], oracles: &[[u8; 32]]| {
        judge(&batch, answer, network, oracles, is_ed25519_signature).unwrap_err()
    };
    let mut short = good.clone();
    short.outcomes.pop();
    let error = judged(&short, &NETWORK, &known);
    assert_eq!(error, AnswerError::WrongCount { sent: 2, answered: 1 });
    assert_eq!(error.to_string(), "2 attestations were sent, and 1 are answered");
    let error = judged(&good, &[8; 32], &known);
    assert_eq!(error, AnswerError::WrongNetwork);
    assert!(error.to_string().contains("another network"), "{error}");
    let error = judged(&good, &NETWORK, &[[1; 32]]);
    assert_eq!(error, AnswerError::UnknownOracle { oracle: oracle.address() });
    assert!(error.to_string().contains("not among those to be believed"), "{error}");
    let mut forged = good.clone();
    forged.outcomes[0] = Outcome::Accepted(Place { position: 9, ..PLACE });
    let error = judged(&forged, &NETWORK, &known);
    assert_eq!(error, AnswerError::Receipt(ReceiptError::WrongSignature));
    assert!(error.to_string().contains("not that of the oracle"), "{error}");
    // A refusal turned into a receipt that was never signed for.
    let mut forged = good.clone();
    forged.outcomes[1] = Outcome::Accepted(PLACE);
    assert_eq!(judged(&forged, &NETWORK, &known), AnswerError::Receipt(ReceiptError::WrongSignature));
}
