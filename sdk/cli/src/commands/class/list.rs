//! `trellis class list`.

use serde_json::{Value, json};
use trellis_client::accounts::DeviceClass;

use crate::{
    commands::{amounts::thousands, target::TargetArgs},
    network::file::KeyFile,
    output,
};

/// Lists the classes that devices can be registered in.
#[derive(Clone, Debug, clap::Args)]
pub struct ListArgs {
    #[command(flatten)]
    pub target: TargetArgs,
}

/// # Errors
/// The network is not there, or the chain does not answer.
pub async fn run(args: &ListArgs, json: bool) -> anyhow::Result<()> {
    let target = args.target.resolve()?;
    let chain = target.chain()?;
    let (network, _) = target.network_on(&chain).await?;
    let mut classes: Vec<DeviceClass> = chain.of_network(&network).await?.into_iter().map(|(_, class)| class).collect();
    classes.sort_by_key(|class| class.index);
    if json {
        let classes: Vec<Value> = classes.iter().map(in_json).collect();
        return Ok(output::result(json!({ "ok": true, "network": network.to_string(), "classes": classes }))?);
    }
    for class in &classes {
        output::result(in_words(class))?;
    }
    Ok(output::result(format!("{} classes", classes.len()))?)
}

fn key_word(class: &DeviceClass) -> &'static str {
    class.device_key_kind().map_or("unknown", KeyFile::word)
}

fn in_json(class: &DeviceClass) -> Value {
    json!({
        "index": class.index,
        "rated_power_watts": class.rated_power_watts,
        "weight": class.weight,
        "key": key_word(class),
        "maker": class.has_maker().then(|| class.maker.to_string()),
        "bond": class.bond.to_string(),
        "h3_resolution": class.has_location().then_some(class.h3_resolution),
        "active": class.active != 0,
    })
}

fn in_words(class: &DeviceClass) -> String {
    let mut line = format!(
        "class {}  up to {} W, weight {}, {} keys",
        class.index,
        thousands(class.rated_power_watts),
        class.weight,
        key_word(class)
    );
    if class.has_maker() {
        line += &format!(", maker {} signs registrations", class.maker);
    }
    if class.bond > 0 {
        line += &format!(", bond of {} smallest units for each device", thousands(class.bond));
    }
    if class.has_location() {
        line += &format!(", in H3 cells of resolution {}", class.h3_resolution);
    }
    if class.active == 0 {
        line += ", takes no more devices";
    }
    line
}
