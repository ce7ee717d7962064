//! `trellis` with a network's addresses and somebody's keypair.

use std::path::{Path, PathBuf};

use solana_keypair::Keypair;

use super::{
    network::Network,
    oracle::write_key,
    process::{Finished, trellis},
};

/// Runs commands for one network.
pub struct Commands<'a> {
    pub network: &'a Network,
    pub oracle_url: String,
    /// Where keypairs are written.
    pub folder: PathBuf,
}

impl Commands<'_> {
    /// Writes a keypair and returns its file's name.
    pub fn key(&self, name: &str, key: &Keypair) -> String {
        let file = self.folder.join(format!("{name}.json"));
        write_key(&file, key);
        text(&file)
    }

    /// Runs a command with `--json`, the network's addresses and the keypair in `keypair`; none if that is empty.
    pub fn run(&self, arguments: &[&str], keypair: &str) -> Finished {
        let network = self.network.address.to_string();
        let target = ["--json", "--url", &self.network.rpc_url, "--network", &network, "--oracle", &self.oracle_url];
        let signing = ["--keypair", keypair];
        let signing = if keypair.is_empty() { &[][..] } else { &signing };
        trellis(&[arguments, &target, signing].concat())
    }

    /// The same, which must succeed: what it printed.
    pub fn answer(&self, arguments: &[&str], keypair: &str) -> serde_json::Value {
        let finished = self.run(arguments, keypair);
        assert_eq!(finished.code, Some(0), "{arguments:?}: {finished:?}");
        finished.json()
    }
}

pub fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}
