//! An epoch's bundle from an oracle, as far as a receipt needs it.

use std::io::Write;

use anyhow::{Context, bail, ensure};
use serde::Deserialize;
use tempfile::TempDir;
use trellis_core::Epoch;
use trellis_epoch::bundle::{ATTESTATIONS, MANIFEST, SIGNATURE, VERDICTS};

use crate::commands::{CheckFailed, Unusable};

#[derive(Deserialize)]
struct EpochAnswer {
    bundle_hash: String,
}

/// A folder with the manifest of `epoch`'s bundle, its attestations, verdicts and, if there is one, signature: see
/// [`files`].
pub async fn bundle(url: &str, epoch: Epoch) -> anyhow::Result<TempDir> {
    files(url, epoch, &[MANIFEST, ATTESTATIONS, VERDICTS, SIGNATURE]).await
}

/// A folder with these files of `epoch`'s bundle, the manifest among them. Nothing that comes is believed: files are
/// read against the manifest, and the manifest against the hash that the oracle names for the epoch.
pub async fn files(url: &str, epoch: Epoch, names: &[&str]) -> anyhow::Result<TempDir> {
    let url = url.trim_end_matches('/');
    let client = reqwest::Client::new();
    let response = client.get(format!("{url}/v1/epochs/{epoch}")).send().await;
    let response = response.with_context(|| format!("the oracle at {url} cannot be asked"))?;
    if response.status() == reqwest::StatusCode::NOT_FOUND {
        bail!("epoch {epoch} is not closed yet, as {url} says: ask again after its end and grace");
    }
    let answer: EpochAnswer = response.error_for_status()?.json().await.context("the oracle's answer")?;
    let hash = answer.bundle_hash;
    let is_hash = hash.len() == 64 && hash.bytes().all(|digit| digit.is_ascii_hexdigit());
    ensure!(is_hash, "the oracle at {url} names `{hash}` as the bundle's hash, which is none");
    let folder = tempfile::tempdir().context("a folder for the bundle")?;
    for name in names {
        let name = *name;
        let mut response = client.get(format!("{url}/v1/bundles/{hash}/{name}")).send().await?;
        if name == SIGNATURE && response.status() == reqwest::StatusCode::NOT_FOUND {
            // A copy need not have one: then evidence rests on the hash that is on the chain.
            continue;
        }
        if !response.status().is_success() {
            let detail = format!("{url} does not serve {name} of bundle {hash} ({}): use --bundle", response.status());
            return Err(Unusable(detail).into());
        }
        let mut file = std::fs::File::create(folder.path().join(name))?;
        while let Some(chunk) = response.chunk().await? {
            file.write_all(&chunk)?;
        }
    }
    let manifest = std::fs::read(folder.path().join(MANIFEST))?;
    let found = blake3::hash(&manifest).to_hex();
    if found.as_str() != hash {
        return Err(CheckFailed(format!("{url} serves a manifest with hash {found} as that of bundle {hash}")).into());
    }
    Ok(folder)
}
