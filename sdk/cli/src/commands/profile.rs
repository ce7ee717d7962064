//! `trellis.toml`: what commands take as given in the folder that they are run in. `trellis init` writes it.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use solana_address::Address;

use super::{Unusable, cluster::parse_url, wallet::is_hardware};

pub const PROFILE_FILE: &str = "trellis.toml";

/// All of it may be left out.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// JSON-RPC of the cluster, or the name of one.
    pub url: Option<String>,
    /// Address of the network, base58.
    network: Option<String>,
    /// API of one of its oracles.
    pub oracle: Option<String>,
    /// The keypair that signs and pays, relative to this file; or a hardware wallet.
    pub keypair: Option<PathBuf>,
}

impl Profile {
    /// The one of the current folder; empty if there is none.
    ///
    /// # Errors
    /// It is there and cannot be used.
    pub fn here() -> Result<Self, Unusable> {
        Self::of(Path::new(""))
    }

    /// The one of `folder`.
    ///
    /// # Errors
    /// It is there and cannot be used.
    pub fn of(folder: &Path) -> Result<Self, Unusable> {
        let file = folder.join(PROFILE_FILE);
        let unusable = |what: String| Unusable(format!("{}: {what}", file.display()));
        let text = match std::fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(unusable(error.to_string())),
        };
        let mut profile: Self = toml::from_str(&text).map_err(|error| unusable(error.to_string()))?;
        profile.network().map_err(unusable)?;
        if let Some(url) = profile.url {
            profile.url = Some(parse_url(&url).map_err(|error| unusable(format!("url is `{url}`: {error}")))?);
        }
        let beside = |keypair: PathBuf| if is_hardware(&keypair) { keypair } else { folder.join(keypair) };
        profile.keypair = profile.keypair.map(beside);
        Ok(profile)
    }

    /// # Errors
    /// What the file says is no address.
    pub fn network(&self) -> Result<Option<Address>, String> {
        let address =
            |text: &String| text.parse().map_err(|error| format!("network is `{text}`: no address ({error})"));
        self.network.as_ref().map(address).transpose()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn written(text: &str) -> Result<Profile, Unusable> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(PROFILE_FILE), text).unwrap();
        Profile::of(folder.path())
    }

    #[test]
    fn of_a_folder_without_the_file_is_empty() {
        let profile = Profile::of(tempfile::tempdir().unwrap().path()).unwrap();
        assert!(profile.url.is_none() && profile.network().unwrap().is_none() && profile.keypair.is_none());
    }

    #[test]
    fn of_a_folder_names_clusters_and_files_beside_it() {
        let profile = written("url = \"devnet\"\nkeypair = \"keys/founder.json\"\n").unwrap();
        assert_eq!(profile.url.as_deref(), Some("https://api.devnet.solana.com"));
        assert!(profile.keypair.unwrap().is_absolute());
        let profile = written("keypair = \"usb://ledger?key=0/0\"\n").unwrap();
        assert_eq!(profile.keypair.as_deref(), Some(Path::new("usb://ledger?key=0/0")));
    }

    #[test]
    fn of_a_folder_with_a_mistake_names_the_field() {
        for (text, named) in
            [("url = \"mainnet\"", "mainnet-beta"), ("network = \"xyz\"", "xyz"), ("netwrok = \"\"", "netwrok")]
        {
            let error = written(text).unwrap_err().to_string();
            assert!(error.contains(named) && error.contains(PROFILE_FILE), "{error}");
        }
    }
}
