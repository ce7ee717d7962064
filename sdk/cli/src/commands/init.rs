//! `trellis init`.

use std::{
    io::{IsTerminal, stderr, stdin},
    path::{Path, PathBuf},
};

use serde_json::json;

use super::Unusable;
use crate::{
    init::{
        Answers, Settled,
        files::{Written, write},
        questions,
    },
    output,
};

/// Makes a folder for a new network: its file, a scoring policy, an oracle's settings, keys, and a first device.
///
/// Asks a few questions at the terminal; what is left open has defaults that can be changed in the files later. Nothing
/// is sent anywhere, and nothing is overwritten. Then, in the folder, `trellis up` runs the network on this machine, or
/// `trellis network create` puts it on a cluster.
#[derive(Clone, Debug, clap::Args)]
pub struct InitArgs {
    /// The folder to make
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// A file with answers, instead of questions: TOML with any of name, url, epoch_seconds, interval_seconds,
    /// rated_power_watts, tokens_per_epoch, decimals, oracle_listen
    #[arg(long, value_name = "FILE")]
    pub answers: Option<PathBuf>,
    /// The network's name [default: the folder's]
    #[arg(long)]
    pub name: Option<String>,
    /// Where it shall live: local, devnet, mainnet-beta, or the URL of a cluster
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// Ask nothing: take the default of whatever is left open
    #[arg(long)]
    pub defaults: bool,
}

/// # Errors
/// An answer cannot be, or the folder is not empty.
pub fn run(args: &InitArgs, json: bool) -> anyhow::Result<()> {
    let folder_name = name_of(&args.folder)?;
    let mut answers = match &args.answers {
        Some(file) => {
            let named = |error: String| Unusable(format!("the answers {}: {error}", file.display()));
            let text = std::fs::read_to_string(file).map_err(|error| named(error.to_string()))?;
            Answers::parse(&text).map_err(|error| named(error.to_string()))?
        }
        None => Answers::default(),
    };
    answers.name = args.name.clone().or(answers.name);
    answers.url = args.url.clone().or(answers.url);
    if !args.defaults && args.answers.is_none() && !json && stdin().is_terminal() {
        questions::ask(&mut answers, &folder_name, &mut stdin().lock(), &mut stderr())?;
    }
    let settled = answers.settle(&folder_name)?;
    let written = write(&args.folder, &settled)?;
    match json {
        true => output::result(json!({
            "ok": true,
            "folder": args.folder.display().to_string(),
            "name": settled.name,
            "url": settled.url,
            "network": written.network.to_string(),
            "founder": written.founder.to_string(),
            "oracle": written.oracle.to_string(),
            "guardian": written.guardian.to_string(),
            "device": written.device.to_string(),
        }))?,
        false => output::result(describe(&args.folder, &settled, &written, answers.is_local()))?,
    }
    Ok(())
}

fn name_of(folder: &Path) -> Result<String, Unusable> {
    let name = folder.file_name().and_then(|name| name.to_str());
    name.map(str::to_owned).ok_or_else(|| Unusable(format!("`{}` names no folder to make", folder.display())))
}

fn describe(folder: &Path, settled: &Settled, written: &Written, local: bool) -> String {
    let shown = folder.display();
    let mut lines = vec![
        format!("network        {} at {}", settled.name, written.network),
        format!("founder        {} (keys/founder.json)", written.founder),
        format!("oracle         {} (keys/oracle.json)", written.oracle),
        format!("guardian       {} (keys/guardian.json)", written.guardian),
        format!("first device   {} (device/device-key.json)", written.device),
        format!("OK: {shown} holds network.toml, policy.toml, oracle.toml, trellis.toml, keys and a device. Next:"),
        format!("  cd {shown}"),
    ];
    match local {
        true => lines.extend(
            [
                "  trellis up                                       # a local chain, the network on it, and its oracle",
                "  trellis device register device/device-key.json   # in another terminal, in the same folder",
            ]
            .map(str::to_owned),
        ),
        false => {
            let (url, founder) = (&settled.url, written.founder);
            lines.push(format!("  # send SOL to the founder, {founder}, and to the oracle"));
            lines.push(format!("  trellis doctor --url {url}"));
            lines.push(format!(
                "  trellis network create --config network.toml --url {url} --keypair keys/founder.json"
            ));
            lines.push("  trellis-oracle check oracle.toml && trellis-oracle --config oracle.toml".to_owned());
            lines.push("  trellis device register device/device-key.json".to_owned());
        }
    }
    lines.join("\n")
}
