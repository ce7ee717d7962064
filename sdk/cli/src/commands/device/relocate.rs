//! `trellis device move`.

use h3o::{CellIndex, LatLng, Resolution};
use serde_json::json;
use solana_signer::Signer;
use trellis_client::{accounts::DeviceClass, addresses, instructions::registry};
use trellis_core::{DeviceKey, h3};
use trellis_epoch::encoding::{base58, moment};

use super::{owned, parse_device};
use crate::{
    commands::{
        CheckFailed, Unusable,
        paying::{NewAccounts, send},
        target::{TargetArgs, WalletArgs},
    },
    output,
};

/// A device that has a place keeps it this long.
const DAY_SECONDS: i64 = 86_400;

/// Says where a device stands: an H3 cell, or a latitude and longitude, of which the cell is published.
///
/// A device can be moved once a day. Its class says how large the cells are.
#[derive(Clone, Debug, clap::Args)]
pub struct MoveArgs {
    /// The device's key, or the file of its keypair
    #[arg(value_name = "DEVICE", value_parser = parse_device)]
    pub device: DeviceKey,
    /// The H3 cell in hex, such as 891fb466257ffff; or LATITUDE,LONGITUDE in degrees, such as 48.4505,5.5871
    #[arg(value_name = "PLACE", allow_hyphen_values = true)]
    pub place: String,
    #[command(flatten)]
    pub wallet: WalletArgs,
    #[command(flatten)]
    pub target: TargetArgs,
}

/// # Errors
/// The place is none, the device is not yours, or it was moved less than a day ago.
pub async fn run(args: &MoveArgs, json: bool) -> anyhow::Result<()> {
    let target = args.target.resolve()?;
    let wallet = args.wallet.read()?;
    let chain = target.chain()?;
    let (network, _) = target.network_on(&chain).await?;
    let (address, device) = owned(&chain, &network, &args.device, &wallet.pubkey()).await?;
    let class: DeviceClass = chain.fetch(&addresses::class(&network, device.class_index)).await?;
    if !class.has_location() {
        return Err(CheckFailed(format!("devices of class {} have no place", class.index)).into());
    }
    let cell = cell_of(&args.place, class.h3_resolution)?;
    if cell == device.cell {
        return Err(CheckFailed(format!("the device stands in cell {cell:x} already")).into());
    }
    let free_from = device.cell_set_unix.saturating_add(DAY_SECONDS);
    if device.cell != 0 && chain.unix_time().await? < free_from {
        let words =
            format!("the device was moved less than a day ago: it can be moved again from {}", moment(free_from));
        return Err(CheckFailed(words).into());
    }
    let relocate = registry::set_location(wallet.pubkey(), network, class.index, address, cell);
    let signature = send(&chain, &[relocate], &[&wallet], &NewAccounts::default()).await?;
    let name = base58::encode(args.device.bytes());
    match json {
        true => {
            output::result(json!({ "ok": true, "device": name, "cell": format!("{cell:x}"), "signature": signature }))?
        }
        false => output::result(format!("transaction    {signature}\nOK: device {name} stands in cell {cell:x} now"))?,
    }
    Ok(())
}

/// The cell that `place` names, which must be of `resolution`.
fn cell_of(place: &str, resolution: u8) -> Result<u64, Unusable> {
    let wanted = || {
        Unusable(format!(
            "`{place}` is no place: an H3 cell in hex, or LATITUDE,LONGITUDE such as 48.4505,5.5871, is wanted"
        ))
    };
    if let Some((latitude, longitude)) = place.split_once(',') {
        let degrees = |text: &str, limit: f64| {
            text.trim().parse::<f64>().ok().filter(|degrees| degrees.abs() <= limit).ok_or_else(wanted)
        };
        let point = LatLng::new(degrees(latitude, 90.0)?, degrees(longitude, 180.0)?).map_err(|_| wanted())?;
        let resolution = Resolution::try_from(resolution).map_err(|_| wanted())?;
        return Ok(u64::from(point.to_cell(resolution)));
    }
    let cell = u64::from_str_radix(place.trim_start_matches("0x"), 16).map_err(|_| wanted())?;
    match h3::resolution_of(cell) {
        None => Err(wanted()),
        Some(own) if own != resolution => Err(Unusable(format!(
            "cell {cell:x} is of resolution {own}, and the device's class wants {resolution}{}",
            parent_hint(cell, own, resolution)
        ))),
        Some(_) => Ok(cell),
    }
}

/// The cell that was probably meant, if the one given lies in it.
fn parent_hint(cell: u64, own: u8, wanted: u8) -> String {
    let parent = CellIndex::try_from(cell).ok().filter(|_| own > wanted).and_then(|_| h3::parent_of(cell, wanted));
    parent.map(|parent| format!(": it lies in {parent:x}")).unwrap_or_default()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn cell_of_degrees_and_of_the_cell_itself_is_the_same() {
        let cell = cell_of("48.4505, 5.5871", 9).unwrap();
        assert_eq!(h3::resolution_of(cell), Some(9));
        assert_eq!(cell_of(&format!("{cell:x}"), 9).unwrap(), cell);
        assert_eq!(cell_of(&format!("0x{cell:x}"), 9).unwrap(), cell);
        assert_ne!(cell_of("-48.4505,-5.5871", 9).unwrap(), cell);
    }

    #[test]
    fn cell_of_another_resolution_names_the_one_it_lies_in() {
        let fine = cell_of("48.4505,5.5871", 9).unwrap();
        let coarse = cell_of("48.4505,5.5871", 7).unwrap();
        let refused = cell_of(&format!("{fine:x}"), 7).unwrap_err().to_string();
        assert!(refused.contains("resolution 9") && refused.contains(&format!("{coarse:x}")), "{refused}");
        assert!(cell_of(&format!("{coarse:x}"), 9).unwrap_err().to_string().contains("wants 9"));
    }

    #[test]
    fn cell_of_what_is_no_place_says_what_is_wanted() {
        for place in ["", "here", "91,0", "0,181", "1,2,3", "NaN,0", "ffffffffffffffff", "0"] {
            assert!(cell_of(place, 9).is_err_and(|error| error.to_string().contains("LATITUDE,LONGITUDE")), "{place}");
        }
    }
}
