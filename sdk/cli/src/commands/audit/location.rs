//! A bundle that is to be audited, wherever it is.

use std::path::{Path, PathBuf};

use anyhow::Context;
use tempfile::TempDir;
use trellis_store::{Access, Credentials, Location, StoreError, fetch};

use crate::{
    commands::{CheckFailed, Unusable},
    output,
};

/// How a store is reached. Credentials that are not given are looked for in the environment; without any, the store is
/// asked as anybody may.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct AccessArgs {
    /// Address of a server that speaks like S3, for s3://…; default: Amazon's
    #[arg(long, value_name = "URL")]
    pub endpoint: Option<String>,
    /// Region of the bucket
    #[arg(long)]
    pub region: Option<String>,
    /// File with aws_access_key_id and aws_secret_access_key, readable by its owner alone
    #[arg(long, value_name = "FILE")]
    pub credentials: Option<PathBuf>,
}

impl AccessArgs {
    fn is_given(&self) -> bool {
        self.endpoint.is_some() || self.region.is_some() || self.credentials.is_some()
    }
}

/// A bundle's folder, which is removed again if it was fetched.
pub enum Place {
    Here(PathBuf),
    Fetched { folder: PathBuf, _kept: TempDir },
}

impl Place {
    /// Fetches the bundle unless it is a folder.
    pub async fn open(bundle: &str, args: &AccessArgs) -> anyhow::Result<Self> {
        let location = match Location::parse(bundle).map_err(unusable)? {
            location @ Location::S3 { .. } => location,
            _ if args.is_given() => {
                let refused = format!("--endpoint, --region and --credentials are for s3://…, not for {bundle}");
                return Err(Unusable(refused).into());
            }
            Location::Folder(folder) => return Ok(Self::Here(folder)),
            location => location,
        };
        let credentials = args.credentials.as_deref().map(Credentials::read).transpose().map_err(unusable)?;
        let AccessArgs { endpoint, region, .. } = args.clone();
        let access = Access { region, endpoint, credentials, anonymous: true };
        let kept = tempfile::tempdir().context("cannot make a temporary folder")?;
        output::note(format!("fetching {location}"));
        let fetched = fetch(&location, &access, kept.path()).await.map_err(unusable)?;
        output::note(format!("{} bytes fetched", fetched.bytes));
        Ok(Self::Fetched { folder: fetched.folder, _kept: kept })
    }

    pub fn folder(&self) -> &Path {
        match self {
            Self::Here(folder) | Self::Fetched { folder, .. } => folder,
        }
    }
}

/// A file that was changed is a finding; anything else makes the bundle unusable.
fn unusable(error: StoreError) -> anyhow::Error {
    match error {
        StoreError::WrongSize { .. } | StoreError::WrongContent { .. } => CheckFailed(error.to_string()).into(),
        StoreError::Bundle(error) => super::unreadable(error),
        error => Unusable(error.to_string()).into(),
    }
}
