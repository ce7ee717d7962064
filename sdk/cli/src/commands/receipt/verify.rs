//! `trellis receipt verify`.

use serde::Serialize;
use trellis_core::receipt::SignedReceipt;
use trellis_epoch::{
    admission::attestation_id,
    bundle::Bundle,
    encoding::base58,
    evidence::{Evidence, EvidenceError, Manifested},
    receipt,
    signatures::{self, Item},
};

use super::{
    VerifyArgs,
    file::{Held, read, read_attestation},
};
use crate::{
    commands::{CheckFailed, Unusable},
    output,
};

/// A receipt, or evidence, that holds.
#[derive(Clone, Debug, Serialize)]
pub struct Verified {
    pub ok: bool,
    pub oracle: String,
    pub network: String,
    pub attestation_id: String,
    pub epoch: u64,
    pub position: u64,
    pub received_unix: i64,
    /// Is it for the attestation that was given? Absent if none was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_for_attestation: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<VerifiedEvidence>,
}

/// What evidence says beyond its receipt.
#[derive(Clone, Debug, Serialize)]
pub struct VerifiedEvidence {
    pub bundle_hash: String,
    /// Did the oracle of the receipt sign this bundle? If not, compare its hash with the vault's root.
    pub bundle_signed_by_same_oracle: bool,
    /// Does the bundle not hold the attestation? Absent if it was not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirmed: Option<bool>,
}

pub fn run(args: &VerifyArgs, json: bool) -> anyhow::Result<()> {
    let verified = verify(args)?;
    match json {
        true => output::result(serde_json::to_string(&verified)?)?,
        false => output::result(describe(&verified))?,
    }
    Ok(())
}

/// Everything that can be verified without asking anybody.
pub fn verify(args: &VerifyArgs) -> anyhow::Result<Verified> {
    let (signed, evidence) = match read(&args.file)? {
        Held::Receipt(signed) if args.bundle.is_some() => {
            let detail = "a receipt alone is looked up with `trellis receipt check`; --bundle is for evidence";
            return Err(Unusable(format!(
                "{}: {detail}, and this is for epoch {}",
                args.file.display(),
                signed.receipt.epoch
            ))
            .into());
        }
        Held::Receipt(signed) => (*signed, None),
        Held::Evidence(evidence) => (SignedReceipt::from(&evidence.receipt), Some(evidence)),
    };
    receipt::verify(&signed).map_err(|error| CheckFailed(error.to_string()))?;
    if let Some(oracle) = args.oracle.filter(|oracle| oracle.to_bytes() != signed.oracle) {
        return Err(CheckFailed(format!("it is signed by {}, not by {oracle}", base58::encode(&signed.oracle))).into());
    }
    if let Some(path) = &args.attestation {
        let attestation = read_attestation(path)?;
        let (id, wanted) = (attestation_id(&attestation), signed.receipt.attestation_id);
        if id != wanted {
            let (id, wanted) = (hex::encode(id), hex::encode(wanted));
            return Err(CheckFailed(format!("it is for the attestation {wanted}, not for {id}")).into());
        }
        if !signatures::verify(&Item::from(&attestation)) {
            return Err(
                CheckFailed("it is for this attestation, whose own signature is not its device's".into()).into()
            );
        }
    }
    let evidence = evidence.map(|evidence| verify_evidence(&evidence, args)).transpose()?;
    let receipt = &signed.receipt;
    Ok(Verified {
        ok: true,
        oracle: base58::encode(&signed.oracle),
        network: base58::encode(&receipt.network),
        attestation_id: hex::encode(receipt.attestation_id),
        epoch: receipt.epoch.get(),
        position: receipt.position,
        received_unix: receipt.received_unix,
        is_for_attestation: args.attestation.is_some().then_some(true),
        evidence,
    })
}

fn verify_evidence(evidence: &Evidence, args: &VerifyArgs) -> anyhow::Result<VerifiedEvidence> {
    let manifested = evidence.verify().map_err(|error| CheckFailed(error.to_string()))?;
    let confirmed = match &args.bundle {
        None => None,
        Some(folder) => {
            let bundle = Bundle::open(folder).map_err(|error| Unusable(error.to_string()))?;
            let contradicts = evidence.contradicts(&bundle).map_err(|error| match error {
                EvidenceError::Bundle(error) => anyhow::Error::from(Unusable(error.to_string())),
                error => CheckFailed(error.to_string()).into(),
            })?;
            if !contradicts {
                return Err(CheckFailed("the bundle holds the attestation: the oracle kept its word".into()).into());
            }
            Some(true)
        }
    };
    Ok(VerifiedEvidence {
        bundle_hash: hex::encode(evidence.bundle_hash()),
        bundle_signed_by_same_oracle: manifested == Manifested::BySameOracle,
        confirmed,
    })
}

fn describe(verified: &Verified) -> String {
    let mut lines = vec![
        format!("attestation    {}", verified.attestation_id),
        format!("network        {}", verified.network),
        format!("signed by      {}", verified.oracle),
        format!(
            "taken in       at {} (unix seconds), as number {} of its log",
            verified.received_unix, verified.position
        ),
        format!("promised       to be in the bundle of epoch {}", verified.epoch),
    ];
    if let Some(evidence) = &verified.evidence {
        let signed = match evidence.bundle_signed_by_same_oracle {
            true => "signed by the same oracle",
            false => "not signed by this oracle: compare its hash with the vault's root",
        };
        lines.push(format!("bundle         {}, {signed}", evidence.bundle_hash));
        lines.push(match evidence.confirmed {
            Some(_) => "CONFIRMED: the bundle does not hold the attestation; the oracle broke its word".to_owned(),
            None => "the two contradict each other if the bundle does not hold it; see with --bundle".to_owned(),
        });
    }
    lines.push("OK".to_owned());
    lines.join("\n")
}
