//! The folder: keys, `network.toml`, `policy.toml`, `oracle.toml`, `trellis.toml`, and the first device in `device`.

use std::{
    fs::{DirBuilder, File},
    io::Write,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::Path,
};

use solana_address::Address;
use solana_keypair::Keypair;
use solana_signer::Signer;

use super::Settled;
use crate::{
    commands::{Unusable, profile::PROFILE_FILE},
    network::{NetworkFile, NetworkPlan},
};

pub const KEYS: &str = "keys";
pub const NETWORK_FILE: &str = "network.toml";
pub const POLICY_FILE: &str = "policy.toml";
pub const ORACLE_FILE: &str = "oracle.toml";
/// The first device's folder, its key and its settings, as `trellis agent` wants them.
pub const DEVICE: &str = "device";
pub const DEVICE_KEY_FILE: &str = "device-key.json";
const AGENT_FILE: &str = "agent.toml";

/// What was written.
#[derive(Clone, Debug)]
pub struct Written {
    pub network: Address,
    pub founder: Address,
    pub oracle: Address,
    pub guardian: Address,
    pub device: Address,
}

struct Keys {
    founder: Keypair,
    oracle: Keypair,
    guardian: Keypair,
    device: Keypair,
}

/// Writes all of it into `folder`, which must be new or empty.
///
/// # Errors
/// There is something in the folder, or it cannot be written.
pub fn write(folder: &Path, settled: &Settled) -> Result<Written, Unusable> {
    let keys =
        Keys { founder: Keypair::new(), oracle: Keypair::new(), guardian: Keypair::new(), device: Keypair::new() };
    let network_toml = network_toml(settled, &keys);
    let policy_toml = policy_toml(settled);
    // Before anything is written: what `trellis network create` would say of it.
    let file = NetworkFile::parse(&network_toml)?;
    let network = NetworkPlan::new(file, &policy_toml, keys.founder.pubkey())?.address;
    make_room(folder)?;
    let (keys_folder, device_folder) = (folder.join(KEYS), folder.join(DEVICE));
    for private in [&keys_folder, &device_folder] {
        DirBuilder::new().mode(0o700).create(private).map_err(|error| unwritable(private, &error))?;
    }
    for (file, key) in [
        (keys_folder.join("founder.json"), &keys.founder),
        (keys_folder.join("oracle.json"), &keys.oracle),
        (keys_folder.join("guardian.json"), &keys.guardian),
        (device_folder.join(DEVICE_KEY_FILE), &keys.device),
    ] {
        // A JSON array of 64 bytes: Solana's own format.
        let text = serde_json::to_vec(&key.to_bytes().to_vec()).map_err(|error| Unusable(error.to_string()))?;
        create(&file, 0o600, &text)?;
    }
    for (file, text) in [
        (folder.join(NETWORK_FILE), network_toml),
        (folder.join(POLICY_FILE), policy_toml),
        (folder.join(ORACLE_FILE), oracle_toml(settled, &network)),
        (folder.join(PROFILE_FILE), profile_toml(settled, &network)),
        (device_folder.join(AGENT_FILE), agent_toml(settled, &network, &keys.oracle.pubkey())),
        (folder.join(".gitignore"), "keys/\nlocal/\ndata/\nbundles/\ndevice/\n".to_owned()),
    ] {
        create(&file, 0o644, text.as_bytes())?;
    }
    Ok(Written {
        network,
        founder: keys.founder.pubkey(),
        oracle: keys.oracle.pubkey(),
        guardian: keys.guardian.pubkey(),
        device: keys.device.pubkey(),
    })
}

fn unwritable(path: &Path, error: &std::io::Error) -> Unusable {
    Unusable(format!("cannot write {}: {error}", path.display()))
}

fn make_room(folder: &Path) -> Result<(), Unusable> {
    std::fs::create_dir_all(folder).map_err(|error| unwritable(folder, &error))?;
    let mut entries = std::fs::read_dir(folder).map_err(|error| unwritable(folder, &error))?;
    match entries.next() {
        None => Ok(()),
        Some(_) => Err(Unusable(format!(
            "{} is not empty, and nothing in it is overwritten: name a new folder",
            folder.display()
        ))),
    }
}

/// Never overwrites.
fn create(path: &Path, mode: u32, text: &[u8]) -> Result<(), Unusable> {
    let write = || -> std::io::Result<()> {
        let mut file = File::options().write(true).create_new(true).mode(mode).open(path)?;
        file.write_all(text)?;
        file.sync_all()
    };
    write().map_err(|error| unwritable(path, &error))
}

