//! `trellis explain`.

use trellis_core::{DeviceKey, Epoch};

use super::{CheckFailed, Unusable, audit::location::AccessArgs, device::parse_device, target::TargetArgs};
use crate::{
    explain::{account, bundle, chain, words},
    output,
};

/// Why this reward? Shows how an epoch's reward of a device came about: every attestation with its verdict and reason,
/// points, the share of tokens, the leaf and its proof, and the transaction that made the root final.
///
/// Reads the epoch's bundle, from an oracle or wherever it lies, and derives every figure again; with a cluster it also
/// says how far the root is there. `trellis audit` recomputes the whole epoch, signatures included.
#[derive(Clone, Debug, clap::Args)]
pub struct ExplainArgs {
    /// The device's key, or the file of its keypair
    #[arg(value_name = "DEVICE", value_parser = parse_device)]
    pub device: DeviceKey,
    /// Number of the epoch
    #[arg(value_name = "EPOCH")]
    pub epoch: u64,
    /// The epoch's bundle, or what holds it: a folder, s3://bucket/prefix or https://example.org/bundles [default: what
    /// the oracle serves]
    #[arg(long, value_name = "PLACE")]
    pub bundle: Option<String>,
    #[command(flatten)]
    pub access: AccessArgs,
    #[command(flatten)]
    pub target: TargetArgs,
}

/// # Errors
/// The epoch is not closed, the device was not registered, or what is said does not hold.
pub async fn run(args: &ExplainArgs, json: bool) -> anyhow::Result<()> {
    let target = args.target.resolve()?;
    let epoch = Epoch(args.epoch);
    let (place, opened) = match (&args.bundle, target.named_oracle()?) {
        (Some(place), _) => bundle::named(place, &args.access, epoch).await?,
        (None, Some(oracle)) => {
            target.status_of(&oracle).await?;
            bundle::asked(&oracle, epoch).await?
        }
        (None, None) => {
            return Err(Unusable("where is the epoch's bundle? Add --oracle URL or --bundle PLACE".to_owned()).into());
        }
    };
    if let Some(network) = target.named_network()
        && network.to_bytes() != opened.manifest.network
    {
        let other = trellis_epoch::encoding::base58::encode(&opened.manifest.network);
        return Err(CheckFailed(format!("the bundle is of network {other}, not of {network}")).into());
    }
    let (device, read) = (args.device, opened.clone());
    // A bundle may be long.
    let explaining = tokio::task::spawn_blocking(move || account::explain(&read, &device));
    let mut explained = explaining.await??;
    if let Some(cluster) = target.named_chain() {
        explained.chain = Some(chain::ask(&cluster, &opened, explained.share.operator_index).await?);
    }
    drop(place);
    match json {
        true => output::result(serde_json::to_string(&explained)?)?,
        false => output::result(words::describe(&explained))?,
    }
    Ok(())
}
