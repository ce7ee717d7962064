//! `trellis agent run`.

use trellis_agent::event::Say;

use super::{RunArgs, failed};
use crate::{commands::StopSignal, output};

pub async fn run(args: &RunArgs, json: bool) -> anyhow::Result<()> {
    let mut stop = StopSignal::listen()?;
    let say = Say::new(move |event| match json {
        // An event is texts and numbers: it always serializes.
        true => output::progress(serde_json::to_string(&event).unwrap_or_default()),
        false => output::progress(event),
    });
    trellis_agent::run(&args.folder, say, async move { stop.wait().await }).await.map_err(failed)
}
