//! `trellis agent run`.

use std::{
    sync::{Mutex, PoisonError},
    time::Instant,
};

use trellis_agent::event::Say;

use super::{RunArgs, failed, words::Words};
use crate::{commands::StopSignal, output};

pub async fn run(args: &RunArgs, json: bool) -> anyhow::Result<()> {
    let mut stop = StopSignal::listen()?;
    let words = Mutex::new(Words::default());
    let say = Say::new(move |event| match json {
        // An event is texts and numbers: it always serializes.
        true => output::progress(serde_json::to_string(&event).unwrap_or_default()),
        // Held while it is written, so that lines stand in order.
        false => {
            let mut words = words.lock().unwrap_or_else(PoisonError::into_inner);
            words.lines(event, Instant::now()).iter().for_each(output::progress);
        }
    });
    trellis_agent::run(&args.folder, say, async move { stop.wait().await }).await.map_err(failed)
}
