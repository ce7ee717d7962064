//! Prints what happens in a network, until it has printed so many events.
//!
//! ```text
//! cargo run -p trellis-client --features subscribe --example watch_events -- WS_URL COUNT [ADDRESS…]
//! ```
//!
//! With addresses, such as a network and its vault: only transactions that name one of them.

use anyhow::{Context, Result};
use trellis_client::{
    Address,
    events::{News, subscribe},
};

#[tokio::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [url, count, about @ ..] = &arguments[..] else {
        anyhow::bail!("arguments are wanted: WS_URL COUNT [ADDRESS…]")
    };
    let mut left: usize = count.parse().context("COUNT is a number")?;
    let about = about.iter().map(|address| address.parse()).collect::<Result<Vec<Address>, _>>()?;
    let mut news = subscribe(url.clone(), about);
    while left > 0 {
        match news.recv().await.context("the subscription ended")? {
            News::Begun => println!("listening"),
            News::Event { slot, signature, event } => {
                println!("slot {slot}: {} in {signature}", event.name());
                left -= 1;
            }
            News::Unreadable { signature, error, .. } => println!("{signature}: {error:?}"),
            News::Broken { reason } => println!("connecting again: {reason}"),
        }
    }
    Ok(())
}