fn network_toml(settled: &Settled, keys: &Keys) -> String {
    let Settled { name, epoch_seconds, challenge_seconds, rated_power_watts, .. } = settled;
    let Settled { first_amount, tail_amount, cap, epochs_in_a_year, decimals, .. } = settled;
    let (guardian, oracle) = (keys.guardian.pubkey(), keys.oracle.pubkey());
    // A pool's cooldown must be an hour longer than the delay of a slash.
    let (slash_delay, cooldown) = if *epoch_seconds < 3_600 { (60, 3_660) } else { (86_400, 1_209_600) };
    format!(
        r#"# The network's accounts. `trellis network create` makes what this says; every field is explained in
# migrations/README.md. Amounts are in the token's smallest unit.
name = "{name}"
# Start of epoch 0: when the network is created. Or name a time: genesis = "2030-01-01T00:00:00Z"
epoch_seconds = {epoch_seconds}
# How work is scored. Its hash stands in the network's account.
policy = "{POLICY_FILE}"
# May veto roots and slashes, and pause claims: keys/guardian.json. Keep it elsewhere than the others.
guardian = "{guardian}"

[token]
decimals = {decimals}
# A tenth less every year, never below the tail, and no more in all than the cap.
first_amount = {first_amount}
decay_bps = 1_000
decay_every_epochs = {epochs_in_a_year}
tail_amount = {tail_amount}
cap = {cap}
# Of every epoch's tokens: to devices, and to stakers; the rest to the founder's wallet.
vault_share_bps = 8_000
stakers_share_bps = 1_000

[[vault]]
epoch_cap = {first_amount}
challenge_seconds = {challenge_seconds}

[[class]]
rated_power_watts = {rated_power_watts}
weight = 1
# What an operator is to have staked with itself for each device.
# bond = 1_000_000
# Devices stand in H3 cells of this resolution.
h3_resolution = 9

[staking]
unstake_cooldown_seconds = {cooldown}
slash_delay_seconds = {slash_delay}
max_slash_bps_per_epoch = 1_000
tiers = [{first_amount}]

# Who votes on roots: keys/oracle.json. Add others for a network that nobody can stop alone.
[oracles]
threshold = 1
members = [{{ address = "{oracle}", weight = 1 }}]
"#
    )
}

fn policy_toml(settled: &Settled) -> String {
    // A night offline costs nothing; 31 days are the most that there can be.
    let late_seconds = settled.epoch_seconds.min(31 * 86_400);
    format!(
        "# How work is scored. Its hash stands in the network's account: whoever changes it changes the network.\n\
         version = 1\n\
         # Work of a closed epoch counts in the next one, if it is no older than this.\n\
         late_seconds = {late_seconds}\n\n\
         [energy]\n\
         # Devices report intervals of this length.\n\
         interval_seconds = {}\n\
         # An interval's energy may lie 5 % above rated power × time.\n\
         tolerance_bps = 500\n",
        settled.interval_seconds
    )
}

fn oracle_toml(settled: &Settled, network: &Address) -> String {
    let Settled { url, oracle_listen, grace_seconds, epoch_seconds, .. } = settled;
    // Short epochs are followed closely.
    let poll_ms = if *epoch_seconds < 3_600 { 500 } else { 2_000 };
    format!(
        "# Settings of `trellis-oracle`; deploy/oracle.toml in Trellis's sources has all of them. Paths are relative to this folder.\n\
         rpc_url = \"{url}\"\n\
         network = \"{network}\"\n\
         listen = \"{oracle_listen}\"\n\
         data_dir = \"data\"\n\
         bundle_dir = \"bundles\"\n\
         policy = \"{POLICY_FILE}\"\n\
         keypair = \"{KEYS}/oracle.json\"\n\
         # How long after its end an epoch still takes attestations.\n\
         grace_seconds = {grace_seconds}\n\
         poll_ms = {poll_ms}\n"
    )
}

fn profile_toml(settled: &Settled, network: &Address) -> String {
    let Settled { url, oracle_listen, .. } = settled;
    format!(
        "# What `trellis` takes as given in this folder. Flags, and TRELLIS_URL and its like in the environment, come first.\n\
         url = \"{url}\"\n\
         network = \"{network}\"\n\
         oracle = \"http://{oracle_listen}\"\n\
         keypair = \"{KEYS}/founder.json\"\n"
    )
}

fn agent_toml(settled: &Settled, network: &Address, oracle: &Address) -> String {
    let Settled { oracle_listen, interval_seconds, .. } = settled;
    format!(
        "# The first device of the network. deploy/agent.toml in Trellis's sources has every setting. Paths are relative to this folder.\n\
         network = \"{network}\"\n\
         oracles = [\"http://{oracle_listen}\"]\n\
         # Whose receipts are believed.\n\
         oracle_keys = [\"{oracle}\"]\n\
         interval_seconds = {interval_seconds}\n\
         class = 0\n\n\
         # Standard input, a line for each reading of the meter, such as\n\
         # {{\"time\": \"2030-01-31T12:00:00Z\", \"counter_wh\": 1200}}. Other sources are meters that speak\n\
         # SunSpec, Modbus or MQTT, and files.\n\
         [source]\n\
         kind = \"json_lines\"\n\
         path = \"-\"\n"
    )
}
