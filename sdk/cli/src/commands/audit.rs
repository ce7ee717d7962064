//! `trellis audit`: recomputes a bundle, and compares it with the chain.

mod emission;
pub mod location;
mod registry;

use std::path::{Path, PathBuf};

use serde::Serialize;
use solana_address::Address;
use trellis_client::{Chain, accounts::Vault};
use trellis_core::Epoch;
use trellis_epoch::{
    audit::{AuditError, Audited, audit},
    bundle::{Bundle, BundleError, SignatureError, folder_name},
    encoding::base58,
};

use super::{CheckFailed, Unusable};
use crate::output;

/// Recomputes an epoch from its bundle's raw attestations and names the first difference.
///
/// The bundle is a folder, or in a store or on a web server: then it is fetched into a temporary folder first.
///
/// Reads nothing but the bundle; and, if it lies beside it, the bundle of the epoch before, which it must continue; and
/// with --url the chain: the vault's root must be the recomputed one, the bundle's operators and devices those of the
/// registry, and the epoch's emission what the vault received, as far back as the chain tells.
#[derive(Clone, Debug, clap::Args)]
pub struct AuditArgs {
    /// The bundle: bundles/epoch-00000003, s3://bucket/prefix/epoch-00000003 or https://example.org/epoch-00000003
    #[arg(value_name = "BUNDLE")]
    pub bundle: String,
    #[command(flatten)]
    pub access: location::AccessArgs,
    /// JSON-RPC of the cluster to compare with
    #[arg(long, requires = "vault")]
    pub url: Option<String>,
    /// Address of the reward vault
    #[arg(long, requires = "url")]
    pub vault: Option<Address>,
}

/// What the chain says of the audited root.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OnChain {
    /// It was not asked.
    NotAsked,
    /// The vault holds this very root, bundle hash and totals.
    Same,
    /// The vault keeps its last four roots, and this one is older. A later bundle continues this one by its hash.
    NoLongerKept,
    /// The epoch's root is not final yet.
    NotFinalYet,
}

/// The outcome of an audit that holds.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    pub ok: bool,
    pub epoch: u64,
    pub root: String,
    pub devices_root: String,
    pub bundle_hash: String,
    pub attestations: u64,
    pub accepted: u64,
    pub operators: u32,
    pub cumulative_total: u64,
    /// The oracle that signed this copy; absent if none did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signed_by: Option<String>,
    /// Is the epoch before's bundle there, and does this one continue it?
    pub continues_previous: bool,
    pub on_chain: OnChain,
}

pub async fn run(args: &AuditArgs, json: bool) -> anyhow::Result<()> {
    let against = args.url.as_deref().zip(args.vault);
    let place = location::Place::open(&args.bundle, &args.access).await?;
    let report = check(place.folder(), against).await?;
    match json {
        true => output::result(serde_json::to_string(&report)?)?,
        false => output::result(describe(&report))?,
    }
    Ok(())
}

/// Audits the bundle in `folder`, with the chain at `against` (URL and vault) if given.
pub async fn check(folder: &Path, against: Option<(&str, Address)>) -> anyhow::Result<Report> {
    let bundle = Bundle::open(folder).map_err(unreadable)?;
    let previous = previous_folder(folder, &bundle).filter(|previous| previous.exists());
    let previous = previous.map(|previous| Bundle::open(&previous)).transpose().map_err(unreadable)?;
    let audited = audit(&bundle, previous.as_ref()).map_err(|error| match error {
        AuditError::Bundle(error) => unreadable(error),
        error => CheckFailed(error.to_string()).into(),
    })?;
    let signer = bundle.signer().map_err(|error| match error {
        SignatureError::Bundle(error) => unreadable(error),
        error => CheckFailed(error.to_string()).into(),
    })?;
    let on_chain = match against {
        Some((url, vault)) => {
            let chain = Chain::new(url);
            let snapshot = bundle.snapshot().map_err(unreadable)?;
            registry::compare(&snapshot, audited.epoch, &chain).await?;
            emission::compare(&snapshot, audited.epoch, &chain, &vault).await?;
            compare(&audited, &chain, vault).await?
        }
        None => OnChain::NotAsked,
    };
    Ok(Report {
        ok: true,
        epoch: audited.epoch.get(),
        root: hex::encode(audited.root),
        devices_root: hex::encode(audited.devices_root),
        bundle_hash: hex::encode(audited.bundle_hash),
        attestations: audited.attestations,
        accepted: audited.accepted,
        operators: audited.leaf_count,
        cumulative_total: audited.cumulative_total,
        signed_by: signer.map(|oracle| base58::encode(&oracle)),
        continues_previous: previous.is_some(),
        on_chain,
    })
}

