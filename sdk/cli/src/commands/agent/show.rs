//! `trellis agent show`.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context;
use qrcode::{QrCode, render::unicode::Dense1x2};
use serde_json::json;
use solana_address::Address;
use trellis_agent::{config::AgentConfig, key_file};
use trellis_client::instructions::registry::registration;
use trellis_device::{DeviceSigner, key::sign_message};
use trellis_epoch::encoding::base58;

use super::{ShowArgs, failed};
use crate::{commands::Unusable, output};

pub fn run(args: &ShowArgs, json: bool) -> anyhow::Result<()> {
    let config = AgentConfig::read(&args.folder).map_err(|error| failed(error.into()))?;
    let mut key = key_file::read(&config.key).map_err(|error| failed(error.into()))?;
    let network = Address::new_from_array(config.network);
    let device = base58::encode(key.public_key().bytes());
    let mut uri = format!("trellis:register?network={network}&device={device}&class={}", config.class);
    if let Some(operator) = &args.operator {
        let until = valid_until(args.valid_seconds)?;
        let message = registration(operator, &network, config.class, key.public_key(), until).message();
        let Ok(proof) = sign_message(&mut key, &message);
        uri += &format!("&operator={operator}&valid_until={until}&proof={}", base58::encode(&proof));
    }
    if json {
        let class = config.class;
        return Ok(output::result(
            json!({ "device": device, "network": network.to_string(), "class": class, "uri": uri }),
        )?);
    }
    output::result(format!("device      {device}"))?;
    output::result(format!("network     {network}, class {}", config.class))?;
    output::result(format!("to register {uri}"))?;
    if !args.no_qr {
        output::result(qr(&uri)?)?;
        output::result("Scan it on the page \"Register a device\" of the network's dashboard.")?;
    }
    Ok(())
}

fn valid_until(seconds: u32) -> anyhow::Result<i64> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).context("this machine's clock shows a time before 1970")?;
    Ok(i64::try_from(now.as_secs())?.saturating_add(seconds.into()))
}

/// Half blocks: dark on light, whatever the terminal's colours are.
fn qr(text: &str) -> Result<String, Unusable> {
    let code = QrCode::new(text).map_err(|error| Unusable(format!("no QR code holds {text}: {error}")))?;
    // A terminal writes light on dark, so light is what is written.
    Ok(code.render::<Dense1x2>().dark_color(Dense1x2::Light).light_color(Dense1x2::Dark).quiet_zone(true).build())
}
