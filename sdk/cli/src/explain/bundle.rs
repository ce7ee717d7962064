//! The bundle of an epoch: named, or asked of an oracle.

use serde::Deserialize;
use trellis_client::oracle::OracleApi;
use trellis_core::Epoch;
use trellis_epoch::bundle::{Bundle, MANIFEST, folder_name};
use trellis_store::Location;

use super::unreadable;
use crate::commands::{
    CheckFailed, Unusable,
    audit::location::{AccessArgs, Place},
};

#[derive(Deserialize)]
struct EpochAnswer {
    bundle_hash: String,
}

/// The bundle of `epoch` at `place`, which is the bundle itself or holds it under its own name.
///
/// # Errors
/// It cannot be had, or is of another epoch.
pub async fn named(place: &str, access: &AccessArgs, epoch: Epoch) -> anyhow::Result<(Place, Bundle)> {
    let name = folder_name(epoch);
    let location = Location::parse(place).map_err(|error| Unusable(error.to_string()))?;
    let location = match &location {
        Location::Folder(folder) if folder.join(MANIFEST).exists() => location,
        _ if place.trim_end_matches('/').ends_with(&name) => location,
        _ => location.join(&name),
    };
    let place = Place::open(&location.to_string(), access).await?;
    let bundle = Bundle::open(place.folder()).map_err(unreadable)?;
    let found = bundle.manifest.epoch;
    match found == epoch.get() {
        true => Ok((place, bundle)),
        false => Err(Unusable(format!("{location} is the bundle of epoch {found}, not of {epoch}")).into()),
    }
}

/// The bundle of `epoch` from an oracle, which must be the one that it names by its hash.
///
/// # Errors
/// The epoch is not closed, or its bundle is not served there, or not the one it should be.
pub async fn asked(oracle: &OracleApi, epoch: Epoch) -> anyhow::Result<(Place, Bundle)> {
    let answer: EpochAnswer = oracle.get(&format!("/v1/epochs/{epoch}")).await?;
    let wanted = answer.bundle_hash;
    let url = oracle.url();
    if wanted.len() != 64 || !wanted.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Err(
            CheckFailed(format!("the oracle at {url} names `{wanted}` as the bundle's hash, which is none")).into()
        );
    }
    let place = Place::open(&format!("{url}/v1/bundles/{wanted}"), &AccessArgs::default()).await?;
    let bundle = Bundle::open(place.folder()).map_err(unreadable)?;
    let found = hex::encode(bundle.hash);
    if found != wanted || bundle.manifest.epoch != epoch.get() {
        let words = format!(
            "the oracle at {url} serves a bundle with hash {found}, of epoch {}, as that of epoch {epoch} with hash {wanted}",
            bundle.manifest.epoch
        );
        return Err(CheckFailed(words).into());
    }
    Ok((place, bundle))
}
