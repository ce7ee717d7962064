//! `[bundles]`: where copies of the bundles go, and for how long they stay here.

use std::path::PathBuf;

use serde::Deserialize;
use trellis_store::{Access, Credentials, Location, StoreError};

use super::{SettingsError, invalid};
use crate::bundles::Retention;

/// As written by the operator. Default: no store, and everything is kept.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BundleSettings {
    /// Every bundle is brought here too: `s3://bucket/prefix`, or a folder.
    pub url: Option<String>,
    /// Region of the bucket. Default: `AWS_REGION` in the environment, else us-east-1.
    pub region: Option<String>,
    /// A server that speaks like S3. Default: `AWS_ENDPOINT_URL` in the environment, else Amazon's.
    pub endpoint: Option<String>,
    /// File with `aws_access_key_id` and `aws_secret_access_key`, readable by its owner alone. Default: the variables of
    /// these names in the environment, else the machine's role.
    pub credentials: Option<PathBuf>,
    /// How many of the last closed epochs are kept here. Default: all.
    pub keep_epochs: Option<u64>,
    /// For how long after its end an epoch is kept here. Default: for ever. With both, an epoch goes when both let it.
    pub keep_days: Option<u32>,
}

impl BundleSettings {
    pub fn validate(&self) -> Result<(), SettingsError> {
        let location = self.location()?;
        let s3 = matches!(location, Some(Location::S3 { .. }));
        if let Some(endpoint) = &self.endpoint
            && !endpoint.starts_with("http://")
            && !endpoint.starts_with("https://")
        {
            return Err(invalid("bundles.endpoint", endpoint, "an http:// or https:// address is wanted"));
        }
        for (name, value) in [
            ("bundles.region", self.region.clone()),
            ("bundles.endpoint", self.endpoint.clone()),
            ("bundles.credentials", self.credentials.as_ref().map(|path| path.display().to_string())),
        ] {
            if let Some(value) = value.filter(|_| !s3) {
                return Err(invalid(name, value, "only with `url = \"s3://…\"`"));
            }
        }
        if self.keep_epochs == Some(0) {
            return Err(invalid("bundles.keep_epochs", 0, "at least 1; leave it out to keep all"));
        }
        match self.keep_days {
            Some(days) if !(1..=36_500).contains(&days) => {
                Err(invalid("bundles.keep_days", days, "from 1 to 36,500; leave it out to keep them for ever"))
            }
            _ => Ok(()),
        }
    }

    /// Where copies go.
    pub fn location(&self) -> Result<Option<Location>, SettingsError> {
        let wanted = "`s3://bucket/prefix` or a folder is wanted";
        let Some(url) = &self.url else { return Ok(None) };
        match Location::parse(url) {
            Ok(Location::Web(_)) | Err(_) => Err(invalid("bundles.url", url, wanted)),
            Ok(location) => Ok(Some(location)),
        }
    }

    pub fn retention(&self) -> Retention {
        Retention { epochs: self.keep_epochs, days: self.keep_days }
    }

    /// How the store is reached; reads the credentials file.
    pub fn access(&self) -> Result<Access, StoreError> {
        let credentials = self.credentials.as_deref().map(Credentials::read).transpose()?;
        Ok(Access { region: self.region.clone(), endpoint: self.endpoint.clone(), credentials, anonymous: false })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<BundleSettings, String> {
        let settings: BundleSettings = toml_of(text)?;
        settings.validate().map_err(|error| error.to_string())?;
        Ok(settings)
    }

    fn toml_of(text: &str) -> Result<BundleSettings, String> {
        let file = config::File::from_str(text, config::FileFormat::Toml);
        let read = config::Config::builder().add_source(file).build().and_then(config::Config::try_deserialize);
        read.map_err(|error| error.to_string())
    }

    #[test]
    fn validate_takes_a_bucket_a_folder_or_nothing() {
        assert_eq!(read("").unwrap().location().unwrap(), None);
        let folder = read("url = \"copies\"\nkeep_days = 30").unwrap();
        assert_eq!(folder.location().unwrap(), Some(Location::Folder("copies".into())));
        let bucket =
            "url = \"s3://b/p\"\nregion = \"eu-west-1\"\nendpoint = \"http://127.0.0.1:9000\"\nkeep_epochs = 9";
        assert_eq!(read(bucket).unwrap().access().unwrap().region.as_deref(), Some("eu-west-1"));
    }

    #[test]
    fn validate_names_every_mistake() {
        for (text, words) in [
            ("url = \"https://example.org/b\"", "`bundles.url` is `https://example.org/b`: `s3://"),
            ("url = \"gs://b\"", "`bundles.url` is `gs://b`"),
            ("url = \"s3://b\"\nendpoint = \"minio:9000\"", "`bundles.endpoint` is `minio:9000`"),
            ("url = \"copies\"\nregion = \"x\"", "`bundles.region` is `x`: only with"),
            ("endpoint = \"http://x\"", "`bundles.endpoint` is `http://x`: only with"),
            ("credentials = \"c\"", "`bundles.credentials` is `c`: only with"),
            ("keep_epochs = 0", "`bundles.keep_epochs` is `0`"),
            ("keep_days = 0", "`bundles.keep_days` is `0`"),
            ("keep_days = 40000", "`bundles.keep_days` is `40000`"),
            ("keep_day = 1", "keep_day"),
        ] {
            let refused = read(text).unwrap_err();
            assert!(refused.contains(words), "{refused}");
        }
        let missing = read("url = \"s3://b\"\ncredentials = \"no/such/file\"").unwrap();
        assert!(missing.access().unwrap_err().to_string().contains("no/such/file"));
    }
}