/// A file that is missing or cut off makes the bundle unusable; one that was changed is a finding.
fn unreadable(error: BundleError) -> anyhow::Error {
    match error {
        BundleError::Changed { .. } => CheckFailed(error.to_string()).into(),
        error => Unusable(error.to_string()).into(),
    }
}

fn previous_folder(folder: &Path, bundle: &Bundle) -> Option<PathBuf> {
    let before = bundle.manifest.epoch.checked_sub(1)?;
    // "bundles/epoch-00000001/" and "." have no parent by name: the folder itself knows.
    Some(folder.canonicalize().ok()?.parent()?.join(folder_name(Epoch(before))))
}

async fn compare(audited: &Audited, chain: &Chain, address: Address) -> anyhow::Result<OnChain> {
    let vault: Vault = chain.fetch(&address).await?;
    if audited.epoch.get() >= vault.next_epoch {
        return Ok(OnChain::NotFinalYet);
    }
    let Some(root) = vault.kept_root(audited.epoch) else { return Ok(OnChain::NoLongerKept) };
    let epoch = audited.epoch;
    let differs = |what: &str, chain: String, ours: String| {
        CheckFailed(format!("epoch {epoch}: the vault's {what} is {chain}, the bundle's is {ours}"))
    };
    for (what, chain, ours) in [
        ("root", root.root, audited.root),
        ("devices root", root.devices_root, audited.devices_root),
        ("bundle hash", root.bundle_hash, audited.bundle_hash),
    ] {
        if chain != ours {
            return Err(differs(what, hex::encode(chain), hex::encode(ours)).into());
        }
    }
    for (what, chain, ours) in [
        ("cumulative total", root.cumulative_total, audited.cumulative_total),
        ("leaf count", root.leaf_count, u64::from(audited.leaf_count)),
    ] {
        if chain != ours {
            return Err(differs(what, chain.to_string(), ours.to_string()).into());
        }
    }
    Ok(OnChain::Same)
}

fn describe(report: &Report) -> String {
    let previous = match report.continues_previous {
        true => "continues the bundle before it",
        false => "the bundle before it is not here, and was not checked",
    };
    let chain = match report.on_chain {
        OnChain::NotAsked => "not asked; compare with --url and --vault",
        OnChain::Same => "the vault holds this very root, the registry these operators and devices",
        OnChain::NoLongerKept => "the vault keeps its last four roots; audit a later bundle, which continues this one",
        OnChain::NotFinalYet => "the epoch's root is not final yet",
    };
    let lines = [
        format!("epoch          {}", report.epoch),
        format!("root           {}", report.root),
        format!("devices root   {}", report.devices_root),
        format!("bundle         {}", report.bundle_hash),
        format!("attestations   {}, of which {} accepted", report.attestations, report.accepted),
        format!("operators      {}, {} units earned in all", report.operators, report.cumulative_total),
        format!("signed by      {}", report.signed_by.as_deref().unwrap_or("nobody")),
        format!("previous       {previous}"),
        format!("chain          {chain}"),
        "OK".to_owned(),
    ];
    lines.join("\n")
}
