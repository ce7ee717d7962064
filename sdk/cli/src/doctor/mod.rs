//! Is a cluster ready for the programs, and are they there?
//!
//! | module | what it looks at |
//! |---|---|
//! | [`check`] | what a check says |
//! | [`cluster`] | the RPC server, which cluster it is of, the features that programs need |
//! | [`programs`] | the programs: there, callable, the build's bytes; who may upgrade them; what is lacking to pay for them |

pub mod check;
pub mod cluster;
pub mod programs;

use std::path::Path;

use solana_address::Address;
use trellis_client::Chain;

pub use check::{Check, State};

/// Looks at everything. Where the RPC server does not answer, that is all that is said.
pub async fn examine(chain: &Chain, build: &Path, payer: Option<Address>) -> anyhow::Result<Vec<Check>> {
    let server = cluster::server(chain).await;
    if server.state == State::Bad {
        return Ok(vec![server]);
    }
    let mut checks = vec![server, cluster::identity(chain).await?];
    checks.extend(cluster::features(chain).await?);
    checks.extend(programs::examine(chain, build, payer).await?);
    Ok(checks)
}
