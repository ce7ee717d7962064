//! A local chain as a cluster is before the programs are deployed, and builds under addresses whose keys are known.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};
use solana_address::Address;
use solana_keypair::{Keypair, write_keypair_file};
use solana_signer::Signer;
use trellis_cli::{
    deploy::keys::program_key_file,
    localnet::{LocalChain, LocalChainConfig, TRELLIS_PROGRAMS, deploy_dir, trellis_programs},
};
use trellis_client::Chain;
use trellis_core::hash::sha256;

use super::{
    fresh_folder,
    network::GENESIS_UNIX,
    process::{Finished, trellis},
};

pub const SOL: u64 = 1_000_000_000;
/// What every account must hold at least, such as the payer's.
pub const EMPTY_ACCOUNT_LAMPORTS: u64 = 650_240;
const SLOT_MS: u64 = 100;

/// A chain, a payer with SOL, and a folder for files.
pub struct Cluster {
    _local: LocalChain,
    pub url: String,
    pub chain: Chain,
    pub payer: Keypair,
    pub folder: PathBuf,
}

impl Cluster {
    /// Without Trellis's programs.
    pub async fn bare(name: &str, payer_lamports: u64, others: &[(Address, u64)]) -> Self {
        Self::start(name, payer_lamports, others, LocalChainConfig::default()).await
    }

    /// With Trellis's programs in place.
    pub async fn with_programs(name: &str, payer_lamports: u64) -> Self {
        let programs = trellis_programs(None, Address::default());
        Self::start(name, payer_lamports, &[], LocalChainConfig { programs, ..LocalChainConfig::default() }).await
    }

    async fn start(name: &str, lamports: u64, others: &[(Address, u64)], config: LocalChainConfig) -> Self {
        let (payer, folder) = (Keypair::new(), fresh_folder(name));
        write_keypair_file(&payer, folder.join("payer.json")).unwrap();
        let airdrops = std::iter::once((payer.pubkey(), lamports)).filter(|(_, lamports)| *lamports > 0);
        let airdrops = airdrops.chain(others.iter().copied()).collect();
        let start_time = Some(GENESIS_UNIX - 3_600);
        let config = LocalChainConfig { slot_ms: SLOT_MS, start_time, airdrops, ..config };
        let local = tokio::task::spawn_blocking(move || LocalChain::start(config)).await.unwrap().unwrap();
        let url = local.rpc_url();
        Self { chain: Chain::new(&url), _local: local, url, payer, folder }
    }

    pub fn payer_file(&self) -> String {
        self.folder.join("payer.json").to_str().unwrap().to_owned()
    }

    pub async fn balance(&self) -> u64 {
        self.chain.balance_lamports(&self.payer.pubkey()).await.unwrap()
    }

    /// Runs `trellis` with the cluster's URL and the payer's keypair.
    pub fn trellis(&self, arguments: &[&str]) -> Finished {
        let payer = self.payer_file();
        trellis(&[arguments, &["--url", &self.url, "--keypair", &payer]].concat())
    }

    /// The arguments of `trellis deploy` for a build.
    pub fn deploy_arguments(&self, build: &Build) -> Vec<String> {
        let [keys, programs] = [&build.keys, &build.programs].map(|path| path.to_str().unwrap().to_owned());
        let words = ["deploy", "--json", "--program-keys", &keys, "--programs", &programs];
        words.map(str::to_owned).to_vec()
    }

    pub fn deploy(&self, build: &Build, more: &[&str]) -> Finished {
        let arguments = self.deploy_arguments(build);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).chain(more.iter().copied()).collect();
        self.trellis(&arguments)
    }
}

/// Built programs with their records and keys, which are made for the test: the loader does not mind that the bytes
/// were built for other addresses.
pub struct Build {
    pub programs: PathBuf,
    pub keys: PathBuf,
    pub ids: BTreeMap<&'static str, Address>,
}

impl Build {
    /// The workspace's programs, under addresses of new keys.
    pub fn under_new_keys(folder: &Path) -> Self {
        let keys = folder.join("keys");
        std::fs::create_dir_all(&keys).unwrap();
        let ids = TRELLIS_PROGRAMS.map(|(name, _, _)| {
            let key = Keypair::new();
            write_keypair_file(&key, program_key_file(&keys, name)).unwrap();
            (name, key.pubkey())
        });
        Self::under(folder, ids.into())
    }

    /// The workspace's programs, under their own addresses, without keys.
    pub fn under_default_ids(folder: &Path) -> Self {
        Self::under(folder, TRELLIS_PROGRAMS.map(|(name, id, _)| (name, id)).into())
    }

    fn under(folder: &Path, ids: BTreeMap<&'static str, Address>) -> Self {
        let build = Self { programs: folder.join("programs"), keys: folder.join("keys"), ids };
        std::fs::create_dir_all(&build.programs).unwrap();
        for (name, _, _) in TRELLIS_PROGRAMS {
            build.put(name, &elf(name));
        }
        build
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.programs.join(format!("trellis_{name}.so"))
    }

    /// Makes `elf` the build of the program `name`.
    pub fn put(&self, name: &str, elf: &[u8]) {
        std::fs::write(self.file(name), elf).unwrap();
        let ids: Value = self.ids.iter().map(|(name, id)| ((*name).to_owned(), json!(id.to_string()))).collect();
        let record = json!({
            "program": name, "id": self.ids[name].to_string(), "ids": ids,
            "bytes": elf.len(), "sha256": hex::encode(sha256(&[elf])),
        });
        std::fs::write(self.file(name).with_extension("json"), record.to_string()).unwrap();
    }
}

/// The workspace's own build of a program.
pub fn elf(name: &str) -> Vec<u8> {
    std::fs::read(deploy_dir().join(format!("trellis_{name}.so"))).unwrap()
}
