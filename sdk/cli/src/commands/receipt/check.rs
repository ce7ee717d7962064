//! `trellis receipt check`.

use std::{fs, path::Path};

use anyhow::Context;
use serde::Serialize;
use trellis_core::receipt::SignedReceipt;
use trellis_epoch::{
    bundle::{Bundle, BundleError},
    encoding::base58,
    evidence::{Evidence, EvidenceError, same_epoch, verdict_in},
    reason::Reason,
    receipt,
};

use super::{
    CheckArgs, fetch,
    file::{Held, read},
};
use crate::{
    commands::{CheckFailed, Said, Unusable},
    output,
};

/// What became of the attestation that a receipt is for.
#[derive(Clone, Debug, Serialize)]
pub struct Checked {
    /// Did the oracle keep its word?
    pub ok: bool,
    pub attestation_id: String,
    pub epoch: u64,
    pub bundle_hash: String,
    /// `counted`, `refused`, or `missing`: the bundle does not hold it.
    pub verdict: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accepted_wh: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Where the evidence lies, if the bundle does not hold it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
}

pub async fn run(args: &CheckArgs, json: bool) -> anyhow::Result<()> {
    let checked = check(args).await?;
    match json {
        true => output::result(serde_json::to_string(&checked)?)?,
        false => output::result(describe(&checked))?,
    }
    if checked.ok { Ok(()) } else { Err(Said.into()) }
}

/// Looks the receipt up in the bundle of its epoch.
pub async fn check(args: &CheckArgs) -> anyhow::Result<Checked> {
    let Held::Receipt(signed) = read(&args.file)? else {
        let detail = "this is evidence already: confirm it with `trellis receipt verify FILE --bundle DIR`";
        return Err(Unusable(format!("{}: {detail}", args.file.display())).into());
    };
    receipt::verify(&signed).map_err(|error| CheckFailed(error.to_string()))?;
    let fetched = match &args.url {
        Some(url) => Some(fetch::bundle(url, signed.receipt.epoch).await?),
        None => None,
    };
    let folder = match (&args.bundle, &fetched) {
        (_, Some(fetched)) => fetched.path(),
        (Some(folder), None) => folder,
        // clap wants one of them.
        (None, None) => return Err(Unusable("either --bundle or --url is wanted".into()).into()),
    };
    let (receipt, evidence) = (args.file.clone(), args.evidence.clone());
    let folder = folder.to_owned();
    // A bundle may be long.
    let looking = tokio::task::spawn_blocking(move || look_up(&signed, &folder, &evidence));
    looking.await?.with_context(|| format!("the receipt {}", receipt.display()))
}

fn look_up(signed: &SignedReceipt, folder: &Path, evidence: &Path) -> anyhow::Result<Checked> {
    let bundle = Bundle::open(folder).map_err(unreadable)?;
    same_epoch(&signed.receipt, &bundle.manifest).map_err(|error| Unusable(error.to_string()))?;
    let verdict = verdict_in(&bundle, &signed.receipt.attestation_id).map_err(unreadable)?;
    let mut checked = Checked {
        ok: verdict.is_some(),
        attestation_id: hex::encode(signed.receipt.attestation_id),
        epoch: signed.receipt.epoch.get(),
        bundle_hash: hex::encode(bundle.hash),
        verdict: "missing",
        accepted_wh: None,
        reason: None,
        detail: None,
        evidence: None,
    };
    match verdict {
        Some(row) => {
            checked.verdict = if row.accepted_wh.is_some() { "counted" } else { "refused" };
            (checked.accepted_wh, checked.reason, checked.detail) = (row.accepted_wh, row.refused, row.detail);
        }
        None => {
            let held = Evidence::new(signed, &bundle).map_err(|error| match error {
                EvidenceError::Bundle(error) => unreadable(error),
                error => CheckFailed(error.to_string()).into(),
            })?;
            let shown = evidence.display().to_string();
            let text = serde_json::to_string_pretty(&held)? + "\n";
            fs::write(evidence, text).with_context(|| format!("the evidence cannot be written to {shown}"))?;
            let oracle = base58::encode(&signed.oracle);
            checked.detail =
                Some(format!("{oracle} promised it in this epoch's bundle, and the bundle does not hold it"));
            checked.evidence = Some(shown);
        }
    }
    Ok(checked)
}

/// A file that is missing or cut off makes the bundle unusable; one that was changed is a finding.
fn unreadable(error: BundleError) -> anyhow::Error {
    match error {
        BundleError::Changed { .. } => CheckFailed(error.to_string()).into(),
        error => Unusable(error.to_string()).into(),
    }
}

fn describe(checked: &Checked) -> String {
    let verdict = match (checked.verdict, checked.accepted_wh, checked.reason) {
        (_, Some(work), _) => format!("counted, {work} Wh"),
        (_, _, Some(reason)) => format!("refused: {reason}: {}", checked.detail.as_deref().unwrap_or_default()),
        _ => "MISSING: the oracle broke its word".to_owned(),
    };
    let mut lines = vec![
        format!("attestation    {}", checked.attestation_id),
        format!("epoch          {}", checked.epoch),
        format!("bundle         {}", checked.bundle_hash),
        format!("verdict        {verdict}"),
    ];
    if let Some(evidence) = &checked.evidence {
        lines.push(format!("evidence       {evidence}: anyone can confirm it with `trellis receipt verify`"));
    }
    lines.join("\n")
}
