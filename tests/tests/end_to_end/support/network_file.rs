//! Files of networks, and `trellis network create` with them.

use std::path::{Path, PathBuf};

use solana_address::Address;
use solana_signer::Signer;
use trellis_cli::network::NetworkPlan;

use super::{cluster::Cluster, process::Finished};

/// A network's file, whose epoch 0 begins an hour after the chain's start, and a scoring policy beside it.
pub struct Files {
    pub network: PathBuf,
    pub text: String,
}

impl Files {
    pub fn write(cluster: &Cluster) -> Self {
        let [guardian, maker, first, second, third] = [1, 2, 3, 4, 5].map(|byte| Address::new_from_array([byte; 32]));
        let text = format!(
            "name = \"A test\"\ngenesis = \"2014-02-04T00:00:00Z\"\nepoch_seconds = 3600\npolicy = \"policy.toml\"\n\
             guardian = \"{guardian}\"\n\
             [token]\ndecimals = 6\nfirst_amount = 1000\ndecay_bps = 500\ndecay_every_epochs = 2\ntail_amount = 10\n\
             cap = 100000\n\
             [[vault]]\nepoch_cap = 1000\nchallenge_seconds = 600\n\
             [[class]]\nrated_power_watts = 5000\nweight = 1\nmaker = \"{maker}\"\n\
             [[class]]\nrated_power_watts = 7000\nweight = 2\n\
             [oracles]\nthreshold = 2\nmembers = [{{ address = \"{first}\", weight = 1 }}, \
             {{ address = \"{second}\", weight = 1 }}, {{ address = \"{third}\", weight = 1 }}]\n"
        );
        Self::of(cluster, text)
    }

    /// A file that uses everything that there is: the network's own mint is of Token-2022, `other_mint` is paid too, and
    /// there are twenty oracles.
    pub fn write_whole(cluster: &Cluster, other_mint: Address) -> Self {
        let [guardian, maker, treasury] = [1, 2, 3].map(|byte| Address::new_from_array([byte; 32]));
        let member = |byte: u8| format!("{{ address = \"{}\", weight = 1 }}", Address::new_from_array([byte; 32]));
        let members: Vec<String> = (100..120).map(member).collect();
        let text = format!(
            "name = \"Whole\"\ngenesis = \"2014-02-04T00:00:00Z\"\nepoch_seconds = 3600\npolicy = \"policy.toml\"\n\
             guardian = \"{guardian}\"\n\
             [token]\nprogram = \"token_2022\"\ndecimals = 6\nfirst_amount = 1000\ndecay_bps = 500\n\
             decay_every_epochs = 2\ntail_amount = 10\ncap = 100000\nvault_share_bps = 7000\nstakers_share_bps = 2000\n\
             treasury = \"{treasury}\"\nrecycle_bps = 5000\nrecycle_epoch_cap = 50\n\
             [staking]\nunstake_cooldown_seconds = 172800\nslash_delay_seconds = 86400\n\
             max_slash_bps_per_epoch = 1000\ntiers = [100, 1000]\n\
             [[vault]]\nepoch_cap = 1000\nchallenge_seconds = 600\nbreaker_capacity = 3000\n\
             breaker_window_seconds = 7200\n\
             [[vault]]\npool = 1\nepoch_cap = 500\nchallenge_seconds = 600\n\
             [[vault]]\nmint = \"{other_mint}\"\nprogram = \"spl_token\"\npool = 3\nepoch_cap = 400\n\
             challenge_seconds = 600\n\
             [[class]]\nrated_power_watts = 5000\nweight = 1\n\
             [[class]]\nrated_power_watts = 7000\nweight = 2\nmaker = \"{maker}\"\nkey = \"p256\"\nbond = 90\n\
             h3_resolution = 9\n\
             [oracles]\nmay_suspend = true\nthreshold = 14\nmembers = [{}]\n",
            members.join(", ")
        );
        Self::of(cluster, text)
    }

    fn of(cluster: &Cluster, text: String) -> Self {
        let policy = "version = 1\n[energy]\ninterval_seconds = 60\ntolerance_bps = 500\n";
        std::fs::write(cluster.folder.join("policy.toml"), policy).unwrap();
        let files = Self { network: cluster.folder.join("network.toml"), text };
        files.put(&files.text);
        files
    }

    pub fn put(&self, text: &str) {
        std::fs::write(&self.network, text).unwrap();
    }

    /// Writes the file with one part of it replaced.
    pub fn change(&self, from: &str, to: &str) {
        assert!(self.text.contains(from), "{from}");
        self.put(&self.text.replace(from, to));
    }

    pub fn plan(&self, cluster: &Cluster) -> NetworkPlan {
        NetworkPlan::read(&self.network, cluster.payer.pubkey()).unwrap()
    }
}

pub fn create(cluster: &Cluster, file: &Path, more: &[&str]) -> Finished {
    cluster.trellis(&[&["network", "create", "--json", "--config", file.to_str().unwrap()], more].concat())
}

/// Which steps had been done before the run.
pub fn were_there(finished: &Finished) -> Vec<bool> {
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let report = finished.json();
    report["steps"].as_array().unwrap().iter().map(|step| step["was_there"].as_bool().unwrap()).collect()
}
