//! `trellis agent init`.

use std::{
    fs::{self, File},
    io::Write,
};

use anyhow::Context;
use serde_json::json;
use solana_keypair::Keypair;
use solana_signer::Signer;
use trellis_agent::{
    config::{AgentConfig, FILE_NAME, template},
    key_file::{self, KeyFileError},
    oracle_api::{OracleApi, Status},
};
use trellis_epoch::encoding::base58;

use super::InitArgs;
use crate::{commands::Unusable, output};

const KEY_FILE: &str = "device-key.json";

pub async fn run(args: &InitArgs, json: bool) -> anyhow::Result<()> {
    let settings = args.folder.join(FILE_NAME);
    if settings.exists() {
        let shown = settings.display();
        return Err(Unusable(format!("there are settings at {shown} already, and they are not overwritten")).into());
    }
    let source = args.source.to_toml().map_err(Unusable)?;
    let (network, keys, interval_seconds) = ask(args).await?;
    let text = template(&network, &args.oracles, &keys, interval_seconds, args.class, &source);
    AgentConfig::parse(&text).map_err(|error| Unusable(error.to_string()))?;

    let folder = args.folder.display();
    fs::create_dir_all(&args.folder).map_err(|error| Unusable(format!("cannot make the folder {folder}: {error}")))?;
    let key = args.folder.join(KEY_FILE);
    let keypair = Keypair::new();
    let device = match key_file::create(&key, keypair.secret_bytes()) {
        Ok(()) => keypair.pubkey().to_string(),
        // A key alone, such as one that was moved here from another machine, gets its settings.
        Err(KeyFileError::Exists { .. }) => existing_key(&key)?,
        Err(error) => return Err(Unusable(error.to_string()).into()),
    };
    let mut file = File::create_new(&settings).with_context(|| format!("cannot write {}", settings.display()))?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all())?;

    let network = base58::encode(&network);
    match json {
        true => output::result(
            json!({ "ok": true, "device": device, "network": network, "class": args.class, "key": key, "settings": settings }),
        )?,
        false => {
            output::result(format!("device            {device}"))?;
            output::result(format!("network           {network}, intervals of {interval_seconds} s"))?;
            output::result(format!("settings          {}", settings.display()))?;
            output::result(format!("key               {}: keep a copy in a safe place", key.display()))?;
            output::result(format!("to register it    trellis agent show {folder}"))?;
            output::result(format!("to run it         trellis agent run {folder}"))?;
        }
    }
    Ok(())
}

fn existing_key(path: &std::path::Path) -> Result<String, Unusable> {
    let key = key_file::read(path).map_err(|error| Unusable(error.to_string()))?;
    Ok(base58::encode(trellis_device::DeviceSigner::public_key(&key).bytes()))
}

/// Network, the oracles' keys and the length of intervals, as all oracles that answer tell them.
async fn ask(args: &InitArgs) -> anyhow::Result<([u8; 32], Vec<[u8; 32]>, u32)> {
    let mut keys = Vec::new();
    let mut network = args.network.map(|network| network.to_bytes());
    let mut interval_seconds = args.interval_seconds;
    for url in &args.oracles {
        let asked = async { OracleApi::new(url)?.status().await };
        let Status { network: found, oracle, energy_interval_seconds, .. } = asked.await.map_err(|error| {
            Unusable(format!("the oracle {url} cannot be asked about its network: {error}; is the address right?"))
        })?;
        if *network.get_or_insert(found) != found {
            let (found, wanted) = (base58::encode(&found), base58::encode(&network.unwrap_or_default()));
            return Err(Unusable(format!("the oracle {url} works for the network {found}, not for {wanted}")).into());
        }
        if let Some(told) = energy_interval_seconds
            && *interval_seconds.get_or_insert(told) != told
        {
            let given = interval_seconds.unwrap_or_default();
            return Err(
                Unusable(format!("the network's intervals last {told} s by the oracle {url}, not {given} s")).into()
            );
        }
        keys.push(oracle);
    }
    keys.sort_unstable();
    keys.dedup();
    let network = network.ok_or_else(|| Unusable("no oracle is named".to_owned()))?;
    let interval_seconds = interval_seconds.ok_or_else(|| {
        Unusable(
            "the oracle does not tell the length of the network's intervals: name it with --interval-seconds"
                .to_owned(),
        )
    })?;
    Ok((network, keys, interval_seconds))
}
